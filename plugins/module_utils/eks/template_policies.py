"""What the programs of a cluster may do in AWS.

The load balancer controller's permissions are those that it publishes for v3.5.0 (docs/install/iam_policy.json), less
what the controller is told not to do here (web application firewalls, Shield, Cognito); where upstream asks for a tag
of any cluster, the tag of this one is asked for, and in a whole cluster, its VPC. The EBS driver's are those of
AmazonEBSCSIDriverPolicyV2 (its docs/example-iam-policy.json at v1.64.0) without the tags of old versions.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import Sub

CONTROLLER_TAG = "elbv2.k8s.aws/cluster"
VOLUME_TAG = "ebs.csi.aws.com/cluster"

READS = {
    "ec2": (
        "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeCoipPools DescribeInstances "
        "DescribeInternetGateways DescribeIpamPools DescribeNetworkInterfaces DescribeRouteTables "
        "DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVpcPeeringConnections DescribeVpcs "
        "GetCoipPoolUsage GetSecurityGroupsForVpc"
    ),
    "elasticloadbalancing": (
        "DescribeCapacityReservation DescribeListenerAttributes DescribeListenerCertificates DescribeListeners "
        "DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeSSLPolicies DescribeTags "
        "DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth DescribeTrustStores"
    ),
    "acm": "DescribeCertificate ListCertificates",
    "iam": "GetServerCertificate ListServerCertificates",
}
"""What the load balancer controller looks at, by service."""

CREATES = "CreateListener CreateLoadBalancer CreateRule CreateTargetGroup"
"""What it creates with the tag of its own cluster."""

CHANGES = (
    "AddListenerCertificates DeleteListener DeleteLoadBalancer DeleteRule DeleteTargetGroup ModifyCapacityReservation "
    "ModifyIpPools ModifyListener ModifyListenerAttributes ModifyLoadBalancerAttributes ModifyRule ModifyTargetGroup "
    "ModifyTargetGroupAttributes RemoveListenerCertificates SetIpAddressType SetSecurityGroups SetSubnets"
)
"""What it does with what carries that tag; since its version 2.2 listeners and rules do too (ListenerRulesTagging).

Upstream asks for no tag of listeners and rules. AWS itself does, in AmazonEKSLoadBalancingPolicy, for the same
controller in EKS Auto Mode.
"""


def controller_policy(cluster: str, vpc: Sub | None = None) -> dict[str, Any]:
    """Return the permissions of the AWS Load Balancer Controller of one cluster.

    With the ARN of the cluster's VPC they reach no security group in another one.
    """
    of_ours = {"StringEquals": {f"aws:ResourceTag/{CONTROLLER_TAG}": cluster}}
    to_be_ours = {"StringEquals": {f"aws:RequestTag/{CONTROLLER_TAG}": cluster}}
    kept_ours = {**of_ours, "Null": {f"aws:RequestTag/{CONTROLLER_TAG}": "true"}}
    groups = _arn("ec2", "security-group/*")
    return _policy(
        _allow(
            ["iam:CreateServiceLinkedRole"],
            condition={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        *(_allow(_actions(service, names)) for service, names in READS.items()),
        *_security_groups(groups, to_be_ours, vpc),
        _allow(
            ["ec2:CreateTags"],
            groups,
            {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", **to_be_ours["StringEquals"]}},
        ),
        _allow(["ec2:CreateTags", "ec2:DeleteTags"], groups, kept_ours),
        _allow(["ec2:DeleteSecurityGroup"], condition=of_ours),
        _allow(_actions("elasticloadbalancing", CREATES), condition=to_be_ours),
        _allow(
            ["elasticloadbalancing:AddTags"],
            condition={
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": CREATES.split(),
                    **to_be_ours["StringEquals"],
                }
            },
        ),
        _allow(_actions("elasticloadbalancing", "AddTags RemoveTags"), condition=kept_ours),
        _allow(_actions("elasticloadbalancing", CHANGES), condition=of_ours),
        # An order of rules names several of them; upstream and AWS ask for no tag here.
        _allow(["elasticloadbalancing:SetRulePriorities"]),
        _allow(
            _actions("elasticloadbalancing", "RegisterTargets DeregisterTargets"),
            _arn("elasticloadbalancing", "targetgroup/*/*"),
        ),
    )


def _security_groups(groups: Sub, to_be_ours: dict[str, Any], vpc: Sub | None) -> list[dict[str, Any]]:
    """Return what the controller may do with security groups, also with those that it did not make.

    The nodes' own, which carries no tag of the controller, has to let the load balancer in.
    """
    rules = _actions("ec2", "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress")
    if vpc is None:
        return [_allow([*rules, "ec2:CreateSecurityGroup"])]
    return [
        _allow(rules, groups, {"ArnEquals": {"ec2:Vpc": vpc}}),
        _allow(["ec2:CreateSecurityGroup"], groups, to_be_ours),
        _allow(["ec2:CreateSecurityGroup"], vpc),
    ]


def volumes_policy() -> dict[str, Any]:
    """Return the permissions of the EBS driver: volumes and snapshots that it made, and attaching them."""
    volume, snapshot, instance = (_arn("ec2", f"{kind}/*") for kind in ("volume", "snapshot", "instance"))
    made_by_driver = {"StringEquals": {f"ec2:ResourceTag/{VOLUME_TAG}": "true"}}
    to_be_made = {"StringEquals": {f"aws:RequestTag/{VOLUME_TAG}": "true"}}
    reads = (
        "DescribeAvailabilityZones DescribeInstances DescribeInstanceTypes DescribeSnapshots DescribeTags "
        "DescribeVolumes DescribeVolumesModifications DescribeVolumeStatus"
    )
    return _policy(
        _allow(_actions("ec2", reads)),
        _allow(["ec2:CreateSnapshot", "ec2:ModifyVolume"], volume, made_by_driver),
        _allow(["ec2:AttachVolume", "ec2:DetachVolume"], volume, made_by_driver),
        _allow(["ec2:AttachVolume", "ec2:DetachVolume"], instance),
        _allow(["ec2:CreateVolume"], snapshot),
        _allow(["ec2:CreateVolume"], volume, to_be_made),
        _allow(["ec2:CreateSnapshot"], snapshot, to_be_made),
        _allow(
            ["ec2:CreateTags"],
            [volume, snapshot],
            {"StringEquals": {"ec2:CreateAction": ["CreateVolume", "CreateSnapshot"]}},
        ),
        _allow(["ec2:DeleteTags"], [volume, snapshot], made_by_driver),
        _allow(["ec2:DeleteVolume"], volume, made_by_driver),
        _allow(["ec2:DeleteSnapshot"], snapshot, made_by_driver),
    )


def sessions_policy() -> dict[str, Any]:
    """Return what a node needs for shells by Session Manager, and nothing else of Systems Manager.

    After its user guide, getting-started-add-permissions-to-existing-profile. AmazonSSMManagedInstanceCore, which is
    usually attached, also lets a node read every parameter of the account, where secrets are.
    """
    channels = "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel"
    return _policy(_allow(["ssm:UpdateInstanceInformation", *_actions("ssmmessages", channels)]))


def _arn(service: str, resource: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:{service}:*:*:{resource}")


def _actions(service: str, names: str) -> list[str]:
    return [f"{service}:{name}" for name in names.split()]


def _allow(
    actions: list[str], resource: Sub | list[Sub] | str = "*", condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
