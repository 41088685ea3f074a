"""The network of a cluster: a VPC over two or three zones, with the tags by which load balancers find their subnets."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    TAG,
    Shape,
    subnet_cidrs,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import (
    AWSObject,
    GetAtt,
    Ref,
    Sub,
    Tags,
    ec2,
    iam,
    logs,
)


def tagged(name: str, what: str = "", **further: str) -> Tags:
    """Return the tags of a resource: ours, and the name that the console shows."""
    return Tags({TAG: name, "Name": f"{name}-{what}" if what else name, **further})


def vpc(shape: Shape) -> Ref | str:
    """Return the id of the VPC, the stack's or the one that is there."""
    return shape.vpc_id or Ref("Vpc")


def private_subnets(shape: Shape) -> list[Ref] | list[str]:
    """Return the ids of the subnets of control plane and nodes, the stack's or those that are there."""
    return list(shape.subnet_ids) or [Ref(f"PrivateSubnet{index + 1}") for index in range(shape.zones)]


def ways_out(shape: Shape) -> list[str]:
    """Return the logical ids of what a node needs to reach the cluster and AWS, as long as it lives."""
    if shape.subnet_ids:
        return []
    numbers = range(1, shape.zones + 1)
    return [*(f"PrivateWayOut{each}" for each in numbers), *(f"PrivateSubnet{each}Routes" for each in numbers)]


def network(shape: Shape) -> Iterator[AWSObject]:
    """Yield everything of the VPC; nothing where it is there already."""
    if shape.subnet_ids:
        return
    name = shape.name
    yield ec2.VPC("Vpc", CidrBlock=shape.cidr, EnableDnsHostnames=True, EnableDnsSupport=True, Tags=tagged(name, "vpc"))
    yield ec2.InternetGateway("InternetGateway", Tags=tagged(name, "internet"))
    yield ec2.VPCGatewayAttachment("GatewayAttachment", VpcId=Ref("Vpc"), InternetGatewayId=Ref("InternetGateway"))
    yield ec2.RouteTable("PublicRoutes", VpcId=Ref("Vpc"), Tags=tagged(name, "public"))
    yield ec2.Route(
        "PublicWayOut",
        RouteTableId=Ref("PublicRoutes"),
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=Ref("InternetGateway"),
        DependsOn="GatewayAttachment",
    )
    public, private = subnet_cidrs(shape.cidr, shape.zones)
    for index in range(shape.zones):
        yield from _public(shape, index, public[index])
        yield from _private(shape, index, private[index])
    yield _storage_endpoint(shape)
    if shape.flow_logs != "none":
        yield from _flow_logs(shape)


def _gateway_index(shape: Shape, index: int) -> int:
    return index if shape.nat_gateways == "each_zone" else 0


def _public(shape: Shape, index: int, cidr: str) -> Iterator[AWSObject]:
    """Yield a subnet for load balancers and the NAT gateway; nothing in it gets a public address unasked."""
    number = index + 1
    yield ec2.Subnet(
        f"PublicSubnet{number}",
        VpcId=Ref("Vpc"),
        CidrBlock=cidr,
        AvailabilityZone=shape.zone_names[index],
        MapPublicIpOnLaunch=False,
        Tags=tagged(shape.name, f"public-{number}", **{"kubernetes.io/role/elb": "1"}),
    )
    yield ec2.SubnetRouteTableAssociation(
        f"PublicSubnet{number}Routes", SubnetId=Ref(f"PublicSubnet{number}"), RouteTableId=Ref("PublicRoutes")
    )
    if _gateway_index(shape, index) == index:
        yield ec2.EIP(
            f"NatAddress{number}",
            Domain="vpc",
            DependsOn="GatewayAttachment",
            Tags=tagged(shape.name, f"nat-{number}"),
        )
        yield ec2.NatGateway(
            f"NatGateway{number}",
            AllocationId=GetAtt(f"NatAddress{number}", "AllocationId"),
            SubnetId=Ref(f"PublicSubnet{number}"),
            # On deletion the nodes' way out goes last: a node that drains still has to reach the cluster and AWS.
            DependsOn="PublicWayOut",
            Tags=tagged(shape.name, f"nat-{number}"),
        )


def _private(shape: Shape, index: int, cidr: str) -> Iterator[AWSObject]:
    number, gateway = index + 1, _gateway_index(shape, index) + 1
    yield ec2.Subnet(
        f"PrivateSubnet{number}",
        VpcId=Ref("Vpc"),
        CidrBlock=cidr,
        AvailabilityZone=shape.zone_names[index],
        MapPublicIpOnLaunch=False,
        Tags=tagged(shape.name, f"private-{number}", **{"kubernetes.io/role/internal-elb": "1"}),
    )
    yield ec2.RouteTable(f"PrivateRoutes{number}", VpcId=Ref("Vpc"), Tags=tagged(shape.name, f"private-{number}"))
    yield ec2.Route(
        f"PrivateWayOut{number}",
        RouteTableId=Ref(f"PrivateRoutes{number}"),
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=Ref(f"NatGateway{gateway}"),
    )
    yield ec2.SubnetRouteTableAssociation(
        f"PrivateSubnet{number}Routes",
        SubnetId=Ref(f"PrivateSubnet{number}"),
        RouteTableId=Ref(f"PrivateRoutes{number}"),
    )


def _storage_endpoint(shape: Shape) -> AWSObject:
    """Return the way to S3 that costs nothing: layers of ECR's images come from there, and need no NAT gateway so."""
    return ec2.VPCEndpoint(
        "StorageEndpoint",
        VpcId=Ref("Vpc"),
        VpcEndpointType="Gateway",
        ServiceName=Sub("com.amazonaws.${AWS::Region}.s3"),
        RouteTableIds=[Ref(f"PrivateRoutes{index + 1}") for index in range(shape.zones)],
        Tags=tagged(shape.name, "s3"),
    )


def _flow_logs(shape: Shape) -> Iterator[AWSObject]:
    yield logs.LogGroup(
        "FlowLogGroup",
        LogGroupName=f"/landfall/{shape.name}/flows",
        RetentionInDays=shape.log_retention_days,
        Tags=tagged(shape.name, "flows"),
    )
    yield iam.Role(
        "FlowLogRole",
        AssumeRolePolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    # Only this account's flow logs, not those of others that know the role's name.
                    "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
                }
            ],
        },
        Policies=[
            iam.Policy(
                PolicyName="write",
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                            "Resource": GetAtt("FlowLogGroup", "Arn"),
                        }
                    ],
                },
            )
        ],
        Tags=tagged(shape.name, "flows"),
    )
    yield ec2.FlowLog(
        "FlowLog",
        ResourceId=Ref("Vpc"),
        ResourceType="VPC",
        TrafficType="REJECT" if shape.flow_logs == "rejected" else "ALL",
        LogDestinationType="cloud-watch-logs",
        LogGroupName=Ref("FlowLogGroup"),
        DeliverLogsPermissionArn=GetAtt("FlowLogRole", "Arn"),
        Tags=tagged(shape.name, "flows"),
    )
