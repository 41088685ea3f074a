"""What EKS itself installs and updates: its add-ons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks.template_nodes import BEFORE_NODES
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import Shape, logical
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import tagged
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import AWSObject, GetAtt, Ref, eks

CONFIGURATION: dict[str, dict[str, Any]] = {
    # Without it a NetworkPolicy is taken and does nothing. The add-on wants the word, not the boolean.
    "vpc-cni": {"enableNetworkPolicy": "true"},
}
ACCOUNTS = {"vpc-cni": ("aws-node", "NetworkRole"), "aws-ebs-csi-driver": ("ebs-csi-controller-sa", "VolumesRole")}
"""Service account, in kube-system, and role of the add-ons that call AWS."""


def addons(shape: Shape) -> Iterator[AWSObject]:
    """Yield the add-ons: those that a node needs to become ready first, the others after the groups."""
    groups = [logical("Nodes", group.name) for group in shape.node_groups]
    for name in shape.addons:
        yield _addon(shape, name, [] if name in BEFORE_NODES else groups)


def _addon(shape: Shape, name: str, after: list[str]) -> AWSObject:
    further: dict[str, Any] = {}
    if name in CONFIGURATION:
        further["ConfigurationValues"] = json.dumps(CONFIGURATION[name], sort_keys=True)
    if name in ACCOUNTS:
        account, role = ACCOUNTS[name]
        further["PodIdentityAssociations"] = [
            eks.PodIdentityAssociationProperty(ServiceAccount=account, RoleArn=GetAtt(role, "Arn"))
        ]
        # The association is answered by the agent on the node.
        after = [*after, *([logical("Addon", "eks-pod-identity-agent")] if name not in BEFORE_NODES else [])]
    if shape.addon_versions.get(name):
        further["AddonVersion"] = shape.addon_versions[name]
    if after:
        further["DependsOn"] = after
    return eks.Addon(
        logical("Addon", name),
        AddonName=name,
        ClusterName=Ref("Cluster"),
        # What somebody set on it by hand stays when it is updated.
        ResolveConflicts="PRESERVE",
        Tags=tagged(shape.name, name),
        **further,
    )
