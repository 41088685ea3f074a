"""Subnets of an existing VPC, judged before a cluster is created in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks.availability_zones import LEAST, Choice, Zone
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules

SETTING = "cluster_subnet_ids"
FREE = 6
"""Addresses that EKS needs in a subnet for its interfaces; it advises 16 (EKS user guide, network-reqs)."""
DNS = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
"""What a VPC needs so that nodes find the cluster (the same page): the attribute, and where EC2's answer has it."""

Subnet = Mapping[str, Any]


@dataclass
class Network:
    """A network that is there: `zones` are those of its subnets, and `cidrs` the VPC's ranges.

    `problems` are sentences on what is no network at all, `unfit` on what no cluster should be created in.
    """

    vpc_id: str = ""
    cidrs: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)


def read(session: Session, ids: Sequence[str], zones: Sequence[Zone], *, auto_mode: bool) -> Network:
    """Return the network of some subnets, with what is in the way of a cluster in them. AwsError."""
    # By a filter: an id that is not there is no refusal then, and can be named.
    found = subnet_rules.subnets_by(session, [{"Name": "subnet-id", "Values": list(ids)}])
    if problems := _together(ids, found, session.region):
        return Network(problems=problems)
    vpc = str(found[0]["VpcId"])
    told = session.call("ec2", "describe_vpcs", VpcIds=[vpc])["Vpcs"][0]
    ranges = [each["CidrBlock"] for each in told.get("CidrBlockAssociationSet") or [told]]
    network = Network(vpc, ranges, sorted({str(each["AvailabilityZone"]) for each in found}))
    network.unfit += _dns(session, vpc)
    network.unfit += judge(found, subnet_rules.tables_of(session, vpc), zones)
    if auto_mode:
        network.unfit += _tags(session, vpc)
    return network


def choice(network: Network, *, new: bool) -> Choice:
    """Return the zones of a network; what is unfit stops a new cluster alone, of one that is there it is a note."""
    problems = [*network.problems, *(network.unfit if new else [])]
    return Choice(tuple(network.zones), problems, [] if new else network.unfit)


def _together(ids: Sequence[str], found: Sequence[Subnet], region: str) -> list[str]:
    missing = [each for each in ids if each not in {str(one["SubnetId"]) for one in found}]
    if missing:
        return [f"{SETTING} has {', '.join(missing)}, which {region} does not have in this account: correct the ids."]
    vpcs = sorted({str(each["VpcId"]) for each in found})
    if len(vpcs) > 1:
        return [f"{SETTING} has subnets of {' and '.join(vpcs)}: write those of one VPC."]
    return []


def judge(subnets: Sequence[Subnet], tables: Sequence[Subnet], zones: Sequence[Zone]) -> list[str]:
    """Return what is wrong with subnets of one VPC; `tables` are its route tables, as EC2 describes both."""
    problems = []
    lacking = {each.name: each.lacking for each in zones}
    for each in sorted(subnets, key=lambda one: str(one["SubnetId"])):
        name, zone, free = str(each["SubnetId"]), str(each["AvailabilityZone"]), int(each["AvailableIpAddressCount"])
        if why := lacking.get(zone, "is no zone for a cluster"):
            problems.append(f"{SETTING} has {name} in {zone}, which {why}: write a subnet of another zone.")
        if free < FREE:
            problems.append(
                f"{SETTING} has {name} with {free} free addresses, and EKS needs {FREE}: write a larger one."
            )
        if subnet_rules.is_public(name, tables) and not each.get("MapPublicIpOnLaunch"):
            problems.append(
                f"{SETTING} has {name}, which leads to an internet gateway and gives no public addresses, so a node in "
                "it could reach nothing: write a subnet that leads to a NAT gateway."
            )
    there = sorted({str(each["AvailabilityZone"]) for each in subnets})
    if len(there) < LEAST:
        problems.append(
            f"{SETTING} has subnets of {there[0]} alone, and EKS needs {LEAST} zones: write one of another."
        )
    return problems


def _dns(session: Session, vpc: str) -> list[str]:
    lacking = [
        name
        for name, where in DNS.items()
        if not session.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name)[where]["Value"]
    ]
    return [
        f"The VPC {vpc} has {name} off, without which nodes do not find the cluster: run `aws ec2 modify-vpc-attribute "
        f"--vpc-id {vpc} --{'enable-dns-support' if name == 'enableDnsSupport' else 'enable-dns-hostnames'}`."
        for name in lacking
    ]


def _tags(session: Session, vpc: str) -> list[str]:
    """Return the sentence on load balancers that find no subnet: EKS Auto Mode goes by the tags alone.

    Its user guide, tag-subnets-auto. The AWS Load Balancer Controller goes by the routes where there are none.
    """
    tag = subnet_rules.ROLE_TAGS["internet-facing"]
    subnets = subnet_rules.subnets_by(session, subnet_rules.in_vpc(vpc))
    keys = {each["Key"] for subnet in subnets for each in subnet.get("Tags") or []}
    if keys.intersection(subnet_rules.ROLE_TAGS.values()):
        return []
    internal = subnet_rules.ROLE_TAGS["internal"]
    sentence = (
        f"No subnet of {vpc} is tagged for load balancers, as EKS Auto Mode needs it: tag a public one in each zone "
        f"{tag}: 1, or a private one {internal}: 1."
    )
    return [sentence]


def left(session: Session, live: Sequence[str], wanted: Network) -> str:
    """Return the sentence on zones that a cluster would leave or enter, which EKS does not do (network-reqs). AwsError.

    `live` are the ids of its subnets; nothing is said where there is no cluster, or no network.
    """
    if not live or wanted.problems:
        return ""
    found = subnet_rules.subnets_by(session, [{"Name": "subnet-id", "Values": list(live)}])
    zones = sorted({str(each["AvailabilityZone"]) for each in found})
    if not zones or zones == wanted.zones:
        return ""
    return (
        f"{SETTING} has subnets of {', '.join(wanted.zones)} and the cluster is in {', '.join(zones)}, which is fixed "
        "at creation: write subnets of each of these zones, and of no other."
    )


def moved(live: Mapping[str, Any] | None, live_vpc: str, wanted: Network | None) -> str:
    """Return the sentence on a cluster that is to leave its network, which EKS does not do.

    `live` is the template of its stack, None if there is none; `wanted` is None where the stack is to have a network.
    """
    if live is None:
        return ""
    own = "Vpc" in live["Resources"]
    if own and wanted is not None:
        return f"{SETTING} is set and the stack has a network, which a cluster cannot leave: remove {SETTING}."
    if not own and wanted is None:
        return (
            f"{SETTING} is empty and the cluster is in {live_vpc or 'a VPC of others'}, which it cannot leave: "
            "write its subnets."
        )
    if wanted is not None and wanted.vpc_id and live_vpc and wanted.vpc_id != live_vpc:
        return f"{SETTING} has subnets of {wanted.vpc_id} and the cluster is in {live_vpc}: write subnets of that VPC."
    return ""
