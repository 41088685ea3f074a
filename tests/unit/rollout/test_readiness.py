"""Readiness predicates and rows, each with the object that passes and those that must not."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness


def found(kind, status, spec=None, generation=1):
    return {"kind": kind, "metadata": {"name": "x", "generation": generation}, "spec": spec or {}, "status": status}


READY = {"observedGeneration": 1, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (found("Deployment", READY, {"replicas": 2}), None),
        (found("Deployment", READY, {"replicas": 3}), "2 of 3 replicas updated"),
        (found("Deployment", {**READY, "availableReplicas": 1}, {"replicas": 2}), "1 of 2 replicas available"),
        (found("Deployment", {**READY, "replicas": 3}, {"replicas": 2}), "1 old replica not yet replaced"),
        (found("Deployment", READY, {"replicas": 2}, 2), "its controller has not looked at it yet"),
        (found("Deployment", {}, {"replicas": 1}), "its controller has not looked at it yet"),
        (found("StatefulSet", READY, {"replicas": 2}), None),
        (found("StatefulSet", {**READY, "readyReplicas": 0}, {"replicas": 2}), "0 of 2 replicas ready"),
        (found("StatefulSet", {**READY, "updatedReplicas": 1}, {"replicas": 2}), "1 of 2 replicas updated"),
        (
            found(
                "StatefulSet",
                {**READY, "updatedReplicas": 0},
                {"replicas": 2, "updateStrategy": {"type": "OnDelete"}},
            ),
            None,
        ),
        (
            found(
                "DaemonSet",
                {
                    "observedGeneration": 1,
                    "desiredNumberScheduled": 3,
                    "updatedNumberScheduled": 3,
                    "numberAvailable": 2,
                },
            ),
            "2 of 3 nodes have it available",
        ),
        (found("DaemonSet", {"observedGeneration": 1, "desiredNumberScheduled": 0}), None),
        (found("Job", {"conditions": [{"type": "Complete", "status": "True"}]}), None),
        (found("Job", {}), "not complete"),
        (
            found("Job", {"conditions": [{"type": "Failed", "status": "True", "message": "backoff limit"}]}),
            "failed: backoff limit",
        ),
        (found("ConfigMap", {}), None),
    ],
)
def test_workloads(given, wanted):
    assert readiness.row({}, given) == wanted


@pytest.mark.parametrize(
    ("row", "status", "wanted"),
    [
        ({"field": "status.health", "equals": "green"}, {"health": "green"}, None),
        ({"field": "status.health", "equals": "green"}, {"health": "red"}, "status.health is red, wanted green"),
        ({"field": "status.health", "equals": "green"}, {}, "status.health is empty, wanted green"),
        ({"field": "status.list.0.hostname"}, {"list": [{"hostname": "a"}]}, None),
        ({"field": "status.list.1.hostname"}, {"list": [{"hostname": "a"}]}, "status.list.1.hostname is empty"),
        ({"condition": "Available"}, {"conditions": [{"type": "Available", "status": "True"}]}, None),
        (
            {"condition": "Available"},
            {"conditions": [{"type": "Available", "status": "False", "message": "no endpoints"}]},
            "Available is False: no endpoints",
        ),
        ({"condition": "Available"}, {}, "has no condition Available yet"),
    ],
)
def test_rows(row, status, wanted):
    assert readiness.row(row, found("Thing", status)) == wanted


def test_what_does_not_exist_is_not_ready():
    assert readiness.row({"field": "status.health"}, None) == "does not exist"
