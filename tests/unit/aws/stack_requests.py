"""What CloudFormation asks of AWS for a stack of ours, resource by resource, as requests that IAM decides on.

Which actions, the handlers of AWS's resource schemas say (cfn-lint brings them). On what, and what IAM is told of that,
the tables here say, after the Service Authorization Reference; a test compares them with it. CloudFormation asks with
the permissions of who runs it, or of the stack's role, and aws:CalledVia names it in both cases (CloudFormation user
guide, "FAS requests and permission evaluation").
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.unit.aws.judge import Request

REGION, ACCOUNT = "eu-central-1", "123456789012"
TAG = "landfall.eks/cluster"
VIA = {"aws:CalledVia": ("cloudformation.amazonaws.com",)}
HANDLERS = ("create", "read", "update", "delete")
UNUSED = {
    "ec2:AcceptAddressTransfer": "addresses of other accounts",
    "ec2:AssignPrivateNatGatewayAddress": "private NAT gateways",
    "ec2:AssociateAddress": "addresses of instances",
    "ec2:AssociateNatGatewayAddress": "more than one address of a NAT gateway",
    "ec2:AssociateSubnetCidrBlock": "IPv6",
    "ec2:AttachVpnGateway": "VPN gateways",
    "ec2:CreateVpcEncryptionControl": "encryption controls of VPCs",
    "ec2:DescribeKeyPairs": "SSH keys of nodes",
    "ec2:DescribeVpcEncryptionControls": "encryption controls of VPCs",
    "ec2:DescribeVpnGateways": "VPN gateways",
    "ec2:DetachVpnGateway": "VPN gateways",
    "ec2:DisassociateNatGatewayAddress": "more than one address of a NAT gateway",
    "ec2:DisassociateSubnetCidrBlock": "IPv6",
    "ec2:ModifyVpcTenancy": "hosts of one tenant",
    "ec2:UnassignPrivateNatGatewayAddress": "private NAT gateways",
    "eks:ActivateCertificateAuthority": "a change of the cluster's authority",
    "firehose:TagDeliveryStream": "flow logs to Firehose",
    "iam:AddRoleToInstanceProfile": "EKS Auto Mode",
    "iam:CreateInstanceProfile": "EKS Auto Mode",
    "iam:DeleteInstanceProfile": "EKS Auto Mode",
    "iam:DeleteRolePermissionsBoundary": "a boundary that is taken away",
    "iam:GetInstanceProfile": "EKS Auto Mode",
    "iam:RemoveRoleFromInstanceProfile": "EKS Auto Mode",
    "iam:TagInstanceProfile": "EKS Auto Mode",
    "iam:UpdateRoleDescription": "an old call for what iam:UpdateRole does",
    "kms:DisableKey": "keys that are disabled",
    "kms:DisableKeyRotation": "keys without rotation",
    "kms:EnableKey": "keys that were disabled",
    "logs:AssociateKmsKey": "log groups with a key of one's own",
    "logs:DeleteDataProtectionPolicy": "data protection of logs",
    "logs:DeleteIndexPolicy": "indexes of logs",
    "logs:DeleteResourcePolicy": "policies of log groups",
    "logs:DeleteRetentionPolicy": "log groups that are kept forever",
    "logs:DisassociateKmsKey": "log groups with a key of one's own",
    "logs:PutBearerTokenAuthentication": "logs that are written with tokens",
    "logs:PutDataProtectionPolicy": "data protection of logs",
    "logs:PutIndexPolicy": "indexes of logs",
    "logs:PutLogGroupDeletionProtection": "log groups that cannot be deleted",
    "logs:PutResourcePolicy": "policies of log groups",
    "s3:GetBucketPolicy": "flow logs to S3",
    "s3:PutBucketPolicy": "flow logs to S3",
    "s3:REST.PUT.OBJECT": "flow logs to S3",
    "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation": "endpoints of VPC Lattice",
    "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation": "endpoints of VPC Lattice",
    "vpce:AllowMultiRegion": "endpoints in other regions",
}
"""What the schemas of resource types name for what the stack does not use."""
KINDS = {
    "AWS::EC2::EIP": "elastic-ip",
    "AWS::EC2::FlowLog": "vpc-flow-log",
    "AWS::EC2::InternetGateway": "internet-gateway",
    "AWS::EC2::LaunchTemplate": "launch-template",
    "AWS::EC2::NatGateway": "natgateway",
    "AWS::EC2::RouteTable": "route-table",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::VPCEndpoint": "vpc-endpoint",
    "AWS::EKS::AccessEntry": "access-entry",
    "AWS::EKS::Addon": "addon",
    "AWS::EKS::Cluster": "cluster",
    "AWS::EKS::Nodegroup": "nodegroup",
    "AWS::EKS::PodIdentityAssociation": "podidentityassociation",
}
"""What the Service Authorization Reference calls the resource of a type."""

# Each kind with how IAM knows it: `new` by the tags of the request, `ours` by its own, `bare` by neither of ours.
# Subnets of an existing network are `given`, by a tag with which somebody lets nodes into them.
Concerned = tuple[tuple[str, str], ...]
ITSELF = "itself"
NODE: Concerned = (("instance", "new"), ("network-interface", "new"), ("volume", "new"))
CONCERNED: dict[str, Concerned] = {
    "ec2:AllocateAddress": (("elastic-ip", "new"),),
    "ec2:AssociateRouteTable": (("route-table", "ours"), ("subnet", "ours")),
    "ec2:AttachInternetGateway": (("internet-gateway", "ours"), ("vpc", "ours")),
    "ec2:CreateFlowLogs": (("vpc-flow-log", "new"), ("vpc", "ours")),
    "ec2:CreateInternetGateway": (("internet-gateway", "new"),),
    "ec2:CreateLaunchTemplate": (("launch-template", "new"),),
    "ec2:CreateLaunchTemplateVersion": (("launch-template", "ours"),),
    "ec2:CreateNatGateway": (("natgateway", "new"), ("subnet", "ours"), ("elastic-ip", "ours")),
    "ec2:CreateRoute": (("route-table", "ours"),),
    "ec2:CreateRouteTable": (("route-table", "new"), ("vpc", "ours")),
    "ec2:CreateSubnet": (("subnet", "new"), ("vpc", "ours")),
    "ec2:CreateVpc": (("vpc", "new"),),
    "ec2:CreateVpcEndpoint": (("vpc-endpoint", "new"), ("vpc", "ours"), ("route-table", "ours")),
    "ec2:DeleteFlowLogs": (("vpc-flow-log", "ours"),),
    "ec2:DeleteInternetGateway": (("internet-gateway", "ours"),),
    "ec2:DeleteLaunchTemplate": (("launch-template", "ours"),),
    "ec2:DeleteNatGateway": (("natgateway", "ours"),),
    "ec2:DeleteRoute": (("route-table", "ours"),),
    "ec2:DeleteRouteTable": (("route-table", "ours"),),
    "ec2:DeleteSubnet": (("subnet", "ours"),),
    "ec2:DeleteVpc": (("vpc", "ours"),),
    "ec2:DeleteVpcEndpoints": (("vpc-endpoint", "ours"),),
    "ec2:DetachInternetGateway": (("internet-gateway", "ours"), ("vpc", "ours")),
    "ec2:DisassociateAddress": (("elastic-ip", "ours"),),
    "ec2:DisassociateRouteTable": (("route-table", "ours"), ("subnet", "ours")),
    "ec2:ModifySubnetAttribute": (("subnet", "ours"),),
    "ec2:ModifyVpcAttribute": (("vpc", "ours"),),
    "ec2:ModifyVpcEndpoint": (("vpc-endpoint", "ours"), ("route-table", "ours")),
    "ec2:ReleaseAddress": (("elastic-ip", "ours"),),
    "ec2:ReplaceRoute": (("route-table", "ours"),),
    "ec2:ReplaceRouteTableAssociation": (("route-table", "ours"), ("subnet", "ours")),
    # The image is AWS's, and the security group is the one that EKS makes with the cluster.
    "ec2:RunInstances": (
        *NODE,
        ("image", "bare"),
        ("security-group", "bare"),
        ("subnet", "ours"),
        ("launch-template", "ours"),
    ),
    "eks:AssociateAccessPolicy": (("access-entry", "ours"),),
    "eks:CreateAccessEntry": (("cluster", "ours"),),
    # What an add-on's own field PodIdentityAssociations makes is not known to carry the add-on's tags.
    "eks:CreateAddon": (("cluster", "ours"), ("podidentityassociation", "bare")),
    "eks:CreateNodegroup": (("cluster", "ours"),),
    "eks:DeleteAccessEntry": (("access-entry", "ours"),),
    "eks:DeleteAddon": (("addon", "ours"), ("podidentityassociation", "bare")),
    "eks:DeleteCluster": (("cluster", "ours"),),
    "eks:DeleteNodegroup": (("nodegroup", "ours"),),
    "eks:DeletePodIdentityAssociation": (("podidentityassociation", "bare"),),
    "eks:DisassociateAccessPolicy": (("access-entry", "ours"),),
    "eks:TagResource": ((ITSELF, "new"),),
    "eks:UntagResource": ((ITSELF, "ours"),),
    "eks:UpdateAccessEntry": (("access-entry", "ours"),),
    "eks:UpdateAddon": (("addon", "ours"), ("podidentityassociation", "bare")),
    "eks:UpdateClusterConfig": (("cluster", "ours"),),
    "eks:UpdateClusterVersion": (("cluster", "ours"),),
    "eks:UpdateNodegroupConfig": (("nodegroup", "ours"),),
    "eks:UpdateNodegroupVersion": (("nodegroup", "ours"),),
    "eks:UpdatePodIdentityAssociation": (("podidentityassociation", "bare"),),
}
"""On which kinds of EC2 and EKS an action is; those that read are on any, and asked for on any."""
EVERYWHERE = {
    "eks:CreateCluster": "has no resource",
    "kms:CreateKey": "has no resource",
    "logs:CreateLogDelivery": "has no resource",
    "logs:DeleteLogDelivery": "has no resource",
}
PASSED_TO = {
    "AWS::EC2::FlowLog": ("vpc-flow-logs.amazonaws.com",),
    "AWS::EKS::Addon": ("pods.eks.amazonaws.com",),
    "AWS::EKS::Cluster": ("eks.amazonaws.com",),
    "AWS::EKS::Nodegroup": ("ec2.amazonaws.com", "eks.amazonaws.com"),
    "AWS::EKS::PodIdentityAssociation": ("pods.eks.amazonaws.com",),
}
LINKED = {
    "AWS::EC2::FlowLog": "delivery.logs.amazonaws.com",
    "AWS::EKS::Cluster": "eks.amazonaws.com",
    "AWS::EKS::Nodegroup": "eks-nodegroup.amazonaws.com",
}


@dataclass(frozen=True)
class Asked:
    """One request of a handler of one resource."""

    where: str
    request: Request


@functools.cache
def handlers(kind: str) -> dict[str, set[str]]:
    """Return the actions of a resource type's handlers, those that our stacks do not use left out."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    told = {name: set((schema.get("handlers") or {}).get(name, {}).get("permissions") or []) for name in HANDLERS}
    return {name: actions - UNUSED.keys() for name, actions in told.items()}


