"""Whether the subnets of a VPC will do for a load balancer, as the AWS Load Balancer Controller 3.5.0 chooses them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session, tags_of

ROLE_TAGS = {"internet-facing": "kubernetes.io/role/elb", "internal": "kubernetes.io/role/internal-elb"}
ROLE_VALUES = ("", "1")
CLUSTER_TAG = "kubernetes.io/cluster/"
FREE = 8
"""Addresses that AWS wants to be free in each subnet of a load balancer, by its documentation of these."""
FEWEST_ZONES, ADVISED_ZONES = 2, 3

Subnet = Mapping[str, Any]


@dataclass(frozen=True)
class BalancerRequest:
    """A load balancer's name, its scheme, the subnets that were named for it (ids or names), and by which setting."""

    name: str
    scheme: str
    subnets: Sequence[str]
    setting: str


@dataclass
class Verdict:
    """What is wrong, one sentence each, what is worth a note, and the zones that a load balancer would have."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)


def in_vpc(vpc: str) -> list[dict[str, Any]]:
    """Return EC2's filters for what is in a VPC."""
    return [{"Name": "vpc-id", "Values": [vpc]}]


def subnets_by(session: Session, filters: Sequence[Mapping[str, Any]]) -> list[Subnet]:
    """Return the subnets that EC2's filters leave, as it describes them. AwsError."""
    pages = session.pages("ec2", "describe_subnets", Filters=list(filters))
    return [each for page in pages for each in page["Subnets"]]


def tables_of(session: Session, vpc: str) -> list[Mapping[str, Any]]:
    """Return the route tables of a VPC, as EC2 describes them. AwsError."""
    pages = session.pages("ec2", "describe_route_tables", Filters=in_vpc(vpc))
    return [each for page in pages for each in page["RouteTables"]]


def read(session: Session, vpc: str) -> tuple[list[Subnet], list[Mapping[str, Any]]]:
    """Return the subnets and the route tables of a VPC, as EC2 describes them. AwsError."""
    return subnets_by(session, in_vpc(vpc)), tables_of(session, vpc)


def judge(
    wanted: BalancerRequest, cluster: str, vpc: str, subnets: Sequence[Subnet], tables: Sequence[Subnet]
) -> Verdict:
    """Judge the subnets (describe_subnets) and route tables (describe_route_tables) of a VPC for one load balancer."""
    verdict = Verdict()
    chosen = _named(wanted, vpc, subnets, verdict) if wanted.subnets else _found(wanted, cluster, subnets, tables)
    if not wanted.subnets and chosen and not any(_tagged(each, wanted.scheme) for each in chosen):
        verdict.notes.append(
            f"no subnet of {vpc} has the tag {ROLE_TAGS[wanted.scheme]}: 1, so the controller goes by the routes"
        )
    if not chosen:
        # Of subnets that were named and are not there, a sentence stands there already.
        if not verdict.problems:
            verdict.problems.append(_none(wanted, cluster, vpc, subnets))
        return verdict
    _judge_room(wanted, chosen, verdict)
    _judge_zones(wanted, chosen, verdict)
    return verdict


def _none(wanted: BalancerRequest, cluster: str, vpc: str, subnets: Sequence[Subnet]) -> str:
    tag = ROLE_TAGS[wanted.scheme]
    others = sorted(_id(each) for each in subnets if _tagged(each, wanted.scheme) and of_others(each, cluster))
    foreign = f" ({', '.join(others)} carry {CLUSTER_TAG}<another cluster> only)" if others else ""
    return (
        f"No subnet of {vpc} will do for the {wanted.scheme} load balancer of {wanted.name}{foreign}: tag one in each "
        f"zone with {tag}: 1, and with {CLUSTER_TAG}{cluster}: shared where others have such a tag, or name them in "
        f"{wanted.setting}."
    )


