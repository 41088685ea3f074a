"""A run of Argo CD's: when it is there, what is forgotten then, what is said when it fails, and how it is shown."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.argocd import delivered
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import Outcome
from ansible_collections.landfall.eks.plugins.module_utils.rollout.rollback import recover
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter
from tests.fake_cluster import FakeCluster
from tests.unit.argocd.conftest import add

SOURCE = {"repoURL": "https://git.example.org/team/landfall.git", "path": "app/chart", "targetRevision": "main"}
ROW = {"api_version": "argoproj.io/v1alpha1", "kind": "Application", "name": "flask-app", "namespace": "argocd"}
RECORD = {"owner": "helm", "name": "flask-app", "version": "3", "status": "deployed"}


def application(sync: str = "Synced", health: str = "Healthy", **status: Any) -> dict[str, Any]:
    return {
        "spec": {"source": SOURCE, "destination": {"namespace": "flask-app"}},
        "status": {
            "sync": {"status": sync, "revision": "0123456789abcdef", "comparedTo": {"source": SOURCE}},
            "health": {"status": health},
            **status,
        },
    }


def run(**more: Any) -> dict[str, Any]:
    return {
        "name": "flask-app",
        "namespace": "flask-app",
        "delivery": "argocd",
        "forget": True,
        "job": "",
        "identity": "",
        "source": "git",
        "ready": [ROW],
        "timeout": 60,
        "started": time.time(),
        **more,
    }


def settled(cluster: FakeCluster, **more: Any) -> Outcome:
    return ReleaseWaiter(cluster, [run(**more)]).poll()["flask-app/flask-app"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "Argo CD has not compared it with its repository yet"),
        (
            {"conditions": [{"type": "ComparisonError", "message": "authentication required"}]},
            "ComparisonError: authentication required",
        ),
        (application("OutOfSync")["status"], "sync is OutOfSync, wanted Synced"),
        (
            application("OutOfSync", operationState={"phase": "Failed", "message": "Job is not permitted"})["status"],
            "its last sync ended with Failed: Job is not permitted",
        ),
        (application(health="Progressing")["status"], "health is Progressing, wanted Healthy"),
    ],
)
def test_what_is_missing_is_said(status: dict[str, Any], said: str) -> None:
    assert readiness.row({}, {"kind": "Application", "spec": {"source": SOURCE}, "status": status}) == said


def test_a_status_of_another_source_does_not_count() -> None:
    found = {"kind": "Application", **application()}
    assert readiness.row({}, found) is None
    found["spec"] = {"source": {**SOURCE, "targetRevision": "release"}}
    assert readiness.row({}, found) == "Argo CD has not compared it with its repository yet"


def test_helms_record_is_forgotten_once_argo_cd_has_it_and_not_before(cluster: FakeCluster) -> None:
    add(cluster, "Secret", "sh.helm.release.v1.flask-app.v3", metadata={"labels": RECORD}, type="helm.sh/release.v1")
    add(cluster, "Application", "flask-app", "argocd", **application(health="Progressing"))
    assert settled(cluster).phase == "running"
    assert cluster.written == []
    add(cluster, "Application", "flask-app", "argocd", **application())
    first, second = settled(cluster), settled(cluster)
    assert (first.phase, first.changed, second.phase, second.changed) == ("ready", True, "ready", False)
    assert ("Secret", "flask-app", "sh.helm.release.v1.flask-app.v3") not in cluster.objects


def test_a_look_that_shall_not_write_forgets_nothing(cluster: FakeCluster) -> None:
    add(cluster, "Secret", "sh.helm.release.v1.flask-app.v3", metadata={"labels": RECORD}, type="helm.sh/release.v1")
    add(cluster, "Application", "flask-app", "argocd", **application())
    assert settled(cluster, forget=False).phase == "ready"
    assert cluster.written == []


def test_one_that_is_late_fails_and_helm_is_not_asked_to_go_back(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ansible_collections.landfall.eks.plugins.module_utils.rollout.diagnosis.cause_of",
        lambda *_, **__: "OutOfReach: no route",
    )
    add(cluster, "Application", "flask-app", "argocd", **application(health="Degraded"))
    found = settled(cluster, started=time.time() - 61)
    assert (found.phase, cluster.written) == ("failed", [])
    assert found.message == (
        "not ready after 60 s: Application flask-app: health is Degraded, wanted Healthy (OutOfReach: no route)"
    )
    assert recover(cluster, run(), Helm("/no/such/helm", {}, 1)) == (
        "Argo CD goes on trying, and the next commit is taken up by itself"
    )


def test_the_summary_shows_the_commit_that_is_live(cluster: FakeCluster) -> None:
    found = add(cluster, "Application", "flask-app", "argocd", **application())
    assert delivered.row(found) == {
        "release": "flask-app",
        "namespace": "flask-app",
        "chart": "app/chart",
        "version": "0123456789ab",
        "source": "git",
        "health": "ready",
    }
