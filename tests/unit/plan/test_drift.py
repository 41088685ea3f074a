"""What counts as changed by hand, by whom, and what is none of a hand's."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import apply
from ansible_collections.landfall.eks.plugins.module_utils.plan import drift, dry_run, releases, rows
from tests.fake_cluster import FakeCluster
from tests.unit.plan.conftest import changed, recorded

RELEASE = {"name": "flask-app", "namespace": "flask-app"}
AUTOSCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "flask-app", "namespace": "flask-app"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "flask-app"}},
}


def as_applied(cluster: FakeCluster, replicas: int | None = None) -> drift.Applied:
    live = recorded("Deployment")
    rendered = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "flask-app", "labels": {"app.kubernetes.io/name": "flask-app"}},
        "spec": {"template": live["spec"]["template"]} | ({"replicas": replicas} if replicas else {}),
    }
    return drift.Applied("flask-app", "helm", releases.as_helm_applies(cluster, rendered, RELEASE))


def found(cluster: FakeCluster, each: drift.Applied) -> list[rows.Row]:
    return [row for _, row in drift.find_drift(dry_run.Situation(cluster, {"flask-app"}), [each])]


def test_what_is_as_it_was_applied_is_no_drift_and_a_hand_is(cluster: FakeCluster) -> None:
    live = cluster.add(recorded("Deployment"))
    assert found(cluster, as_applied(cluster)) == []
    live["metadata"]["labels"]["app.kubernetes.io/name"] = "other"
    (row,) = found(cluster, as_applied(cluster))
    assert row["fields"] == [
        {"path": "metadata.labels.app.kubernetes.io/name", "before": "other", "after": "flask-app"}
    ]
    # What somebody added beside it is nobody's to take away.
    live["metadata"]["labels"] = recorded("Deployment")["metadata"]["labels"] | {"mine": "yes"}
    assert found(cluster, as_applied(cluster)) == []


def test_an_autoscalers_replicas_are_no_drift_and_a_hands_are(cluster: FakeCluster) -> None:
    cluster.add(changed(recorded("Deployment"), "spec.replicas", 5))
    assert [each["path"] for row in found(cluster, as_applied(cluster, 2)) for each in row["fields"]] == [
        "spec.replicas"
    ]
    cluster.add(AUTOSCALER)
    assert found(cluster, as_applied(cluster, 2)) == []


def test_a_missing_object_is_drift_unless_it_goes_by_itself(cluster: FakeCluster) -> None:
    assert [row["action"] for row in found(cluster, as_applied(cluster))] == [rows.CREATE]
    job = changed(recorded("Job"), "metadata.namespace", "flask-app")
    assert len(found(cluster, drift.Applied("x", "helm", job))) == 1
    passing = changed(job, "spec.ttlSecondsAfterFinished", 60)
    assert found(cluster, drift.Applied("x", "helm", passing)) == []


def test_only_what_drifted_is_put_back_by_force_and_then_there_is_none(cluster: FakeCluster) -> None:
    live = cluster.add(recorded("Deployment"))
    live["metadata"]["labels"]["app.kubernetes.io/name"] = "other"
    other = drift.Applied("x", "helm", cluster.add(changed(recorded("Secret"), "metadata.namespace", "flask-app")))
    situation = dry_run.Situation(cluster, {"flask-app"})
    seen = drift.find_drift(situation, [as_applied(cluster), other])
    cluster.log.clear()
    assert drift.repair(cluster, seen) == []
    kept = [(call.path, call.query) for call in cluster.log if call.writes]
    assert kept == [
        ("/apis/apps/v1/namespaces/flask-app/deployments/flask-app", {"fieldManager": "helm", "force": "true"})
    ]
    assert drift.find_drift(situation, [as_applied(cluster), other]) == []


def test_what_cannot_be_put_back_is_said(cluster: FakeCluster) -> None:
    live = cluster.add(recorded("Deployment"))
    live["metadata"]["labels"]["app.kubernetes.io/name"] = "other"
    seen = drift.find_drift(dry_run.Situation(cluster, {"flask-app"}), [as_applied(cluster)])
    cluster.refuse(422, "spec.selector: field is immutable")
    (refused,) = drift.repair(cluster, seen)
    assert "field is immutable" in refused["notes"][-1]


def webhook(bundle: str) -> dict[str, Any]:
    made = recorded("ValidatingWebhookConfiguration")
    made["webhooks"][0]["clientConfig"]["caBundle"] = bundle
    return made


def test_certificates_that_controllers_inject_and_gathered_rules_are_taken_as_they_are() -> None:
    assert drift.tolerant(webhook("b2xk"), webhook("bmV3"), set()) == webhook("bmV3")
    other = webhook("bmV3")
    other["webhooks"][0]["failurePolicy"] = "Ignore"
    assert drift.tolerant(webhook("b2xk"), other, set()) == webhook("bmV3")
    role = {"kind": "ClusterRole", "metadata": {"name": "all"}, "aggregationRule": {}, "rules": []}
    assert drift.tolerant(role, {**role, "rules": [1]}, set())["rules"] == [1]
    plain = {"kind": "ClusterRole", "metadata": {"name": "some"}, "rules": []}
    assert drift.tolerant(plain, {**plain, "rules": [1]}, set())["rules"] == []


def test_who_changed_a_field_and_when() -> None:
    live = recorded("Deployment")
    assert drift.authors(live, [{"path": "spec.template.spec.containers[app].image"}], "helm") == []
    live["metadata"]["managedFields"].append(
        {
            "manager": "kubectl-edit",
            "time": "2026-01-02T03:04:05Z",
            "fieldsV1": {
                "f:metadata": {"f:labels": {"f:app.kubernetes.io/name": {}}},
                "f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}},
            },
        }
    )
    by = ["by kubectl-edit at 2026-01-02T03:04:05Z"]
    assert drift.authors(live, [{"path": "metadata.labels.app.kubernetes.io/name"}], "helm") == by
    assert drift.authors(live, [{"path": "spec.template.spec.containers[app].image"}], "helm") == by
    assert drift.authors(live, [{"path": "spec.template.spec.containers[other].image"}], "helm") == []
    assert drift.authors(live, [{"path": "spec.template.spec.containers[app].command"}], "helm") == []


def test_what_landfall_applies_itself_carries_a_note_of_itself(cluster: FakeCluster) -> None:
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "flask-app"}, "data": {}}
    assert apply.apply(cluster, wanted, dry_run=False) is not None
    (live,) = cluster.objects.values()
    assert apply.ANNOTATION in live["metadata"]["annotations"]
    assert apply.apply(cluster, wanted, dry_run=False) is None