def _judge_room(wanted: BalancerRequest, chosen: Iterable[Subnet], verdict: Verdict) -> None:
    """In a zone with several subnets the controller takes one with room: only a zone without any is in the way."""
    zones: dict[str, list[Subnet]] = {}
    for each in chosen:
        zones.setdefault(str(each["AvailabilityZone"]), []).append(each)
    for zone, there in sorted(zones.items()):
        full = [each for each in there if _free(each) < FREE]
        if len(full) == len(there) or (full and wanted.subnets):
            named = ", ".join(f"{_id(each)} ({_free(each)} free)" for each in full)
            verdict.problems.append(
                f"AWS wants {FREE} free addresses in each subnet of a load balancer, and for {wanted.name} in {zone} "
                f"there are fewer in {named}: free some, or name other subnets in {wanted.setting}."
            )


def _judge_zones(wanted: BalancerRequest, chosen: Iterable[Subnet], verdict: Verdict) -> None:
    verdict.zones = sorted({str(each["AvailabilityZone"]) for each in chosen})
    there = ", ".join(verdict.zones)
    if len(verdict.zones) < FEWEST_ZONES:
        verdict.problems.append(
            f"The load balancer of {wanted.name} would be in {there} alone: give it subnets of {FEWEST_ZONES} zones at "
            f"least ({ADVISED_ZONES} are advised), by the tag {ROLE_TAGS[wanted.scheme]}: 1 or in {wanted.setting}."
        )
    elif len(verdict.zones) < ADVISED_ZONES:
        verdict.notes.append(f"{there}: {ADVISED_ZONES} zones are advised")


def _named(wanted: BalancerRequest, vpc: str, subnets: Sequence[Subnet], verdict: Verdict) -> list[Subnet]:
    chosen = []
    for name in wanted.subnets:
        found = [each for each in subnets if name in {_id(each), _tags(each).get("Name")}]
        chosen += found[:1]
        if not found:
            verdict.problems.append(
                f"{wanted.setting} names {name}, which is no subnet of {vpc}: write ids or names of subnets there."
            )
    return chosen


def _found(wanted: BalancerRequest, cluster: str, subnets: Sequence[Subnet], tables: Sequence[Subnet]) -> list[Subnet]:
    """Those with the role's tag, and if there are none, by their routes; never those of other clusters alone."""
    return [each for each in candidates(subnets, wanted.scheme, lambda: tables) if not of_others(each, cluster)]


def candidates(
    subnets: Sequence[Subnet], scheme: str, tables: Callable[[], Sequence[Mapping[str, Any]]]
) -> list[Subnet]:
    """Return those with the role's tag; if there are none, those whose routes fit, for which `tables` is asked."""
    if tagged := [each for each in subnets if _tagged(each, scheme)]:
        return tagged
    known, public = tables(), scheme == "internet-facing"
    return [each for each in subnets if is_public(_id(each), known) == public]


def is_public(subnet: str, tables: Sequence[Subnet]) -> bool:
    """Whether the routes of a subnet, or the VPC's main ones if it has none, lead to an internet gateway."""
    own: Sequence[Mapping[str, Any]] = ()
    main: Sequence[Mapping[str, Any]] = ()
    for table in tables:
        for association in table.get("Associations") or []:
            if association.get("SubnetId") == subnet:
                own = table.get("Routes") or []
            if association.get("Main"):
                main = table.get("Routes") or []
    return any(str(route.get("GatewayId", "")).startswith("igw-") for route in own or main)


def _tagged(subnet: Subnet, scheme: str) -> bool:
    return _tags(subnet).get(ROLE_TAGS[scheme]) in ROLE_VALUES


def of_others(subnet: Subnet, cluster: str) -> bool:
    """Whether a subnet carries the tags of other clusters and not that of this one."""
    tags = _tags(subnet)
    return CLUSTER_TAG + cluster not in tags and any(key.startswith(CLUSTER_TAG) for key in tags)


def _tags(subnet: Subnet) -> dict[str, str]:
    return tags_of(subnet.get("Tags") or [])


def _id(subnet: Subnet) -> str:
    return str(subnet["SubnetId"])


def _free(subnet: Subnet) -> int:
    return int(subnet.get("AvailableIpAddressCount", 0))
