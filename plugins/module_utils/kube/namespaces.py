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
POD_SECURITY = "pod-security.kubernetes.io/"
LABEL_LEVEL = f"{POD_SECURITY}enforce"
LEVELS = ("privileged", "baseline", "restricted")
"""Of Pod Security, each stricter than the one before.

https://kubernetes.io/docs/concepts/security/pod-security-standards
"""
NO_PODS = {LABEL_LEVEL: "restricted"}
"""Labels of a namespace for records, in which no pod runs."""

Metadata = dict[str, dict[str, str]]
"""Labels and annotations of all, and levels of Pod Security by namespace, {labels, annotations, levels}."""


def ours(cluster: Cluster) -> list[str]:
    """Return the names of the namespaces that Landfall made."""
    return sorted(name for name, labels in labels_by_name(cluster).items() if LABEL_OURS.items() <= labels.items())


def labels_by_name(cluster: Cluster) -> dict[str, dict[str, str]]:
    """Return the labels of all namespaces. Raises ApiException."""
    return {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in cluster.list("v1", "Namespace")}


def foreign(cluster: Cluster) -> set[str]:
    """Return the names of the namespaces that others made. Raises ApiException."""
    there = labels_by_name(cluster)
    return {name for name, labels in there.items() if not LABEL_OURS.items() <= labels.items()}


def make(
    cluster: Cluster, wanted: list[dict[str, Any]], metadata: Metadata | None = None, *, dry_run: bool
) -> list[str]:
    """Make the namespaces of `wanted`, each {namespace, namespace_labels, also_in}, and add the labels that one lacks.

    Those made here get `metadata` too, also where an earlier run has made them; one that others made gets no level of
    Pod Security.
    Returns the names of those that were changed, or would be in a dry run. Only what is made here carries the mark that
    lets it go again. Raises ApiException where the cluster refuses.
    """
    there = {each["metadata"]["name"]: each["metadata"] for each in cluster.list("v1", "Namespace")}
    changed = []
    for body in bodies(wanted, metadata):
        name = body["metadata"]["name"]
        labels = _labels(wanted, name, metadata)
        lacking = _lacking(there[name], body["metadata"], labels) if name in there else {}
        if name in there and not lacking:
            continue
        changed.append(name)
        if not dry_run and (name in there or not create(cluster, body)):
            add(cluster, name, lacking or {"labels": labels})
    return changed


def bodies(wanted: list[dict[str, Any]], metadata: Metadata | None = None) -> list[dict[str, Any]]:
    """Return each namespace of `wanted` once, as it is made: with our mark, `metadata` and what its releases want."""
    return [body_of(name, metadata, _labels(wanted, name, metadata)) for name in names(wanted)]


def names(wanted: list[dict[str, Any]]) -> list[str]:
    """Return the names of the namespaces of `wanted`, those among them that a release only reaches into."""
    also = [name for each in wanted for name in (each.get("also_in") or {}).get("names", [])]
    return list(dict.fromkeys([*(each["namespace"] for each in wanted), *also]))


def body_of(name: str, metadata: Metadata | None = None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a namespace as it is made: with our mark, `metadata` and further labels."""
    given = metadata or {}
    notes = {"annotations": given["annotations"]} if given.get("annotations") else {}
    marked = {**(given.get("labels") or {}), **LABEL_OURS, **(labels or {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": marked, **notes}}


def _labels(wanted: list[dict[str, Any]], name: str, metadata: Metadata | None) -> dict[str, str]:
    """Return the labels that the releases of a namespace want on it; of two levels of Pod Security the lower one.

    A level that `metadata` has for the namespace counts more.
    """
    here = [each.get("namespace_labels") or {} for each in wanted if each["namespace"] == name]
    found: dict[str, str] = {key: value for labels in here for key, value in labels.items()}
    levels = [labels[LABEL_LEVEL] for labels in here if labels.get(LABEL_LEVEL) in LEVELS]
    if len(levels) > 1:
        found[LABEL_LEVEL] = min(levels, key=LEVELS.index)
    typed = ((metadata or {}).get("levels") or {}).get(name)
    return found | ({LABEL_LEVEL: typed} if typed else {})


def _lacking(there: dict[str, Any], made: dict[str, Any], labels: dict[str, str]) -> Metadata:
    """Return what a namespace that is there lacks: of the `labels` alone, where it is not ours.

    What is enforced on the pods of others is theirs to say.
    """
    ours = LABEL_OURS.items() <= (there.get("labels") or {}).items()
    harmless = {key: value for key, value in labels.items() if not key.startswith(POD_SECURITY)}
    wanted = {"labels": made["labels"], "annotations": made.get("annotations") or {}} if ours else {"labels": harmless}
    return {field: wanted[field] for field in wanted if not wanted[field].items() <= (there.get(field) or {}).items()}


def add(cluster: Cluster, name: str, metadata: Metadata) -> None:
    """Add labels and annotations to a namespace that is there. Raises ApiException."""
    cluster.patch(f"/api/v1/namespaces/{name}", {"metadata": metadata})


def create(cluster: Cluster, body: dict[str, Any]) -> bool:
    """Make a namespace; say whether there was none, since another run may be quicker.

    Raises ApiException for every other answer of 400 and above.
    """
    try:
        cluster.create("/api/v1/namespaces", body)
    except ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        return False
    return True


def ensure(cluster: Cluster, name: str, metadata: Metadata | None = None, *, make: bool) -> tuple[str, bool]:
    """Return how the namespace is (C(there), C(absent), C(going)) and whether it was made, which `make` allows.

    One that is made carries our mark and `metadata`, and is for records alone: no pod runs in it.
    """
    found = cluster.get("v1", "Namespace", name)
    if found is not None:
        return ("going" if found["metadata"].get("deletionTimestamp") else "there"), False
    return ("there", create(cluster, body_of(name, metadata, NO_PODS))) if make else ("absent", False)


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
