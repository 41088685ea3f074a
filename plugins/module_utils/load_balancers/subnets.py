"""The subnets of a load balancer, as the AWS Load Balancer Controller 3.5.0 finds them (its subnet_resolver.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, tags_of
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.subnet_rules import (
    CLUSTER_TAG,
    FREE,
    ROLE_TAGS,
)


class SubnetsError(Exception):
    """Why there are no subnets, as the end of a sentence."""


@dataclass(frozen=True)
class Subnet:
    """A subnet of a load balancer."""

    id: str
    zone: str


def discover(session: Session, cluster: str, vpc_id: str, scheme: str) -> list[Subnet]:
    """Return the subnets that the controller would choose, one for each zone, sorted by id. SubnetsError, AwsError."""
    vpc = vpc_id or vpc_of(session, cluster)
    subnets = subnet_rules.subnets_by(session, subnet_rules.in_vpc(vpc))
    candidates = subnet_rules.candidates(subnets, scheme, lambda: subnet_rules.tables_of(session, vpc))
    chosen = choose(candidates, cluster)
    if not chosen:
        others = sorted(str(each["SubnetId"]) for each in candidates if subnet_rules.of_others(each, cluster))
        foreign = f" ({', '.join(others)} carry the tags of other clusters)" if others else ""
        raise SubnetsError(
            f"no subnet of {vpc} will do{foreign}: tag one in each zone with {ROLE_TAGS[scheme]}: 1, with {FREE} free "
            "addresses"
        )
    return chosen


def vpc_of(session: Session, cluster: str) -> str:
    """Return the id of the VPC of an EKS cluster. SubnetsError if AWS does not know or does not say."""
    try:
        answer = session.call("eks", "describe_cluster", name=cluster)
    except AwsError as error:
        raise SubnetsError(f"the cluster's VPC is not known ({error}): write ingress_vpc_id") from error
    return str(answer["cluster"]["resourcesVpcConfig"]["vpcId"])


def named(session: Session, wanted: Sequence[str], vpc_id: str) -> list[Subnet]:
    """Return the subnets of these ids or names (their tag Name), in that order. SubnetsError, AwsError."""
    ids = [each for each in wanted if each.startswith("subnet-")]
    names = [each for each in wanted if not each.startswith("subnet-")]
    found: dict[str, list[Subnet]] = {}
    if ids:
        # By a filter: an id that is not there is no refusal then, and can be named.
        for each in subnet_rules.subnets_by(session, [{"Name": "subnet-id", "Values": ids}]):
            found[each["SubnetId"]] = [_subnet(each)]
    if names:
        where = subnet_rules.in_vpc(vpc_id) if vpc_id else []
        by_name = subnet_rules.subnets_by(session, [*where, {"Name": "tag:Name", "Values": names}])
        for each in sorted(by_name, key=lambda each: str(each["SubnetId"])):
            found.setdefault(_tags(each)["Name"], []).append(_subnet(each))
    if missing := [each for each in wanted if each not in found]:
        raise SubnetsError(f"there is no subnet {', '.join(missing)} in the region {session.region}")
    return [found[each].pop(0) if len(found[each]) > 1 else found[each][0] for each in wanted]


def choose(subnets: Iterable[Mapping[str, Any]], cluster: str) -> list[Subnet]:
    """Return one of AWS's subnets for each zone: those of this cluster first, then by id; sorted by id."""
    mine = CLUSTER_TAG + cluster
    chosen: dict[str, tuple[bool, str]] = {}
    for each in subnets:
        tags = _tags(each)
        if subnet_rules.of_others(each, cluster) or int(each.get("AvailableIpAddressCount", FREE)) < FREE:
            continue
        rank = (mine not in tags, str(each["SubnetId"]))
        zone = str(each["AvailabilityZone"])
        chosen[zone] = min(rank, chosen.get(zone, rank))
    return sorted((Subnet(rank[1], zone) for zone, rank in chosen.items()), key=lambda each: each.id)


def _subnet(found: Mapping[str, Any]) -> Subnet:
    return Subnet(str(found["SubnetId"]), str(found["AvailabilityZone"]))


def _tags(found: Mapping[str, Any]) -> dict[str, str]:
    return tags_of(found.get("Tags") or [])