def of_stack(written: Mapping[str, Any], stack: str, names: tuple[str, ...] = HANDLERS) -> Iterator[Asked]:
    """Yield every request that CloudFormation makes for a template; `stack` is the stack's name."""
    for logical, each in written["Resources"].items():
        resource = Resource(stack, logical, each["Type"], each.get("Properties", {}))
        for name in names:
            for action in sorted(handlers(each["Type"])[name]):
                for request in resource.requests(action, name):
                    yield Asked(f"{logical} ({each['Type']}) {name}", request)


@dataclass(frozen=True)
class Resource:
    """A resource of a template, and what CloudFormation asks for it."""

    stack: str
    logical: str
    type: str
    given: Mapping[str, Any]

    @property
    def of_others(self) -> bool:
        """Whether it is made for a cluster that is not the stack's own, which so has no tag of ours."""
        return self.stack.endswith("-access")

    def requests(self, action: str, handler: str) -> Iterator[Request]:
        """Yield what a handler asks for by one action."""
        service, _, verb = action.partition(":")
        if verb.startswith(("Describe", "Get", "List")) or action in EVERYWHERE:
            yield Request(action, "*", VIA)
        elif action in {"ec2:CreateTags", "ec2:DeleteTags"}:
            yield from self._tags(action, handler)
        elif action == "eks:CreatePodIdentityAssociation":
            yield _on(action, "cluster", "bare" if self.of_others else "ours")
        elif service in {"ec2", "eks"}:
            for kind, how in CONCERNED[action]:
                given = kind == "subnet" and self._in_given_subnets()
                yield _on(action, KINDS[self.type] if kind == ITSELF else kind, "given" if given else how)
        else:
            yield from getattr(self, f"_{service}")(action)

    def _tags(self, action: str, handler: str) -> Iterator[Request]:
        if self.type == "AWS::EKS::Nodegroup":
            # Of the launch template, by which EKS tries whether a node could start.
            for kind, how in NODE if action == "ec2:CreateTags" else ():
                yield _on(action, kind, how)
            return
        kind = KINDS[self.type]
        yield _on(action, kind, "new" if (action, handler) == ("ec2:CreateTags", "create") else "ours")

    def _iam(self, action: str) -> Iterator[Request]:
        role = role_arn(f"{self.stack}-{self.logical}-1ABCDEF2GHIJK")
        boundary = {"iam:PermissionsBoundary": (self.given["PermissionsBoundary"],)} if self._bound() else {}
        if action == "iam:PassRole":
            for service in PASSED_TO[self.type]:
                yield Request(action, role, VIA | {"iam:PassedToService": (service,)})
        elif action == "iam:CreateServiceLinkedRole":
            service = LINKED[self.type]
            arn = role_arn(f"aws-service-role/{service}/AWSServiceRoleFor")
            yield Request(action, arn, VIA | {"iam:AWSServiceName": (service,)})
        elif action in {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}:
            for policy in self.given.get("ManagedPolicyArns", []):
                arn = policy["Fn::Sub"].replace("${AWS::Partition}", "aws")
                yield Request(action, role, VIA | boundary | {"iam:PolicyARN": (arn,)})
        elif action in {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}:
            if boundary or action != "iam:PutRolePermissionsBoundary":
                yield Request(action, role, VIA | boundary)
        else:
            yield Request(action, role, VIA)

    def _bound(self) -> bool:
        return "PermissionsBoundary" in self.given

    def _in_given_subnets(self) -> bool:
        return any(isinstance(each, str) for each in self.given.get("Subnets", []))

    def _kms(self, action: str) -> Iterator[Request]:
        # Its tags decide nothing yet when it is new: AWS takes up to five minutes for that (KMS developer guide).
        yield Request(action, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd", VIA)

    def _logs(self, action: str) -> Iterator[Request]:
        yield Request(action, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.given['LogGroupName']}", VIA)


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _on(action: str, kind: str, how: str) -> Request:
    known = {
        "new": {f"aws:RequestTag/{TAG}": ("production",)},
        "ours": {f"aws:ResourceTag/{TAG}": ("production",)},
        "given": {"aws:ResourceTag/landfall.eks/nodes": ("",)},
    }
    return Request(action, arn_of(action.partition(":")[0], kind), VIA | known.get(how, {}))


def arn_of(service: str, kind: str) -> str:
    """Return the ARN of one resource of a kind."""
    if service == "eks":
        return f"arn:aws:eks:{REGION}:{ACCOUNT}:{kind}/production" + ("" if kind == "cluster" else "/1")
    return f"arn:aws:ec2:{REGION}:{'' if kind == 'image' else ACCOUNT}:{kind}/1"


def kinds_of(action: str) -> set[str]:
    """Return the kinds of resources that the tables name for an action of EC2 or EKS."""
    return set(itertools.chain(kind for kind, _ in CONCERNED.get(action, ()))) - {ITSELF}
