"""Namespaces that Landfall made: which may go when the platform goes, and what keeps the others."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster

LABEL_OURS = "landfall.eks/made-by=landfall"
WORKLOADS = (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "CronJob"))
POLL_SECONDS = 0.5


def ours(cluster: Cluster) -> list[str]:
    """Return the names of the namespaces that Landfall made."""
    return sorted(
        each["metadata"]["name"] for each in cluster.list("v1", "Namespace", query={"labelSelector": LABEL_OURS})
    )


def keepers(cluster: Cluster, namespace: str, seconds: float) -> list[str]:
    """Return what a namespace still holds for somebody: volumes, and workloads that do not go within `seconds`."""
    volumes = [f"PersistentVolumeClaim/{name}" for name in _names(cluster, "v1", "PersistentVolumeClaim", namespace)]
    deadline = time.monotonic() + seconds
    while True:
        workloads = [f"{kind}/{name}" for api, kind in WORKLOADS for name in _names(cluster, api, kind, namespace)]
        if not workloads or time.monotonic() > deadline:
            return volumes + workloads
        time.sleep(POLL_SECONDS)


def delete(cluster: Cluster, names: list[str], seconds: float) -> list[str]:
    """Delete namespaces and wait until they are gone; return those that are still there after `seconds`."""
    for name in names:
        cluster.request("DELETE", f"/api/v1/namespaces/{name}")
    deadline = time.monotonic() + seconds
    left = names
    while left and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        left = [name for name in left if cluster.get("v1", "Namespace", name) is not None]
    return left


def _names(cluster: Cluster, api_version: str, kind: str, namespace: str) -> list[str]:
    found: list[dict[str, Any]] = cluster.list(api_version, kind, namespace)
    return [each["metadata"]["name"] for each in found if not each["metadata"].get("ownerReferences")]
