"""EKS Auto Mode: nodes, pod networking, volumes and load balancers by EKS itself.

All after the EKS user guide, automode-get-started-cli: what the cluster says, and the policies of its two roles.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import GetAtt, eks

CLUSTER_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
CLUSTER_TRUST = ("sts:AssumeRole", "sts:TagSession")
"""EKS names the cluster in a tag of its session, by which those policies are limited to what is the cluster's."""
NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
NODE_POOLS = ("general-purpose", "system")
"""Those built in: amd64 on demand for everything, and one for what tolerates CriticalAddonsOnly."""


def capabilities() -> dict[str, Any]:
    """Return the properties of the cluster; EKS takes all three or none."""
    return {
        "ComputeConfig": eks.ComputeConfig(
            Enabled=True, NodePools=list(NODE_POOLS), NodeRoleArn=GetAtt("NodeRole", "Arn")
        ),
        "KubernetesNetworkConfig": eks.KubernetesNetworkConfig(
            ElasticLoadBalancing=eks.ElasticLoadBalancing(Enabled=True)
        ),
        "StorageConfig": eks.StorageConfig(BlockStorage=eks.BlockStorage(Enabled=True)),
    }
