"""What controllers make in an account, with the tags that they give it, and everything that an account holds."""

from __future__ import annotations

import itertools

import boto3
from botocore.exceptions import ClientError

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session, spoken

REGION = "eu-central-1"
GONE = {"deleted", "terminated", "DELETE_COMPLETE", "PendingDeletion"}
# Service, operation, the answer's list, and what names one object of it.
EVERYTHING = (
    ("cloudformation", "describe_stacks", "Stacks", "StackId"),
    ("eks", "list_clusters", "clusters", None),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    ("ec2", "describe_snapshots", "Snapshots", "SnapshotId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("elb", "describe_load_balancers", "LoadBalancerDescriptions", "LoadBalancerName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("iam", "list_roles", "Roles", "Arn"),
    ("iam", "list_policies", "Policies", "Arn"),
    ("iam", "list_instance_profiles", "InstanceProfiles", "Arn"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
)


def client(service: str):
    """Return a client of the test's account."""
    return boto3.client(service, region_name=REGION)


def everything() -> dict[str, list[str]]:
    """Return the ids of all that the account holds, by kind; what AWS only still lists as deleted is left out."""
    held: dict[str, list[str]] = {}
    for service, operation, where, key in EVERYTHING:
        arguments = {"OwnerIds": ["self"]} if operation == "describe_snapshots" else {}
        arguments |= {"Scope": "Local"} if operation == "list_policies" else {}
        found = getattr(client(service), operation)(**arguments)[where]
        alive = [
            each for each in found if key is None or not ({str(each.get("State")), each.get("StackStatus")} & GONE)
        ]
        held[f"{service} {where}"] = sorted(each if key is None else each[key] for each in alive)
    keys = client("kms")
    ids = [each["KeyId"] for each in keys.list_keys()["Keys"]]
    states = {each: keys.describe_key(KeyId=each)["KeyMetadata"]["KeyState"] for each in ids}
    held["kms Keys"] = sorted(each for each, state in states.items() if state not in GONE)
    machines = client("ec2").describe_instances()["Reservations"]
    instances = [each for group in machines for each in group["Instances"]]
    held["ec2 Instances"] = sorted(each["InstanceId"] for each in instances if each["State"]["Name"] not in GONE)
    return held


def as_tags(named: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in named.items()]


def specified(kind: str, named: dict[str, str]) -> list[dict]:
    return [{"ResourceType": kind, "Tags": as_tags(named)}]


class Controllers:
    """Makes what the controllers of one cluster make in a network."""

    def __init__(self, name: str, vpc: str, subnets: list[str]) -> None:
        self.name, self.vpc, self.subnets = name, vpc, subnets
        self.ec2, self.elb = client("ec2"), client("elbv2")
        self.counted = itertools.count(1)

    def balancer(self, service: str) -> dict[str, str]:
        """As the AWS Load Balancer Controller: two groups that refer to each other, a target group, a listener."""
        marks = {"elbv2.k8s.aws/cluster": self.name, "service.k8s.aws/stack": service}
        number = next(self.counted)
        front = self.group(f"k8s-{self.name}-{number}", marks)
        shared = self.group(f"k8s-traffic-{self.name}-{number}", {"elbv2.k8s.aws/cluster": self.name})
        self.refer(front, shared)
        self.refer(shared, front)
        targets = self.elb.create_target_group(
            Name=f"k8s-{self.name}-{number}",
            Protocol="TCP",
            Port=443,
            VpcId=self.vpc,
            TargetType="ip",
            Tags=as_tags(marks),
        )["TargetGroups"][0]["TargetGroupArn"]
        arn = self.elb.create_load_balancer(
            Name=f"k8s-{self.name}-{number}", Type="network", Subnets=self.subnets, Tags=as_tags(marks)
        )["LoadBalancers"][0]["LoadBalancerArn"]
        self.elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="TCP",
            Port=443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
        )
        return {"balancer": arn, "targets": targets, "front": front, "shared": shared}

    def group(self, name: str, marks: dict[str, str]) -> str:
        tagged = {"TagSpecifications": specified("security-group", marks)} if marks else {}
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc, **tagged)["GroupId"]

    def refer(self, group: str, to: str) -> None:
        """Let a group's rule name another one."""
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": to}]}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def interface(self, **named: str) -> str:
        """As the VPC CNI: an interface for pods, free since its machine has gone."""
        marks = {"cluster.k8s.amazonaws.com/name": self.name, "node.k8s.amazonaws.com/instance_id": "i-1"} | named
        return self.ec2.create_network_interface(
            SubnetId=self.subnets[0], Description="aws-K8S-i-1", TagSpecifications=specified("network-interface", marks)
        )["NetworkInterface"]["NetworkInterfaceId"]

    def volume(self, claim: str) -> str:
        """As the EBS driver."""
        marks = {
            "ebs.csi.aws.com/cluster": "true",
            "KubernetesCluster": self.name,
            f"kubernetes.io/cluster/{self.name}": "owned",
            "kubernetes.io/created-for/pvc/namespace": "logging",
            "kubernetes.io/created-for/pvc/name": claim,
        }
        return self.ec2.create_volume(
            AvailabilityZone="eu-central-1a", Size=50, VolumeType="gp3", TagSpecifications=specified("volume", marks)
        )["VolumeId"]

    def snapshot(self, volume: str) -> str:
        marks = {"ebs.csi.aws.com/cluster": "true", f"kubernetes.io/cluster/{self.name}": "owned"}
        made = self.ec2.create_snapshot(VolumeId=volume, TagSpecifications=specified("snapshot", marks))
        return made["SnapshotId"]

    def address(self) -> str:
        """As Landfall, for a load balancer."""
        marks = {"landfall.eks/cluster": self.name}
        made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=specified("elastic-ip", marks))
        return made["AllocationId"]

    def log(self) -> str:
        name = f"/aws/eks/{self.name}/cluster"
        client("logs").create_log_group(logGroupName=name)
        return name


