"""Whether a cluster makes nodes for pods that find none."""

from __future__ import annotations

from http import HTTPStatus

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

AUTO_MODE = ("eks.amazonaws.com/v1", "NodeClass")
"""Kind of EKS Auto Mode. Not its API group: the add-on eks-node-monitoring-agent has NodeDiagnostic in the same one."""
KINDS = (("karpenter.sh/v1", "NodePool"), AUTO_MODE)
"""Karpenter's, and that of EKS Auto Mode."""
CONFIG_MAPS = "/api/v1/configmaps"
STATUS = {"fieldSelector": "metadata.name=cluster-autoscaler-status"}
"""The ConfigMap in which the Cluster Autoscaler says how it is, whatever its namespace."""


def makes_nodes(cluster: Cluster) -> bool:
    """Say whether Karpenter, EKS Auto Mode or the Cluster Autoscaler is there, so far as the user may see it."""
    if any(cluster.resource_path(*kind, None) for kind in KINDS):
        return True
    try:
        return bool(cluster.request("GET", CONFIG_MAPS, query=dict(STATUS)).get("items"))
    except Exception as error:
        if getattr(error, "status", None) == HTTPStatus.FORBIDDEN:
            return False
        raise
