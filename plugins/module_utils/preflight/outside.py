"""Whether what a release would do is done for this cluster by a program that runs outside of it.

EKS runs Argo CD so, as one of its EKS Capabilities: its kinds and Applications are in the cluster, and no workload is
(https://docs.aws.amazon.com/eks/latest/userguide/argocd-comparison.html). All its Applications are in one namespace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.readiness import value_at
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import (
    DEFINITIONS_OF,
    Object,
    Records,
    by_eks,
)
from ansible_collections.landfall.eks.plugins.module_utils.preflight.signs import items, one

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FEW = {"limit": "50"}
ALIVE_SECONDS = 900
"""A program that works on its objects says so more often: EKS's Argo CD looks at each Application every 6 minutes
(https://docs.aws.amazon.com/eks/latest/userguide/argocd-considerations.html)."""


@dataclass(frozen=True)
class Outside:
    """What runs outside: `words` for people, the one `namespace` of its objects (empty without any), and `by_eks`."""

    words: str
    namespace: str
    by_eks: bool


def find(cluster: Cluster, mark: Mapping[str, str], namespace: str, release: str, records: Records) -> Outside | None:
    """Return what does the work of a release from outside; None if nothing does, so far as the cluster shows.

    `mark` is {api_version, kind, definition, alive, eks}: the kind that it works on, the name of its definition, the
    field with the time at which it last did, and what it is called where EKS runs it. Definitions alone are what an
    uninstallation leaves; a release of our own in `namespace` comes back by itself, and so do definitions of our own
    that nobody has taken over.
    """
    path = cluster.resource_path(mark["api_version"], mark["kind"], None)
    if path is None or records.ours(namespace, release):
        return None
    definition = {"metadata": {}, **one(cluster, f"{DEFINITIONS}/{mark['definition']}")}
    eks = by_eks(definition)
    if not eks and DEFINITIONS_OF in (definition["metadata"].get("labels") or {}):
        return None
    objects = items(cluster, path, FEW)
    living = [each for each in objects if _alive(each, mark["alive"], datetime.now(UTC))]
    if not eks and not living:
        return None
    where = _namespace(living or objects)
    words = mark["eks"] if eks else "run from outside of this cluster"
    return Outside(f"{words}, with its {mark['kind']}s in {where}" if where else words, where, eks)


def _alive(found: Object, field: str, now: datetime) -> bool:
    try:
        last = datetime.fromisoformat(str(value_at(dict(found), field)))
    except ValueError:
        return False
    return abs((now - last).total_seconds()) < ALIVE_SECONDS


def _namespace(objects: Sequence[Mapping[str, Any]]) -> str:
    return str(next((each["metadata"].get("namespace") for each in objects), None) or "")
