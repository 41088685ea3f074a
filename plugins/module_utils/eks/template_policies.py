"""What the programs of a cluster may do in AWS.

The load balancer controller's permissions are those that it publishes for v3.5.0 (docs/install/iam_policy.json), less
what the controller is told not to do here (web application firewalls, Shield, Cognito); and where upstream asks for a
tag of any cluster, the tag of this one is asked for. The EBS driver's are those of
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

CHANGES = (
    "DeleteLoadBalancer DeleteTargetGroup ModifyCapacityReservation ModifyIpPools ModifyListenerAttributes "
    "ModifyLoadBalancerAttributes ModifyTargetGroup ModifyTargetGroupAttributes SetIpAddressType SetSecurityGroups "
    "SetSubnets"
)
"""What it does with load balancers and target groups of its own cluster."""

PARTS = (
    "AddListenerCertificates CreateListener CreateRule DeleteListener DeleteRule ModifyListener ModifyRule "
    "RemoveListenerCertificates SetRulePriorities"
)
"""What it does with listeners and rules, for which AWS knows no condition on the load balancer's tag."""


def controller_policy(cluster: str) -> dict[str, Any]:
    """Return the permissions of the AWS Load Balancer Controller of one cluster."""
    of_ours = {"StringEquals": {f"aws:ResourceTag/{CONTROLLER_TAG}": cluster}}
    to_be_ours = {"StringEquals": {f"aws:RequestTag/{CONTROLLER_TAG}": cluster}}
    kept_ours = {**of_ours, "Null": {f"aws:RequestTag/{CONTROLLER_TAG}": "true"}}
    balancers = [_arn("elasticloadbalancing", each) for each in ("targetgroup/*/*", "loadbalancer/net/*/*")]
    balancers.append(_arn("elasticloadbalancing", "loadbalancer/app/*/*"))
    listeners = [
        _arn("elasticloadbalancing", f"{kind}/*/*/*")
        for kind in ("listener/net", "listener/app", "listener-rule/net", "listener-rule/app")
    ]
    groups = _arn("ec2", "security-group/*")
    return _policy(
        _allow(
            ["iam:CreateServiceLinkedRole"],
            condition={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        *(_allow(_actions(service, names)) for service, names in READS.items()),
        # The nodes' own security group, which carries no tag of the controller, has to let the load balancer in.
        _allow(_actions("ec2", "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress CreateSecurityGroup")),
        _allow(
            ["ec2:CreateTags"],
            groups,
            {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", **to_be_ours["StringEquals"]}},
        ),
        _allow(["ec2:CreateTags", "ec2:DeleteTags"], groups, kept_ours),
        _allow(["ec2:DeleteSecurityGroup"], condition=of_ours),
        _allow(_actions("elasticloadbalancing", "CreateLoadBalancer CreateTargetGroup"), condition=to_be_ours),
        _allow(
            ["elasticloadbalancing:AddTags"],
            balancers,
            {
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"],
                    **to_be_ours["StringEquals"],
                }
            },
        ),
        _allow(_actions("elasticloadbalancing", "AddTags RemoveTags"), balancers, kept_ours),
        _allow(_actions("elasticloadbalancing", "AddTags RemoveTags"), listeners),
        _allow(_actions("elasticloadbalancing", CHANGES), condition=of_ours),
        _allow(_actions("elasticloadbalancing", PARTS)),
        _allow(_actions("elasticloadbalancing", "RegisterTargets DeregisterTargets"), balancers[:1]),
    )


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
