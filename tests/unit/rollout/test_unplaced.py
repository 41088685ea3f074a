"""A DaemonSet on nodes that are full: the others count, and the run says which it leaves out."""

import time

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.rollout import patience, progress
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter

WORKLOAD = {"kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": {"name": "shipper"}}
NO_MORE = "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: no"
NO_MEMORY = "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."
NO_PORT = "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 2 node(s) didn't"


def daemon_set(available=2, wanted=3, updated=3):
    status = {"desiredNumberScheduled": wanted, "updatedNumberScheduled": updated, "numberAvailable": available}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "shipper", "namespace": "logging"},
        "spec": {"selector": {"matchLabels": {"app": "shipper"}}},
        "status": status,
    }


def pod(node="node-c", message=NO_MORE, **more):
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {
        "kind": "Pod",
        "metadata": {"name": f"shipper-{node}", "namespace": "logging", "labels": {"app": "shipper"}},
        "spec": {"affinity": {"nodeAffinity": required}},
        "status": {"phase": "Pending", "conditions": [condition], **more},
    }


@pytest.fixture
def look(cluster, helm_secret):
    """Return a function that puts objects there and says how their release stands."""

    def outcome(*objects, manifest=(WORKLOAD,)):
        cluster.add(helm_secret("logs", "logging", manifest=list(manifest)))
        for each in objects:
            cluster.add(each)
        run = {"name": "logs", "namespace": "logging", "job": "", "identity": "", "source": "cache", "ready": []}
        return ReleaseWaiter(cluster, [{**run, "timeout": 60, "started": time.time()}]).poll()["logging/logs"]

    return outcome


@pytest.mark.parametrize(("message", "reason"), [(NO_MORE, "Too many pods"), (NO_MEMORY, "Insufficient memory")])
def test_a_full_node_is_left_out_and_named(look, message, reason):
    found = look(daemon_set(), pod(message=message))
    assert found.phase == "ready"
    assert found.message == f"DaemonSet shipper has no pod on nodes without room for it: node-c ({reason})"
    assert progress.words(found.as_dict()) == f"ready: {found.message}"


WAITED_FOR = {
    "it runs nowhere": (daemon_set(0, 1, 1), pod()),
    "its other pods come": (daemon_set(1), pod()),
    "an old template": (daemon_set(2, 3, 2), pod()),
    "a port is taken": (daemon_set(), pod(message=NO_PORT)),
    "others go for it": (daemon_set(), pod(nominatedNodeName="node-c")),
    "an image is pulled": (daemon_set(), pod(conditions=[])),
    "no pod yet": (daemon_set(),),
}


@pytest.mark.parametrize("name", WAITED_FOR)
def test_whatever_else_a_daemon_set_lacks_is_waited_for(look, name):
    found = look(*WAITED_FOR[name])
    assert (found.phase, found.late[0].found["kind"]) == ("running", "DaemonSet")


def test_nothing_is_left_out_while_other_workloads_are_late(look):
    late = {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "other"}}
    assert look(daemon_set(), pod(), manifest=(WORKLOAD, late)).phase == "running"


def test_no_autoscaler_makes_room_on_the_node_of_a_daemon_set():
    cause = f"pod shipper-a: {NO_MORE}"
    assert patience.kind_of(cause) is patience.kind_of(cause, {"kind": "Deployment"}) is patience.Kind.ROOM
    assert patience.kind_of(cause, {"kind": "DaemonSet"}) is patience.Kind.PASSING
    assert patience.kind_of(f"pod shipper-a: {NO_PORT}", {"kind": "DaemonSet"}) is patience.Kind.PASSING
