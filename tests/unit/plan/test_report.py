"""What a person reads and a program gets: empty if nothing changes, and without a secret."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.plan import collect, report, rows
from tests.unit.plan.conftest import changed, recorded

SECRET = "bm90LWZvci10aGUtZXllcw=="
RELEASE = {
    "component": "flask_app",
    "release": "flask-app",
    "namespace": "flask-app",
    "version": "0.1.0",
    "source": "upstream",
    "action": "upgrade",
    "revision": 3,
}


def row(before: Any, after: Any, **more: Any) -> rows.Row:
    found = rows.judge(before, after, {"not-for-the-eyes", SECRET}, **more)
    assert found is not None
    return {"component": "flask_app", "release": "flask-app", **found}


def test_nothing_to_change_is_said_in_one_line() -> None:
    plan = report.record("prod", [], [], ["flask-app"])
    assert plan["changes"] is False
    assert report.lines(plan) == ["Plan for cluster prod: no changes."]
    assert report.diff([]) == []


def test_a_chart_that_is_not_tested_is_named_even_if_nothing_changes() -> None:
    why = "chart shop 1.1.0, not the tested shop 1.0.0"
    plan = report.record("prod", [], [], ["shop"]) | {"untested": [{"object": "shop", "why": why}]}
    assert report.lines(plan) == [
        "Plan for cluster prod: no changes.",
        "",
        "Not tested with Landfall:",
        f"  shop: {why}",
    ]


def test_charts_that_nobody_vouches_for_are_named_on_one_line() -> None:
    plan = report.record("prod", [], [], ["a", "b"]) | {"unverified": ["a", "b"]}
    assert report.lines(plan) == [
        "Plan for cluster prod: no changes.",
        "",
        "Unverified charts, whose sha256 no setting has (docs/charts.md): a, b.",
    ]


def test_a_release_that_would_get_a_new_revision_is_a_change_even_if_no_object_is() -> None:
    plan = report.record("prod", [], [RELEASE], [])
    assert plan["changes"] is True
    assert "    no object changes, a new revision alone" in report.lines(plan)


def test_what_is_kept_is_no_change() -> None:
    kept = changed(recorded("PersistentVolumeClaim"), "metadata.annotations", {"helm.sh/resource-policy": "keep"})
    assert report.record("prod", [row(kept, None)], [], [])["changes"] is False


def test_every_action_is_counted_named_and_explained() -> None:
    there = recorded("Deployment")
    found = [
        row(None, recorded("Ingress")),
        row(recorded("Service"), changed(recorded("Service"), "metadata.labels.new", "yes")),
        row(
            there,
            changed(there, "spec.selector.matchLabels", {"app": "x"}),
            refusal="spec.selector: field is immutable",
        ),
        row(recorded("PersistentVolumeClaim"), None),
    ]
    plan = report.record("prod", found, [RELEASE], ["metrics-server"])
    said = "\n".join(report.lines(plan))
    assert plan["counts"] == {"create": 1, "change": 1, "replace": 1, "delete": 1, "keep": 0}
    assert "Plan for cluster prod: 1 to create, 1 to change, 1 to replace, 1 to delete" in said
    assert "upgrade flask-app 0.1.0 (upstream, revision 3 now)" in said
    assert "metadata.labels.new: - -> yes" in said
    assert "spec.selector.matchLabels.app (immutable): - -> x" in said
    assert "Data at risk:\n  PersistentVolumeClaim" in said
    assert "New public endpoints:\n  Ingress flask-app/flask-app: answers at flask.example.org" in said
    assert "To be replaced:\n  Deployment" in said
    assert "Would be refused:\n  Deployment flask-app/flask-app: the API server refuses it" in said
    assert "Unchanged: metrics-server" in said
    assert "Checked: 4 by the API server's dry run." in said


def test_many_new_objects_are_counted_by_kind_and_what_to_mind_is_still_named() -> None:
    maps = [changed(recorded("Namespace"), "metadata.name", f"n{number}") for number in range(9)]
    found = [*(row(None, each) for each in maps), row(None, recorded("Ingress"))]
    said = report.lines(report.record("prod", found, [RELEASE], []))
    assert "    create   9 objects: 9 Namespace" in said
    assert sum("n3" in line for line in said) == 0
    assert sum("Ingress flask-app/flask-app" in line for line in said) == 2


def test_no_secret_is_in_record_lines_or_diff() -> None:
    before = recorded("Secret")
    leaking = changed(recorded("Deployment"), "metadata.annotations.note", "the word is not-for-the-eyes")
    found = [
        row(None, before),
        row(before, changed(before, "data.password", "b3RoZXI=")),
        row(recorded("Deployment"), leaking, notes=[]),
        row(None, leaking, refusal="bad: not-for-the-eyes"),
    ]
    plan = report.record("prod", found, [], [])
    everything = json.dumps(plan) + "\n".join(report.lines(plan)) + json.dumps(report.diff(found))
    assert before["data"]["password"] == SECRET
    for hidden in (SECRET, "not-for-the-eyes", "b3RoZXI="):
        assert hidden not in everything
    assert "data.password" in everything
    assert everything.count("the word is") >= 2


def test_drift_says_who_and_what_it_goes_back_to() -> None:
    there = recorded("Service")
    found = row(there, changed(there, "spec.type", "ClusterIP"), notes=[])
    found["notes"] = ["by kubectl-edit at noon"]
    record = report.record("prod", [found], [], [])
    said = report.drift_lines(record, repaired=False)
    assert said[0] == "Drift of cluster prod: 1 objects, to be put back with -e drift_repair=true"
    assert "  Service ingress/nginx-ingress-controller was changed by kubectl-edit at noon" in said
    assert "    spec.type: LoadBalancer -> ClusterIP" in said
    assert report.drift_lines(report.record("prod", [], [], []), repaired=False) == ["Drift of cluster prod: none."]


def test_a_load_balancer_that_is_made_anew_on_purpose_says_so() -> None:
    named = {"action": "replace", "component": "ingress", "kind": "Service", "namespace": "ingress", "name": "nginx"}
    (found,) = collect._others([{**named, "note": "its load balancer is made anew"}])
    said = report.lines(report.record("prod", [found], [], []))
    assert "To be replaced:" in said
    assert "  Service ingress/nginx: its load balancer is made anew" in said
