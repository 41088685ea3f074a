"""The nodes: managed node groups, each with a launch template of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks import template_auto_mode as auto_mode
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_cluster import managed, trust
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_policies import sessions_policy
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    TAG,
    NodeGroup,
    Shape,
    instance_types,
    logical,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import private_subnets, tagged, ways_out
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import (
    AWSObject,
    GetAtt,
    Ref,
    Sub,
    ec2,
    eks,
    iam,
)

IMAGES = {
    ("al2023", "amd64"): "AL2023_x86_64_STANDARD",
    ("al2023", "arm64"): "AL2023_ARM_64_STANDARD",
    ("bottlerocket", "amd64"): "BOTTLEROCKET_x86_64",
    ("bottlerocket", "arm64"): "BOTTLEROCKET_ARM_64",
}
EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}
"""A taint's effect as Kubernetes writes it, and as EKS does."""
BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""Add-ons without which no node becomes ready, or whose permissions the first pod on it needs."""
POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")


def nodes(shape: Shape) -> Iterator[AWSObject]:
    """Yield the nodes' role, and each group with its launch template; EKS Auto Mode makes its nodes itself."""
    further: dict[str, Any] = {}
    if shape.session_manager:
        further["Policies"] = [iam.Policy(PolicyName="session-manager", PolicyDocument=sessions_policy())]
    yield iam.Role(
        "NodeRole",
        # EC2 is called otherwise in China (ServicePrincipalPartitionMap in eksctl's stacks); EKS is not.
        AssumeRolePolicyDocument=trust(Sub("ec2.${AWS::URLSuffix}")),
        # Pulling and joining. Pod networking, volumes and load balancers have roles of their own, by pod identity.
        ManagedPolicyArns=[managed(each) for each in (auto_mode.NODE_POLICIES if shape.auto_mode else POLICIES)],
        Tags=tagged(shape.name, "nodes"),
        **further,
    )
    for group in shape.node_groups:
        yield _launch_template(shape, group)
        yield _group(shape, group)


def _launch_template(shape: Shape, group: NodeGroup) -> AWSObject:
    tags = tagged(shape.name, group.name)
    return ec2.LaunchTemplate(
        logical("Launch", group.name),
        LaunchTemplateData=ec2.LaunchTemplateData(
            MetadataOptions=ec2.MetadataOptions(
                HttpEndpoint="enabled",
                HttpTokens="required",
                # One hop is the node itself: a pod behind its own network interface cannot take on the node's role.
                HttpPutResponseHopLimit=shape.hop_limit,
            ),
            BlockDeviceMappings=_disks(group),
            TagSpecifications=[
                ec2.TagSpecifications(ResourceType=kind, Tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
        ),
        TagSpecifications=[ec2.TagSpecifications(ResourceType="launch-template", Tags=tags)],
    )


def _disks(group: NodeGroup) -> list[ec2.LaunchTemplateBlockDeviceMapping]:
    """Return the node's disks. Bottlerocket keeps its system, 4 GiB, apart from what containers write."""
    if group.os == "bottlerocket":
        return [_disk("/dev/xvda", 4), _disk("/dev/xvdb", group.disk)]
    return [_disk("/dev/xvda", group.disk)]


def _disk(device: str, size: int) -> ec2.LaunchTemplateBlockDeviceMapping:
    return ec2.LaunchTemplateBlockDeviceMapping(
        DeviceName=device,
        Ebs=ec2.EBSBlockDevice(VolumeType="gp3", VolumeSize=size, Encrypted=True, DeleteOnTermination=True),
    )


def _group(shape: Shape, group: NodeGroup) -> AWSObject:
    launch = logical("Launch", group.name)
    # It has no name of its own: what AWS can only change by replacing the group then does not meet the old one's name.
    return eks.Nodegroup(
        logical("Nodes", group.name),
        ClusterName=Ref("Cluster"),
        Version=shape.version,
        NodeRole=GetAtt("NodeRole", "Arn"),
        AmiType=IMAGES[(group.os, group.architecture)],
        CapacityType=group.capacity.upper(),
        InstanceTypes=instance_types(group),
        Subnets=private_subnets(shape),
        ScalingConfig=eks.ScalingConfig(MinSize=group.minimum, MaxSize=group.maximum, DesiredSize=group.desired),
        UpdateConfig=eks.UpdateConfig(MaxUnavailable=1),
        NodeRepairConfig=eks.NodeRepairConfig(Enabled=True),
        LaunchTemplate=eks.LaunchTemplateSpecification(Id=Ref(launch), Version=GetAtt(launch, "LatestVersionNumber")),
        Labels={"landfall.eks/node-group": group.name, **group.labels},
        Taints=[_taint(each) for each in group.taints],
        DependsOn=[*(logical("Addon", each) for each in BEFORE_NODES), *ways_out(shape)],
        Tags={TAG: shape.name, "Name": f"{shape.name}-{group.name}"},
    )


def _taint(given: Mapping[str, str]) -> eks.Taint:
    return eks.Taint(Key=given["key"], Value=given.get("value") or "", Effect=EFFECTS[given["effect"]])
