"""A cluster after a rollout, whose calls can be cut off, before or after they took effect, as a kill would."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from ansible_collections.landfall.eks.plugins.module_utils.credentials import store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import LABEL_CREDENTIAL
from tests.fake_cluster import Call, FakeCluster
from tests.fake_objects import Object
from tests.unit.credentials.fake_store import NOW


class KilledError(BaseException):
    """The process ended here."""


def cluster_of(objects: Iterable[Object]) -> FakeCluster:
    """Return a cluster that holds what was rolled out: credentials as they are applied, the rest as it is."""
    cluster = FakeCluster()
    cluster.now = lambda: NOW
    cluster.reconcile = replace_pods
    for each in copy.deepcopy(list(objects)):
        if LABEL_CREDENTIAL in each["metadata"].get("labels", {}):
            store.apply_secret(cluster, each)
        else:
            replace_pods(cluster, cluster.add(each))
    cluster.log.clear()
    return cluster


def replace_pods(_: FakeCluster, found: Object) -> None:
    """Do what the controllers of workloads do, at once: two pods, all new and ready."""
    if "template" in found.get("spec", {}):
        counts = ("replicas", "updatedReplicas", "readyReplicas")
        nodes = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        generation = found["metadata"].setdefault("generation", 1)
        found["status"] = dict.fromkeys(counts + nodes, 2) | {"observedGeneration": generation}


def cut_off(cluster: FakeCluster, number: int, *, after: bool) -> None:
    """End the process at a call, counted from now, before or after it took effect."""
    last = len(cluster.log) + number

    def kill(_: Call) -> None:
        if len(cluster.log) == last:
            cluster.before = cluster.after = None
            raise KilledError

    if after:
        cluster.after = kill
    else:
        cluster.before = kill


def workload(kind: str, namespace: str, name: str) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 2, "template": {"metadata": {"annotations": {"a": "b"}}}},
    }
