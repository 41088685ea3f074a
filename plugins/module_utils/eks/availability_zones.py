"""The zones of a cluster: chosen among what a region offers when it is created, and kept from then on.

Chosen here and not by CloudFormation: Fn::GetAZs knows only zones with a default subnet, in an order that may change
(CloudFormation user guide, Fn::GetAZs), and nothing of what EKS and the instance types need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import stack
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import NodeGroup, instance_types

DISALLOWED = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Ids of zones whose subnets EKS takes for no control plane (EKS user guide, network-reqs)."""
LEAST = 2
"""Zones that a control plane needs (the same page)."""
OFFERED = ("opt-in-not-required", "opted-in")


@dataclass(frozen=True)
class Zone:
    """A zone of the account; `lacking` is why a cluster cannot be in it, the end of a sentence, or empty."""

    name: str
    id: str
    lacking: str = ""


@dataclass(frozen=True)
class Choice:
    """Names of the chosen zones, what is in the way, and what differs from the settings, a sentence each."""

    names: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(session: Session, groups: Sequence[NodeGroup]) -> list[Zone]:
    """Return the zones of the region, by name; local zones and Wavelength zones are none. AwsError."""
    told = session.call(
        "ec2", "describe_availability_zones", Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
    )["AvailabilityZones"]
    offers = _offers(session, groups)
    found = [Zone(each["ZoneName"], each["ZoneId"], _lacking(each, groups, offers)) for each in told]
    return sorted(found, key=lambda zone: zone.name)


def _offers(session: Session, groups: Sequence[NodeGroup]) -> dict[str, set[str]]:
    """Return the instance types that each zone offers, of those that the groups name, by the zone's name."""
    kinds = sorted({kind for group in groups for kind in instance_types(group)})
    if not kinds:
        return {}
    pages = session.pages(
        "ec2",
        "describe_instance_type_offerings",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": kinds}],
    )
    found: dict[str, set[str]] = {}
    for each in (offer for page in pages for offer in page["InstanceTypeOfferings"]):
        found.setdefault(each["Location"], set()).add(each["InstanceType"])
    return found


def _lacking(told: Mapping[str, Any], groups: Sequence[NodeGroup], offers: Mapping[str, set[str]]) -> str:
    """Return why a cluster cannot be in a zone: a group starts nodes in each zone, of any of its types."""
    if told.get("OptInStatus", OFFERED[0]) not in OFFERED or told["State"] != "available":
        return f"is not available to this account ({told.get('OptInStatus')}, {told['State']})"
    if told["ZoneId"] in DISALLOWED:
        return "takes no control plane of EKS (EKS user guide, network-reqs)"
    there = offers.get(told["ZoneName"], set())
    for group in groups:
        if not there.intersection(instance_types(group)):
            return f"offers no {' or '.join(instance_types(group))}, which group {group.name} needs"
    return ""


def choose(zones: Sequence[Zone], wanted: int, named: Sequence[str], region: str) -> Choice:
    """Choose for a new cluster: the named zones (by name or id), else the first `wanted` that will do, by name.

    A region that has fewer, such as us-west-1 with two for each account, gives those, if they are enough for EKS.
    """
    if named:
        return _named(zones, named)
    usable = [each.name for each in zones if not each.lacking]
    if len(usable) < LEAST:
        return Choice(problems=[_too_few(zones, usable, region)])
    notes = []
    if len(usable) < wanted:
        notes.append(
            f"The cluster is in {len(usable)} zones ({', '.join(usable)}) and not in cluster_zones ({wanted}), since "
            f"{region} has no more for it{_because(zones)}."
        )
    return Choice(tuple(usable[:wanted]), notes=notes)


def _too_few(zones: Sequence[Zone], usable: Sequence[str], region: str) -> str:
    return (
        f"{region} has {len(usable) or 'no'} {'zone' if len(usable) == 1 else 'zones'} for this cluster, and EKS needs "
        f"{LEAST}{_because(zones)}: write other instance_types into cluster_node_groups, or another "
        "platform_aws_region."
    )


def _because(zones: Sequence[Zone]) -> str:
    told = [f"{each.name} {each.lacking}" for each in zones if each.lacking]
    return f" ({'; '.join(told)})" if told else ""


def _named(zones: Sequence[Zone], named: Sequence[str]) -> Choice:
    known = {key: each for each in zones for key in (each.name, each.id)}
    good = ", ".join(each.name for each in zones if not each.lacking) or "none"
    problems = [
        f"cluster_zone_names has {each}, which {known[each].lacking if each in known else 'this account does not have'}"
        f": write zones of {good}."
        for each in named
        if each not in known or known[each].lacking
    ]
    names = tuple(known[each].name for each in named if each in known)
    if not problems and len(set(names)) < len(names):
        problems.append(f"cluster_zone_names ({', '.join(named)}) has a zone by its name and its id: write it once.")
    return Choice(names, problems)


def kept(session: Session, name: str, template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the zones of a stack's subnets, in their order; `template` is what the stack was made from. AwsError.

    Where an older template leaves them to CloudFormation, the subnets themselves are asked.
    """
    private = sorted(each for each in template["Resources"] if each.startswith("PrivateSubnet") and each[13:].isdigit())
    written = [template["Resources"][each]["Properties"]["AvailabilityZone"] for each in private]
    if all(isinstance(each, str) for each in written):
        return tuple(written)
    held = {each["LogicalResourceId"]: each.get("PhysicalResourceId") for each in stack.resources(session, name)}
    ids = [held[each] for each in private if held.get(each)]
    if not ids:
        return ()
    told = session.call("ec2", "describe_subnets", SubnetIds=ids)["Subnets"]
    zones = {each["SubnetId"]: str(each["AvailabilityZone"]) for each in told}
    return tuple(zones[each] for each in ids)


def keep(zones: Sequence[Zone], live: Sequence[str], wanted: int, named: Sequence[str]) -> Choice:
    """Keep the zones of a stack that is there, since EKS lets a cluster not leave or enter one.

    New subnets have to be in the zones that the cluster was created with (EKS user guide, network-reqs).
    """
    ids = {each.id: each.name for each in zones}
    where = ", ".join(live)
    if named and {ids.get(each, each) for each in named} != set(live):
        problem = (
            f"cluster_zone_names ({', '.join(named)}) is not where the cluster is ({where}), which is fixed at "
            f"creation: write [{where}], or nothing."
        )
        return Choice(tuple(live), [problem])
    notes = [f"The cluster's zone {each.name} {each.lacking}." for each in zones if each.name in live and each.lacking]
    if not named and wanted != len(live):
        notes.append(f"The cluster stays in its {len(live)} zones ({where}), which are fixed at creation.")
    return Choice(tuple(live), notes=notes)
