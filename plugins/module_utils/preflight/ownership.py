"""What on a cluster is Landfall's own: Helm's records, namespaces and definitions that carry its marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OURS = "landfall.eks/made-by"
"""Label of namespaces, and annotation of the APIService, that Landfall made."""
IDENTITY = "landfall.eks/identity"
"""Label of Helm's Secrets, set once one of our releases was ready; Helm hands it on to later revisions."""
DEFINITIONS_OF = "landfall.eks/crds-of"
HELM_NAME, HELM_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"

MANAGED_BY = "app.kubernetes.io/managed-by"
EKS = "eks"
"""How what EKS makes is marked: EKS add-ons are applied by a field manager of this name, or one that begins like it
(https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html), and most of their objects are
labelled app.kubernetes.io/managed-by: EKS; the NodePools of EKS Auto Mode carry the same label in small letters."""

ADDON = "an EKS add-on"
"""What makes such objects, in a sentence."""

Object = Mapping[str, Any]


@dataclass
class Records:
    """What marks things as ours: releases by (namespace, name) with whether they carry our mark, and namespaces."""

    releases: dict[tuple[str, str], bool]
    namespaces: set[str]
    definitions_of: set[str]

    def ours(self, namespace: str, release: str) -> bool:
        """Say whether a live release is ours, even if its run was killed before it noted that.

        kube-system is nobody's own: there only what the release's run made before Helm started can tell.
        """
        key = (namespace, release)
        return key in self.releases and (
            self.releases[key] or namespace in self.namespaces or release in self.definitions_of
        )


def read_records(secrets: Sequence[Object], namespaces: Sequence[Object], definitions: Sequence[Object]) -> Records:
    """Return what the metadata of Helm's Secrets, of all namespaces, and of marked definitions says of releases."""
    releases: dict[tuple[str, str], bool] = {}
    for secret in secrets:
        labels = secret["metadata"].get("labels") or {}
        key = (secret["metadata"]["namespace"], labels.get("name", ""))
        releases[key] = releases.get(key, False) or IDENTITY in labels
    ours = [each["metadata"] for each in namespaces if (each["metadata"].get("labels") or {}).get(OURS) == "landfall"]
    return Records(
        releases,
        {each["name"] for each in ours},
        {each["metadata"]["labels"][DEFINITIONS_OF] for each in definitions},
    )


def is_ours(seen: Object, namespace: str, release: str, records: Records) -> bool:
    """Say whether an object is of our release in a namespace."""
    annotations = seen["metadata"].get("annotations") or {}
    made_by = (annotations.get(HELM_NAMESPACE), annotations.get(HELM_NAME))
    if made_by != (namespace, release):
        return False
    return annotations.get(OURS) == "landfall" or records.ours(namespace, release)


def helm_owner(seen: Object) -> tuple[str, str]:
    """Return namespace and name of the Helm release that an object says it belongs to; empty texts if it says none."""
    annotations = seen["metadata"].get("annotations") or {}
    return annotations.get(HELM_NAMESPACE, ""), annotations.get(HELM_NAME, "")


def by_eks(seen: Object) -> bool:
    """Say whether EKS made an object, or has taken it over."""
    metadata = seen["metadata"]
    managers = {str(each.get("manager")) for each in metadata.get("managedFields") or []}
    label = str((metadata.get("labels") or {}).get(MANAGED_BY, ""))
    return label.lower() == EKS or any(each == EKS or each.startswith(f"{EKS}-") for each in managers)


def words(seen: Object) -> str:
    """Return where an object is and who made it, the end of a sentence."""
    metadata = seen["metadata"]
    return placed(metadata.get("namespace") or "", metadata["name"], maker(seen))


def placed(namespace: str, name: str, made_by: str) -> str:
    """Return where something is and who made it, the end of a sentence."""
    return f"{namespace}/{name}, of {made_by}" if namespace else f"{name}, of {made_by}"


def maker(seen: Object) -> str:
    """Return who made an object, the end of a sentence."""
    if by_eks(seen):
        return ADDON
    namespace, name = helm_owner(seen)
    return f"the Helm release {namespace}/{name}" if name else "somebody without Helm"
