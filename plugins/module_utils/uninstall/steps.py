"""What an uninstall removes before and after Helm does, each step until it is really gone.

Custom resources go before the operators that see to them, and Services of type LoadBalancer before the controller that
takes their load balancers away: nobody else would take their finalizers off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import objects
from ansible_collections.landfall.eks.plugins.module_utils.uninstall.plan import UninstallRequest

ARGOCD_GROUP = "argoproj.io"
WHO_TAKES = {
    objects.FINALIZER_SERVICE: "the AWS Load Balancer Controller, which has to delete the load balancer first",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud controller, which has to delete the load balancer first",
    "foregroundDeletion": "the garbage collector, once what it owns is gone",
    "kubernetes.io/pvc-protection": "the cluster, once no pod uses it",
    "kubernetes.io/pv-protection": "the cluster, once no claim uses it",
    "external-provisioner.volume.kubernetes.io/finalizer": "the storage driver, which has to delete the volume first",
}
"""Who takes a finalizer off, and when."""


@dataclass
class Step:
    """What was asked to go, and what is still there with the sentence that says what holds it, by title."""

    removed: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)


def custom_resources(cluster: Cluster, request: UninstallRequest, *, dry_run: bool) -> Step:
    """Ask the platform's custom resources to go; with `definitions` asked for, those of others too.

    What Argo CD is told goes elsewhere (landfall.eks.delivery), but for others' Applications, whose finalizers are
    dropped: what they deployed stays.
    """
    step = Step()
    for each in objects.custom_objects(cluster, request.releases, request.kinds):
        argocd = each.definition.endswith(f".{ARGOCD_GROUP}")
        if not each.ours and "definitions" not in request.asked:
            continue
        if argocd and each.ours:
            continue
        if argocd and not dry_run:
            cluster.patch(each.path, {"metadata": {"finalizers": None}})
        _ask(cluster, step, each.title, each.path, dry_run=dry_run)
    return step


def services(cluster: Cluster, request: UninstallRequest, *, dry_run: bool) -> Step:
    """Ask the platform's Services of type LoadBalancer to go, and note the names of their load balancers."""
    step = Step()
    for each in objects.balanced(cluster):
        if objects.is_ours(each, request.releases):
            step.hosts += objects.hosts_of(each)
            namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
            path = f"/api/v1/namespaces/{namespace}/services/{name}"
            _ask(cluster, step, f"Service {namespace}/{name}", path, dry_run=dry_run)
    return step


def volumes(cluster: Cluster, request: UninstallRequest, *, dry_run: bool) -> Step:
    """Ask the platform's claims to go, with their data: a PersistentVolume that would be retained is told not to be."""
    step = Step()
    for claim, volume in objects.claims(cluster, request.releases):
        if volume is not None and volume["spec"].get("persistentVolumeReclaimPolicy") == "Retain" and not dry_run:
            path = f"/api/v1/persistentvolumes/{volume['metadata']['name']}"
            cluster.patch(path, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
        namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
        path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"
        _ask(cluster, step, f"PersistentVolumeClaim {namespace}/{name}", path, dry_run=dry_run)
        if volume is not None:
            step.hosts.append(volume["metadata"]["name"])
    return step


def gone_volumes(cluster: Cluster, names: Sequence[str]) -> dict[str, str]:
    """Return, by title, why PersistentVolumes whose claims went are still there."""
    waiting = {}
    for name in names:
        found = cluster.get("v1", "PersistentVolume", name)
        if found is not None:
            said = (found.get("status") or {}).get("message") or holder(found)
            waiting[f"PersistentVolume {name}"] = f"its volume is not deleted yet: {said}"
    return waiting


def _ask(cluster: Cluster, step: Step, title: str, path: str, *, dry_run: bool) -> None:
    """Delete one object unless that was asked for already; note what holds it as long as it is there."""
    if dry_run:
        step.removed.append(title)
        return
    try:
        found = cluster.request("GET", path)
        if not found["metadata"].get("deletionTimestamp"):
            cluster.delete(path, propagationPolicy="Background")
            step.removed.append(title)
            found = cluster.request("GET", path)
    except ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return
    step.waiting[title] = holder(found, warnings(cluster, found))


def holder(found: dict[str, Any], said: str = "") -> str:
    """Return what holds an object that is being deleted: its finalizers and who takes them off, and what was said."""
    finalizers = found["metadata"].get("finalizers") or []
    if not finalizers:
        return f"it is about to go{f' ({said})' if said else ''}"
    named = [f"{each} ({WHO_TAKES[each]})" if each in WHO_TAKES else each for each in finalizers]
    return f"held by the finalizer {' and '.join(named)}{f': {said}' if said else ''}"


def warnings(cluster: Cluster, found: dict[str, Any]) -> str:
    """Return the newest warning that the cluster gives on an object; empty without one."""
    metadata = found["metadata"]
    query = {"fieldSelector": f"involvedObject.uid={metadata.get('uid', '')},type=Warning"}
    events = cluster.list("v1", "Event", metadata.get("namespace") or "default", query)
    newest = max(events, key=lambda each: each.get("lastTimestamp") or each.get("eventTime") or "", default=None)
    return "" if newest is None else f"{newest.get('reason', '')}: {newest.get('message', '')}".strip()