def network(name: str) -> tuple[str, list[str]]:
    """Make a VPC with Landfall's tag and two subnets in it."""
    ec2 = client("ec2")
    marks = {"landfall.eks/cluster": name}
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=specified("vpc", marks))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.7.{number}.0/24",
            AvailabilityZone=f"eu-central-1{zone}",
            TagSpecifications=specified("subnet", marks),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    return vpc, subnets


class AsAws:
    """Refuses what AWS refuses and moto does not, so that only the right order gets through.

    A security group that another one's rule or an interface refers to, a target group of a load balancer, a protected
    load balancer
    (from the EC2 and Elastic Load Balancing user guides).
    """

    def __init__(self) -> None:
        self.ec2, self.elb = client("ec2"), client("elbv2")
        self.asked = Session.call

    def __call__(self, session: Session, service: str, operation: str, **arguments: str) -> dict:
        judge = getattr(self, operation, None) if service in {"ec2", "elbv2"} else None
        if judge and (code := judge(**arguments)):
            with spoken(f"{service} {operation}"):
                raise ClientError({"Error": {"Code": code, "Message": "it is in use"}}, operation)
        return self.asked(session, service, operation, **arguments)

    def install(self, monkeypatch) -> None:
        def refusing(session, *named, **arguments):
            # A function, which a class makes a method of; an object that can be called it does not.
            return self(session, *named, **arguments)

        monkeypatch.setattr(Session, "call", refusing)

    def delete_security_group(self, GroupId: str) -> str:  # noqa: N803
        others = [each for each in self.ec2.describe_security_groups()["SecurityGroups"] if each["GroupId"] != GroupId]
        rules = [rule for each in others for rule in each["IpPermissions"] + each["IpPermissionsEgress"]]
        named = {pair.get("GroupId") for rule in rules for pair in rule["UserIdGroupPairs"]}
        for each in self.ec2.describe_network_interfaces()["NetworkInterfaces"]:
            named |= {group["GroupId"] for group in each["Groups"]}
        return "DependencyViolation" if GroupId in named else ""

    def delete_target_group(self, TargetGroupArn: str) -> str:  # noqa: N803
        found = self.elb.describe_target_groups(TargetGroupArns=[TargetGroupArn])["TargetGroups"][0]
        there = {each["LoadBalancerArn"] for each in self.elb.describe_load_balancers()["LoadBalancers"]}
        return "ResourceInUse" if there & set(found["LoadBalancerArns"]) else ""

    def delete_load_balancer(self, LoadBalancerArn: str) -> str:  # noqa: N803
        found = self.elb.describe_load_balancer_attributes(LoadBalancerArn=LoadBalancerArn)["Attributes"]
        protected = {each["Value"] for each in found if each["Key"] == "deletion_protection.enabled"}
        return "OperationNotPermitted" if "true" in protected else ""
