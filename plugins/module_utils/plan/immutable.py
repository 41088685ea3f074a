"""Fields that the API refuses to change on an object that is there: it would have to be deleted and recreated.

From source, Kubernetes v1.36.1: pkg/apis/{apps,batch,core,storage,networking,scheduling,discovery,node,rbac}/validation
and apiextensions-apiserver's validation of CustomResourceDefinitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

IMMUTABLE: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "ReplicaSet": ("spec.selector",),
    "StatefulSet": ("spec",),
    "Job": (
        "spec.selector",
        "spec.template",
        "spec.completions",
        "spec.completionMode",
        "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex",
        "spec.managedBy",
        "spec.successPolicy",
    ),
    "ControllerRevision": ("data",),
    "Service": ("spec.clusterIP", "spec.clusterIPs", "spec.loadBalancerClass", "spec.healthCheckNodePort"),
    "PersistentVolumeClaim": ("spec",),
    "PersistentVolume": ("spec.csi", "spec.hostPath", "spec.nfs", "spec.local", "spec.volumeMode"),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "CSIDriver": ("spec.attachRequired", "spec.volumeLifecycleModes"),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "Secret": ("type",),
    "IngressClass": ("spec.controller",),
    "PriorityClass": ("value", "preemptionPolicy"),
    "RuntimeClass": ("handler",),
    "EndpointSlice": ("addressType",),
    "CustomResourceDefinition": ("spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"),
}
"""By kind the paths that cannot change, each with everything below it."""

MUTABLE: dict[str, tuple[str, ...]] = {
    "StatefulSet": (
        "spec.replicas",
        "spec.ordinals",
        "spec.template",
        "spec.updateStrategy",
        "spec.revisionHistoryLimit",
        "spec.persistentVolumeClaimRetentionPolicy",
        "spec.minReadySeconds",
    ),
    "PersistentVolumeClaim": ("spec.resources.requests", "spec.volumeAttributesClassName"),
}
"""What may change anyway below one of the paths above."""

ONCE_SET = frozenset({"spec.clusterIP", "spec.clusterIPs", "spec.loadBalancerClass", "spec.healthCheckNodePort"})
"""Fields that may be given to an object that has none."""

WORDS = re.compile(
    r"immutable|may not change once set|cannot change roleRef|updates to .* are forbidden", re.IGNORECASE
)
"""What the API says when it refuses for this reason."""


def immutable_paths(kind: str, before: dict[str, Any], fields: Iterable[dict[str, Any]]) -> list[str]:
    """Return the paths of changed fields that the API refuses to change on an object of that kind."""
    barred = list(IMMUTABLE.get(kind, ()))
    if kind in {"Secret", "ConfigMap"} and before.get("immutable") is True:
        barred += ["data", "binaryData", "immutable"]
    return [
        each["path"]
        for each in fields
        if _below(each["path"], barred)
        and not _below(each["path"], MUTABLE.get(kind, ()))
        and not (each["path"].partition("[")[0] in ONCE_SET and "before" not in each)
    ]


def _below(path: str, tops: Iterable[str]) -> bool:
    return any(path == top or path.startswith((f"{top}.", f"{top}[")) for top in tops)


def says_immutable(message: str) -> bool:
    """Say whether the API refused a change because the field cannot change."""
    return bool(WORDS.search(message))
