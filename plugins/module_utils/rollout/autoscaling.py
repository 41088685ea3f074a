"""Whether a cluster makes nodes for pods that find none."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

KINDS = (("karpenter.sh/v1", "NodePool"), ("eks.amazonaws.com/v1", "NodeClass"))
"""Karpenter's, and that of EKS Auto Mode; other parts of EKS have kinds in the second group too."""
STATUS = {"fieldSelector": "metadata.name=cluster-autoscaler-status"}
"""The ConfigMap in which the Cluster Autoscaler says how it is, whatever its namespace."""


def makes_nodes(cluster: Cluster) -> bool:
    """Say whether Karpenter, EKS Auto Mode or the Cluster Autoscaler is there, so far as the user may see it."""
    if any(kind in cluster.kinds(api_version) for api_version, kind in KINDS):
        return True
    try:
        return bool(cluster.list("v1", "ConfigMap", None, STATUS))
    except ApiException:
        return False
