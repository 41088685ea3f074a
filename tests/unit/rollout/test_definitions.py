"""Custom resource definitions: what is applied, what is left alone, what may be removed."""

import threading
from types import SimpleNamespace

import pytest

from ansible_collections.landfall.eks.plugins.filter.definition_charts import definition_charts
from ansible_collections.landfall.eks.plugins.module_utils.helm import crds
from ansible_collections.landfall.eks.plugins.modules import crds as crds_module

THING = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.org", "labels": {"helm.sh/chart": "demo-1", "app": "demo"}},
    "spec": {"group": "example.org", "versions": [{"name": "v1", "served": True}], "names": {"plural": "things"}},
    "status": {"conditions": []},
}


def test_mark_says_whose_and_what_and_drops_status():
    made = crds.marked(THING, "demo")
    assert made["metadata"]["labels"] == {"app": "demo", crds.LABEL_RELEASE: "demo"}
    assert len(made["metadata"]["annotations"][crds.ANNOTATION_DEFINITION]) == 64
    assert "status" not in made
    assert "annotations" not in THING["metadata"]


def test_only_what_differs_is_applied():
    made = crds.marked(THING, "demo")
    digest = made["metadata"]["annotations"][crds.ANNOTATION_DEFINITION]
    assert crds.outdated([made], {"things.example.org": digest}) == []
    assert crds.outdated([made], {"things.example.org": "other"}) == [made]
    assert crds.outdated([made], {}) == [made]


@pytest.mark.parametrize(
    ("live", "adopt", "applied", "left"),
    [
        ({"things.example.org": ""}, False, [], ["things.example.org"]),
        ({"things.example.org": ""}, True, ["things.example.org"], []),
        ({"things.example.org": "ours, and older"}, False, ["things.example.org"], []),
        ({}, False, ["things.example.org"], []),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_definitions_of_others_stay_unless_they_are_adopted(monkeypatch, live, adopt, applied, left, check_mode):
    sent = []
    chart = {"release": "demo", "path": "x", "source": "chart", "adopt": adopt}
    module = SimpleNamespace(params={"charts": [chart]}, check_mode=check_mode, get_bin_path=lambda _: "helm")
    monkeypatch.setattr(crds, "definitions_of", lambda *_: [THING])
    monkeypatch.setattr(crds, "live_digests", lambda _: live)
    monkeypatch.setattr(crds, "apply_all", lambda _, wanted: sent.extend(each := list(wanted)) or each)
    found = crds_module.present(module, None)
    assert (found["applied"], found["left"], found["changed"]) == (applied, left, bool(applied))
    assert [each["metadata"]["name"] for each in sent] == ([] if check_mode else applied)


def test_each_is_applied_before_the_next_chart_is_read(cluster, monkeypatch):
    """The API server takes longer for each than it takes to read a chart."""
    sent = threading.Event()
    monkeypatch.setattr(cluster, "apply", lambda *_: sent.set())
    monkeypatch.setattr(cluster, "request", lambda *_: {"resources": [{"name": "things"}]})

    def charts():
        yield THING
        assert sent.wait(30)
        yield THING

    assert crds.apply_all(cluster, charts()) == [THING, THING]


def test_chart_without_definitions_is_an_error(make_chart):
    with pytest.raises(crds.DefinitionError, match="holds no custom resource definition"):
        crds.definitions_of({"release": "demo", "path": str(make_chart()), "source": "chart"}, "helm")
    assert crds.definitions_of({"release": "demo", "path": "nowhere", "source": "none"}, "helm") == []


@pytest.mark.parametrize(("keep", "used", "removed"), [(True, True, []), (True, False, ["things.example.org"])])
def test_definitions_with_objects_stay(cluster, monkeypatch, keep, used, removed):
    monkeypatch.setattr(crds, "ours_of", lambda *_: [THING])
    monkeypatch.setattr(crds, "holds_objects", lambda *_: used)
    gone, kept = crds.remove_unused(cluster, "demo", keep, dry_run=False)
    assert gone == removed
    assert bool(kept) is used
    assert len(cluster.written) == len(removed)


def test_check_mode_removes_nothing(cluster, monkeypatch):
    monkeypatch.setattr(crds, "ours_of", lambda *_: [THING])
    monkeypatch.setattr(crds, "holds_objects", lambda *_: False)
    assert crds.remove_unused(cluster, "demo", True, dry_run=True)[0] == ["things.example.org"]
    assert cluster.written == []


def test_charts_that_are_live_are_not_looked_at():
    spec = {"name": "demo", "namespace": "a", "crds": {"source": "chart"}}
    charts = {"demo": {"path": "p", "sha256": "abc"}}
    live = {"a/demo": {"revision": 1, "status": "deployed", "identity": "abc-1"}}
    assert definition_charts([spec], charts, live) == []
    assert len(definition_charts([spec], charts, {"a/demo": {**live["a/demo"], "status": "failed"}})) == 1
    assert len(definition_charts([spec], {"demo": {"path": "p", "sha256": "new"}}, live)) == 1
    assert definition_charts([{**spec, "crds": {"source": "none"}}], charts, {}) == []


def test_definitions_are_waited_for_until_they_are_served(cluster, monkeypatch):
    monkeypatch.setattr(crds, "POLL_SECONDS", 0)
    looks = []

    def serve_at_the_third_look(call):
        looks.append(call.path)
        if len(looks) == 3:
            cluster.define("Thing", "example.org/v1", "things")

    cluster.before = lambda call: serve_at_the_third_look(call) if call.path == "/apis/example.org/v1" else None
    crds.apply_all(cluster, [THING])
    assert len(looks) == 3


def test_definition_that_is_never_served_says_why(cluster, monkeypatch):
    monkeypatch.setattr(crds, "ESTABLISH_SECONDS", -1)
    conditions = [{"type": "NamesAccepted", "status": "False", "message": "things is taken"}]
    cluster.reconcile = lambda _, found: found.update(status={"conditions": conditions})
    with pytest.raises(crds.DefinitionError, match=r"things\.example\.org was not .*things is taken"):
        crds.apply_all(cluster, [THING])
