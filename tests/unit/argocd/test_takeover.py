"""Objects change hands as they are: who owns which field, in what order things go, and what a plan leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.argocd import takeover
from ansible_collections.landfall.eks.plugins.module_utils.argocd.takeover import ARGOCD, HELM, Delivered
from tests.fake_cluster import FakeCluster
from tests.unit.argocd.conftest import add

RELEASE = Delivered("flask-app", "flask-app", [("apps/v1", "Deployment"), ("v1", "Service"), ("x/v1", "Unknown")])
LABELS = {"app.kubernetes.io/instance": "flask-app"}
APPLICATION = {"api_version": "argoproj.io/v1alpha1", "kind": "Application", "name": "flask-app", "namespace": "argocd"}
REPOSITORY = {"api_version": "v1", "kind": "Secret", "name": "argocd-repository", "namespace": "argocd"}
FINALIZER = ["resources-finalizer.argocd.argoproj.io"]


def entry(manager: str, fields: dict[str, Any], operation: str = "Apply", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields, **more}


def with_fields(cluster: FakeCluster, *entries: dict[str, Any]) -> dict[str, Any]:
    return add(cluster, "Deployment", "flask-app", metadata={"labels": LABELS, "managedFields": list(entries)})


def test_the_new_owner_has_what_the_old_one_had_and_its_own() -> None:
    old = entry(HELM, {"f:spec": {"f:template": {"f:a": {}}, "f:selector": {}}})
    own = entry(ARGOCD, {"f:spec": {"f:template": {"f:b": {}}}})
    found = takeover.renamed([old, own], HELM, ARGOCD)
    assert found == [entry(ARGOCD, {"f:spec": {"f:template": {"f:a": {}, "f:b": {}}, "f:selector": {}}})]
    assert old["fieldsV1"] == {"f:spec": {"f:template": {"f:a": {}}, "f:selector": {}}}


def test_what_others_own_stays_theirs() -> None:
    scaled = entry("kube-controller-manager", {"f:spec": {"f:replicas": {}}}, "Update", subresource="scale")
    status = entry(HELM, {"f:status": {}}, "Update", subresource="status")
    found = takeover.renamed([scaled, entry(HELM, {"f:metadata": {}}), status], HELM, ARGOCD)
    assert found == [scaled, status, entry(ARGOCD, {"f:metadata": {}})]


def test_what_helm_3_owns_client_side_is_applied_from_then_on() -> None:
    found = takeover.renamed([entry(HELM, {"f:data": {}}, "Update")], HELM, ARGOCD)
    assert found == [entry(ARGOCD, {"f:data": {}})]


def test_an_owner_of_nothing_has_nothing_to_hand_over() -> None:
    assert takeover.renamed([entry(ARGOCD, {"f:spec": {}})], HELM, ARGOCD) is None


def test_objects_are_changed_at_the_version_that_was_read(cluster: FakeCluster) -> None:
    with_fields(cluster, entry(HELM, {"f:spec": {}}))
    version = cluster.objects["Deployment", "flask-app", "flask-app"]["metadata"]["resourceVersion"]
    cluster.refuse(409, times=2)
    assert takeover.rename(cluster, RELEASE, HELM, ARGOCD, dry_run=False) == ["Deployment flask-app/flask-app"]
    assert [(method, body["metadata"]["resourceVersion"]) for method, _, body in cluster.written] == [
        ("PATCH", version)
    ] * 3
    assert cluster.objects["Deployment", "flask-app", "flask-app"]["metadata"]["managedFields"][0]["manager"] == ARGOCD
    assert takeover.rename(cluster, RELEASE, HELM, ARGOCD, dry_run=False) == []


def test_an_object_that_never_rests_is_reported(cluster: FakeCluster) -> None:
    with_fields(cluster, entry(HELM, {"f:spec": {}}))
    cluster.refuse(409, times=99)
    with pytest.raises(takeover.TakeoverError, match="changes faster than it can be taken over"):
        takeover.rename(cluster, RELEASE, HELM, ARGOCD, dry_run=False)


def test_only_the_releases_own_objects_change_hands(cluster: FakeCluster) -> None:
    add(cluster, "Deployment", "other", metadata={"managedFields": [entry(HELM, {"f:spec": {}})]})
    assert takeover.rename(cluster, RELEASE, HELM, ARGOCD, dry_run=False) == []


@pytest.mark.parametrize(("manager", "known"), [(HELM, True), (ARGOCD, True), ("kubectl", False)])
def test_who_applied_an_object_says_whether_it_may_be_adopted(cluster: FakeCluster, manager: str, known: bool) -> None:
    assert takeover.of_either(with_fields(cluster, entry(manager, {}))) is known


def test_finalizers_are_dropped_before_the_deletion(cluster: FakeCluster) -> None:
    add(cluster, "Application", "flask-app", "argocd", metadata={"finalizers": FINALIZER})
    add(cluster, "Secret", "argocd-repository", "argocd")
    removed = takeover.remove(cluster, [APPLICATION, REPOSITORY], dry_run=False)
    assert removed == ["Application argocd/flask-app", "Secret argocd/argocd-repository"]
    assert [method for method, _, _ in cluster.written] == ["PATCH", "DELETE", "DELETE"]
    assert cluster.objects == {}
    assert takeover.remove(cluster, [APPLICATION, REPOSITORY], dry_run=False) == []


def test_the_control_without_dropping_them_it_would_stay(cluster: FakeCluster) -> None:
    add(cluster, "Application", "flask-app", "argocd", metadata={"finalizers": FINALIZER})
    cluster.request("DELETE", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/flask-app")
    assert ("Application", "argocd", "flask-app") in cluster.objects


def test_one_that_does_not_go_is_reported(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "GONE_SECONDS", -1)
    add(cluster, "Application", "flask-app", "argocd", metadata={"finalizers": FINALIZER})
    # Somebody gives it another one as soon as it is without.
    cluster.reconcile = lambda _, found: found["metadata"].setdefault("finalizers", ["example.org/held"])
    with pytest.raises(takeover.TakeoverError, match="was deleted and is still there"):
        takeover.remove(cluster, [APPLICATION], dry_run=False)


def test_a_plan_says_the_same_and_writes_nothing(cluster: FakeCluster) -> None:
    with_fields(cluster, entry(HELM, {"f:spec": {}}))
    add(cluster, "Application", "flask-app", "argocd", metadata={"finalizers": FINALIZER})
    assert takeover.rename(cluster, RELEASE, HELM, ARGOCD, dry_run=True) == ["Deployment flask-app/flask-app"]
    assert takeover.remove(cluster, [APPLICATION], dry_run=True) == ["Application argocd/flask-app"]
    assert takeover.delete_objects(cluster, RELEASE, dry_run=True) == ["Deployment flask-app/flask-app"]
    assert cluster.written == []


def test_objects_that_helm_knows_are_helms_to_delete(cluster: FakeCluster) -> None:
    with_fields(cluster, entry(HELM, {"f:spec": {}}))
    add(cluster, "Secret", "flask-tls")
    record = {"labels": {"owner": "helm", "name": "flask-app"}}
    add(cluster, "Secret", "sh.helm.release.v1.flask-app.v1", metadata=record, type="helm.sh/release.v1")
    assert takeover.delete_objects(cluster, RELEASE, dry_run=False) == []
    del cluster.objects["Secret", "flask-app", "sh.helm.release.v1.flask-app.v1"]
    assert takeover.delete_objects(cluster, RELEASE, dry_run=False) == ["Deployment flask-app/flask-app"]
    assert list(cluster.objects) == [("Secret", "flask-app", "flask-tls")]
