"""The simulated AWS account: the network, and the load balancers with their interfaces and public addresses."""

from __future__ import annotations

import hashlib
import http.client
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import Config, boto3
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    VPC_CIDR,
    LoadBalancer,
    LocalClusterError,
    Settings,
)

SEED = 1
"""Identifiers are drawn from this seed in a fresh account, so that a restarted one gives the same ones."""
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
"""They open nothing but moto."""

Tags = dict[str, str]
SubnetFact = dict[str, str]
Network = tuple[str, list[SubnetFact], dict[str, str]]


@dataclass(frozen=True)
class Account:
    """Clients of one account."""

    ec2: Any
    elb: Any


def connect(endpoint: str, region: str) -> Account:
    """Return clients of the account behind `endpoint`, with keys that open nothing else."""
    session = boto3.Session(region_name=region, **KEYS)
    config = Config(proxies={}, retries={"max_attempts": 1}, connect_timeout=5, read_timeout=30)
    options: dict[str, Any] = {"endpoint_url": endpoint, "config": config}
    return Account(session.client("ec2", **options), session.client("elbv2", **options))


def ensure(settings: Settings, endpoint: str) -> tuple[dict[str, Any], dict[str, str], bool]:
    """Make the account's objects unless all of them are there; a partial set is dropped and recreated as a whole.

    Returns the facts {endpoint, region, vpc_id, subnets: [{id, zone, cidr}]}, the load balancers' host names by
    `namespace/service`, and whether anything was made.
    """
    account = connect(endpoint, settings.region)
    found = _find(account, settings)
    if found is None:
        if account.ec2.describe_vpcs(Filters=_filter(_cluster_tags(settings)))["Vpcs"]:
            _moto(endpoint, "reset")
            account.ec2.describe_vpcs()  # fills the account with what it has by default, before the seed
        _moto(endpoint, f"seed?a={SEED}")
        _make(account, settings)
    vpc_id, subnets, hostnames = found or _found(account, settings)
    facts = {"endpoint": endpoint, "region": settings.region, "vpc_id": vpc_id, "subnets": subnets}
    return facts, hostnames, found is None


def _moto(endpoint: str, action: str) -> None:
    """Call moto's own API."""
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", f"/moto-api/{action}")
        connection.getresponse().read()
    finally:
        connection.close()


def _whole_tags(settings: Settings) -> Tags:
    """The mark that the network gets last: which settings the account was made from."""
    made_from = repr((settings.name, settings.load_balancers))
    return {"landfall.test/made-from": hashlib.sha256(made_from.encode()).hexdigest()}


def _find(account: Account, settings: Settings) -> Network | None:
    """Return the VPC's id, the subnets and the load balancers' host names; None unless everything is there."""
    vpcs = account.ec2.describe_vpcs(Filters=_filter(_whole_tags(settings)))["Vpcs"]
    if not vpcs:
        return None
    vpc_id = vpcs[0]["VpcId"]
    answer = account.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
    subnets = sorted((_subnet_fact(each) for each in answer), key=lambda fact: fact["zone"])
    names = {each["LoadBalancerName"]: each["DNSName"] for each in _load_balancers(account)}
    if len(subnets) != len(settings.subnets()) or any(each.name not in names for each in settings.load_balancers):
        return None
    return vpc_id, subnets, {each.key: names[each.name] for each in settings.load_balancers}


def _found(account: Account, settings: Settings) -> Network:
    found = _find(account, settings)
    if found is None:
        raise LocalClusterError("The simulated AWS does not keep what was made in it: run `make down`, then `make up`.")
    return found


def _load_balancers(account: Account) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = account.elb.describe_load_balancers()["LoadBalancers"]
    return answer


def _make(account: Account, settings: Settings) -> None:
    vpc_id, subnets = _make_network(account, settings)
    for balancer in settings.load_balancers:
        _make_load_balancer(account, settings, balancer, subnets)
    mark = [{"Key": key, "Value": value} for key, value in _whole_tags(settings).items()]
    account.ec2.create_tags(Resources=[vpc_id], Tags=mark)


def _cluster_tags(settings: Settings) -> Tags:
    return {f"kubernetes.io/cluster/{settings.name}": "shared"}


def _make_network(account: Account, settings: Settings) -> tuple[str, list[SubnetFact]]:
    ec2, tags = account.ec2, _cluster_tags(settings)
    made = ec2.create_vpc(CidrBlock=VPC_CIDR, TagSpecifications=_tagged("vpc", tags | {"Name": settings.name}))
    vpc_id = made["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=_tagged("internet-gateway", tags))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc_id)
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["RouteTables"][0]
    ec2.create_route(
        RouteTableId=table["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway["InternetGatewayId"],
    )
    # Without a cluster's tag: the platform calls its cluster as the inventory does, and may use them anyway.
    public = {"kubernetes.io/role/elb": "1"}
    subnets = []
    for subnet in settings.subnets():
        answer = ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=subnet.cidr,
            AvailabilityZone=subnet.zone,
            TagSpecifications=_tagged("subnet", public | {"Name": f"{settings.name}-public-{subnet.zone}"}),
        )
        subnets.append(_subnet_fact(answer["Subnet"]))
    return vpc_id, subnets


def _subnet_fact(subnet: dict[str, Any]) -> SubnetFact:
    return {"id": subnet["SubnetId"], "zone": subnet["AvailabilityZone"], "cidr": subnet["CidrBlock"]}


def _make_load_balancer(
    account: Account, settings: Settings, balancer: LoadBalancer, subnets: list[SubnetFact]
) -> None:
    """Make a network load balancer and, as AWS does by itself, its network interfaces with their public addresses."""
    tags = {"elbv2.k8s.aws/cluster": settings.name, "service.k8s.aws/stack": balancer.key}
    addresses = [
        account.ec2.allocate_address(Domain="vpc", Address=ip, TagSpecifications=_tagged("elastic-ip", tags))
        for ip in settings.public_addresses(balancer)
    ]
    pairs = list(zip(subnets, addresses, strict=True))
    made = account.elb.create_load_balancer(
        Name=balancer.name,
        Type="network",
        Scheme="internet-facing",
        SubnetMappings=[{"SubnetId": subnet["id"], "AllocationId": ip["AllocationId"]} for subnet, ip in pairs],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["LoadBalancers"][0]
    identity = made["LoadBalancerArn"].rsplit("/", 1)[1]
    for subnet, address in pairs:
        interface = account.ec2.create_network_interface(
            SubnetId=subnet["id"], Description=f"ELB net/{balancer.name}/{identity}"
        )["NetworkInterface"]
        account.ec2.associate_address(
            AllocationId=address["AllocationId"], NetworkInterfaceId=interface["NetworkInterfaceId"]
        )


def _tagged(kind: str, tags: Tags) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _filter(tags: Tags) -> list[dict[str, Any]]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
