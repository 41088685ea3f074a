"""What a cluster has of Argo CD's before a run, and what then keeps Argo CD from delivering."""

from __future__ import annotations

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.argocd import existing
from ansible_collections.landfall.eks.plugins.module_utils.argocd.existing import ExistingApplications, Row
from tests.fake_cluster import FakeCluster
from tests.unit.argocd.conftest import add


def look(
    cluster: FakeCluster,
    others: dict[str, str] | None = None,
    delivery: str = "argocd",
    installing: bool = True,
    comes: bool = True,
) -> ExistingApplications:
    row = Row("flask-app", "flask-app", "argocd", "flask_app_delivery", delivery, selected=True, comes=comes)
    return existing.find_applications(cluster, [row], others or {}, installing)


@pytest.fixture
def without_the_kind(cluster: FakeCluster) -> None:
    del cluster.kinds_served["Application"]


def test_an_application_is_seen_whoever_shall_deliver(cluster: FakeCluster) -> None:
    assert look(cluster) == ExistingApplications()
    add(cluster, "Application", "flask-app", "argocd")
    assert look(cluster, delivery="helm") == ExistingApplications(delivered=["flask-app"])
    assert look(cluster, installing=False) == ExistingApplications(delivered=["flask-app"])


@pytest.mark.usefixtures("without_the_kind")
def test_argo_cd_has_to_be_there_or_to_come(cluster: FakeCluster) -> None:
    assert look(cluster) == ExistingApplications()
    (sentence,) = look(cluster, comes=False).problems
    assert "this cluster has no Argo CD" in sentence
    (sentence,) = look(cluster, others={"argo-cd": "argocd"}).problems
    assert "the Argo CD here brings no Applications" in sentence
    assert (
        look(cluster, comes=False, delivery="helm")
        == look(cluster, comes=False, installing=False)
        == ExistingApplications()
    )


def test_one_of_others_looks_in_its_own_namespace(cluster: FakeCluster) -> None:
    assert look(cluster, others={"argo-cd": "argocd"}, comes=False).problems == []
    (sentence,) = look(cluster, others={"argo-cd": "gitops"}).problems
    assert "write argocd_namespace: gitops" in sentence
