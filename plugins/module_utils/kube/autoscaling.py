"""Whether a cluster makes nodes for pods that find none."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Protocol

AUTO_MODE = ("eks.amazonaws.com/v1", "NodeClass")
"""Kind of EKS Auto Mode. Not its API group: the add-on eks-node-monitoring-agent has NodeDiagnostic in the same one."""
KINDS = (("karpenter.sh/v1", "NodePool"), AUTO_MODE)
"""Karpenter's, and that of EKS Auto Mode."""
CONFIG_MAPS = "/api/v1/configmaps"
STATUS = {"fieldSelector": "metadata.name=cluster-autoscaler-status"}
"""The ConfigMap in which the Cluster Autoscaler says how it is, whatever its namespace."""


class Reader(Protocol):
    """The part of client.Cluster that is used here."""

    def request(self, method: str, path: str, *, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Call one path of the API."""

    def resource_path(self, api_version: str, kind: str, namespace: str | None) -> str | None:
        """Return the path of a kind; None where it is unknown."""


def makes_nodes(cluster: Reader) -> bool:
    """Say whether Karpenter, EKS Auto Mode or the Cluster Autoscaler is there, so far as the user may see it."""
    if any(cluster.resource_path(*kind, None) for kind in KINDS):
        return True
    try:
        return bool(cluster.request("GET", CONFIG_MAPS, query=dict(STATUS)).get("items"))
    except Exception as error:
        if getattr(error, "status", None) == HTTPStatus.FORBIDDEN:
            return False
        raise
