"""Namespaces that Landfall made: which may go when the platform goes, and what keeps the others."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

LABEL_OURS = {"landfall.eks/made-by": "landfall"}
SELECTOR_OURS = ",".join(f"{key}={value}" for key, value in LABEL_OURS.items())
WORKLOADS = (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "CronJob"))
# What stays for somebody: volumes with their data, and what others deploy by Argo CD, whose finalizers nobody but its
# controller removes, so that a namespace with one of them in it would never be gone.
KEPT = (
    ("v1", "PersistentVolumeClaim"),
    ("argoproj.io/v1alpha1", "Application"),
    ("argoproj.io/v1alpha1", "ApplicationSet"),
)
POLL_SECONDS = 0.5


def ours(cluster: Cluster) -> list[str]:
    """Return the names of the namespaces that Landfall made."""
    return sorted(
        each["metadata"]["name"] for each in cluster.list("v1", "Namespace", query={"labelSelector": SELECTOR_OURS})
    )


def make(cluster: Cluster, wanted: list[dict[str, Any]], *, dry_run: bool) -> list[str]:
    """Make the namespaces of `wanted`, each {namespace, namespace_labels}, and add the labels that one lacks.

    Returns the names of those that were changed, or would be in a dry run. Only what is made here carries the mark that
    lets it go again. Raises ApiException where the cluster refuses.
    """
    there = {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in cluster.list("v1", "Namespace")}
    changed = []
    for each in _merged(wanted):
        name, labels = each["name"], each["labels"]
        if name in there and labels.items() <= there[name].items():
            continue
        changed.append(name)
        if not dry_run and (name in there or not create(cluster, name, labels)):
            label(cluster, name, labels)
    return changed


def _merged(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each name once, with the labels that any of its releases wants."""
    labels: dict[str, dict[str, str]] = {}
    for each in wanted:
        labels.setdefault(each["namespace"], {}).update(each.get("namespace_labels") or {})
    return [{"name": name, "labels": found} for name, found in labels.items()]


def label(cluster: Cluster, name: str, labels: dict[str, str]) -> None:
    """Add labels to a namespace that is there. Raises ApiException."""
    cluster.patch(f"/api/v1/namespaces/{name}", {"metadata": {"labels": labels}})


def create(cluster: Cluster, name: str, labels: dict[str, str]) -> bool:
    """Make a namespace, marked as ours; say whether there was none, since another run may be quicker.

    Raises ApiException for every other answer of 400 and above.
    """
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**LABEL_OURS, **labels}}}
    try:
        cluster.create("/api/v1/namespaces", body)
    except ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        return False
    return True


def ensure(cluster: Cluster, name: str, *, make: bool) -> tuple[str, bool]:
    """Return how the namespace is (C(there), C(absent), C(going)) and whether it was made, which `make` allows."""
    found = cluster.get("v1", "Namespace", name)
    if found is not None:
        return ("going" if found["metadata"].get("deletionTimestamp") else "there"), False
    return ("there", create(cluster, name, {})) if make else ("absent", False)


def keepers(cluster: Cluster, namespace: str, seconds: float) -> list[str]:
    """Return what a namespace still holds for somebody: what is kept, and workloads that do not go within `seconds`."""
    kept = [f"{kind}/{name}" for api, kind in KEPT for name in _names(cluster, api, kind, namespace)]
    deadline = time.monotonic() + seconds
    while True:
        workloads = [f"{kind}/{name}" for api, kind in WORKLOADS for name in _names(cluster, api, kind, namespace)]
        if not workloads or time.monotonic() > deadline:
            return kept + workloads
        time.sleep(POLL_SECONDS)


def delete(cluster: Cluster, names: list[str], seconds: float) -> list[str]:
    """Delete namespaces and wait until they are gone; return those that are still there after `seconds`."""
    paths = {name: f"/api/v1/namespaces/{name}" for name in names}
    for path in paths.values():
        cluster.delete(path)
    deadline = time.monotonic() + seconds
    return [name for name, path in paths.items() if not cluster.wait_gone(path, deadline - time.monotonic())]


def _names(cluster: Cluster, api_version: str, kind: str, namespace: str) -> list[str]:
    found: list[dict[str, Any]] = cluster.list(api_version, kind, namespace)
    return [each["metadata"]["name"] for each in found if not each["metadata"].get("ownerReferences")]
