"""What an Application's status means: each way to be there, not yet there, and broken."""

from typing import Any

import pytest

from delivery.argocd import judge, pods

BUMP, LATER, OLDER = "b" * 40, "c" * 40, "a" * 40
TAG = "1.0.0-0a1b2c3d4e5f"
CRASH = "back-off 10s restarting failed container=app"


def status(**changes: Any) -> dict[str, Any]:
    """Return an Application that is where it should be, but for `changes` of its status."""
    usual = {
        "sync": {"status": "Synced", "revision": BUMP},
        "health": {"status": "Healthy"},
        "reconciledAt": "2026-11-26T10:00:05Z",
        "operationState": {
            "phase": "Succeeded",
            "finishedAt": "2026-11-26T10:00:03Z",
            "syncResult": {"revision": BUMP, "resources": []},
        },
        "summary": {"images": [f"acme/flask-app:{TAG}@sha256:{'1' * 64}"]},
        "resources": [],
    }
    return {"status": usual | changes}


def autoscaler(message: str) -> list[dict[str, Any]]:
    health = {"status": "Degraded", "message": message}
    return [{"kind": "HorizontalPodAutoscaler", "name": "flask-app", "status": "Synced", "health": health}]


def operation(phase: str, **changes: Any) -> dict[str, Any]:
    return {"phase": phase, "finishedAt": "2026-11-26T10:00:03Z", "syncResult": {"revision": BUMP}} | changes


def deployment(health: str, message: str, sync: str = "Synced") -> list[dict[str, Any]]:
    health_of = {"status": health, "message": message}
    return [{"kind": "Deployment", "name": "flask-app", "status": sync, "health": health_of}]


def judged(application: dict[str, Any], tag_at: str = TAG) -> tuple[str, str]:
    view = judge(application, TAG, lambda commit: commit in {BUMP, LATER}, lambda _: tag_at)
    return view.state, view.says


@pytest.mark.parametrize("revision", [BUMP, LATER])
def test_there_and_healthy(revision: str) -> None:
    application = status(sync={"status": "Synced", "revision": revision})
    assert judged(application) == ("healthy", "is Synced and Healthy")


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({"sync": {"status": "Synced", "revision": OLDER}}, "waiting", f"is at {OLDER[:12]}, not at the bump yet"),
        ({"sync": {}}, "waiting", "is at no commit, not at the bump yet"),
        ({"operationState": {"phase": "Running", "message": "waiting"}}, "waiting", "is syncing: waiting"),
        ({"sync": {"status": "OutOfSync", "revision": BUMP}}, "waiting", "is OutOfSync"),
        (
            {"sync": {"status": "OutOfSync", "revision": BUMP}, "resources": deployment("Healthy", "", "OutOfSync")},
            "waiting",
            "is OutOfSync; Deployment flask-app",
        ),
        ({"reconciledAt": "2026-11-26T10:00:02Z"}, "waiting", "was not looked at again since it synced"),
        (
            {"health": {"status": "Progressing"}, "resources": deployment("Progressing", "1 of 2 updated")},
            "waiting",
            "is Progressing; Deployment flask-app: 1 of 2 updated",
        ),
        ({"health": {"status": "Missing"}}, "waiting", "is Missing"),
        ({"summary": {"images": ["acme/flask-app:1.0.0-old"]}}, "waiting", f"is Healthy, but runs no pod of {TAG} yet"),
        (
            {"health": {"status": "Degraded"}, "resources": autoscaler("did not receive metrics")},
            "waiting",
            "is Degraded; HorizontalPodAutoscaler flask-app: did not receive metrics",
        ),
        (
            {"health": {"status": "Degraded"}, "resources": deployment("Degraded", "crash") + autoscaler("no metrics")},
            "failed",
            "is Degraded; Deployment flask-app: crash; HorizontalPodAutoscaler flask-app: no metrics",
        ),
        ({"health": {"status": "Degraded"}}, "failed", "is Degraded"),
        (
            {"health": {"status": "Degraded"}, "resources": deployment("Degraded", "exceeded its progress deadline")},
            "failed",
            "is Degraded; Deployment flask-app: exceeded its progress deadline",
        ),
        (
            {
                "operationState": operation(
                    "Failed",
                    message="one or more objects failed to apply",
                    syncResult={
                        "revision": BUMP,
                        "resources": [
                            {"kind": "Service", "name": "flask-app", "status": "Synced", "message": "unchanged"},
                            {"kind": "Ingress", "name": "flask-app", "status": "SyncFailed", "message": "denied"},
                        ],
                    },
                )
            },
            "failed",
            "could not sync: one or more objects failed to apply; Ingress flask-app: denied",
        ),
        (
            {
                "sync": {"status": "Unknown", "revision": OLDER},
                "conditions": [{"type": "ComparisonError", "message": "authentication required"}],
            },
            "waiting",
            f"is at {OLDER[:12]}, not at the bump yet; ComparisonError: authentication required",
        ),
    ],
)
def test_what_is_not_there(changes: dict[str, Any], state: str, says: str) -> None:
    assert judged(status(**changes)) == (state, says)


def test_a_failure_of_an_earlier_commit_is_not_this_ones() -> None:
    earlier = operation("Failed", syncResult={"revision": OLDER})
    assert judged(status(operationState=earlier, sync={"status": "OutOfSync", "revision": BUMP}))[0] == "waiting"


def test_an_operation_that_was_only_asked_for() -> None:
    assert judged(status() | {"operation": {"sync": {}}})[0] == "waiting"


def test_another_image_by_now() -> None:
    says = f"is at {BUMP[:12]}, which deploys 1.0.0-new by now"
    assert judged(status(), tag_at="1.0.0-new") == ("superseded", says)


def test_an_application_nobody_looked_at_yet() -> None:
    assert judged({}) == ("waiting", "is at no commit, not at the bump yet")


def test_pods_say_why() -> None:
    nodes = [
        {
            "kind": "Pod",
            "name": "flask-app-1",
            "health": {"status": "Degraded", "message": CRASH},
            "info": [{"name": "Status Reason", "value": "CrashLoopBackOff"}, {"name": "Node", "value": "a"}],
        },
        {"kind": "Pod", "name": "flask-app-2", "health": {"status": "Healthy"}},
        {"kind": "Pod", "name": "flask-app-3", "health": {"status": "Progressing"}},
        {"kind": "ReplicaSet", "name": "flask-app", "health": {"status": "Progressing"}},
    ]
    assert pods({"nodes": nodes}) == [
        f"Pod flask-app-1: CrashLoopBackOff: {CRASH}",
        "Pod flask-app-3: Progressing",
    ]
    assert pods({}) == []
