"""What every search for a cluster's objects in AWS starts from: its stacks, its networks, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import prices
from ansible_collections.landfall.eks.plugins.module_utils.aws import tags as cluster_tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal, tags_of
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import SWEEPABLE

IN_NETWORK = "in its network"
"""How the reason begins for what has no tag of the cluster's, and would hold its network."""
LEFT_TO_AWS = "no: AWS deletes it"
TAKEN = "yes"
"""Of what a sweep takes without being asked for it by name."""

# Per month, as a hint.
BALANCER_USD, ADDRESS_USD, GATEWAY_USD = (
    round(hour * prices.HOURS, 2) for hour in (prices.BALANCER_HOUR, prices.PUBLIC_ADDRESS_HOUR, prices.NAT_HOUR)
)
CLASSIC_USD, KEY_USD = 18.25, prices.KEY_MONTH
VOLUME_GIB_USD = {"gp3": prices.GP3_GIB_MONTH, "gp2": 0.10, "io1": 0.125, "io2": 0.125, "st1": 0.045, "sc1": 0.015}
SNAPSHOT_GIB_USD, LOG_GIB_USD = 0.05, 0.03

TAGS_AT_ONCE = 20
"""Load balancers that one call of describe_tags may name."""
FILTER_VALUES = 200
"""Values that one filter of EC2 may have."""
GIB = 1024**3


@dataclass(frozen=True)
class Orphan:
    """One object: its kind in words, its id (an ARN where AWS wants one) and name, and why it is the cluster's.

    `holds` says what uses it. `monthly` is its cost in US dollars, None where nobody knows. `taken` is TAKEN, a word of
    SWEEPABLE, or the reason why no sweep takes it.
    """

    kind: str
    id: str
    name: str
    why: str
    taken: str
    holds: str = ""
    monthly: float | None = None

    def goes(self, asked: frozenset[str]) -> bool:
        """Say whether a sweep that was asked for these words takes it."""
        return self.taken == TAKEN or self.taken in asked

    def stays_by_choice(self, asked: frozenset[str]) -> bool:
        """Say whether it is there because nobody asked for it, or because AWS itself will delete it."""
        return (self.taken in SWEEPABLE and self.taken not in asked) or self.taken == LEFT_TO_AWS

    def sentence(self) -> str:
        """Return what it is and why it is thought to be the cluster's."""
        taken = f"; {self.taken.removeprefix('no: ')}" if self.taken.startswith("no: ") else ""
        return f"{self.kind} {self.id}{f' ({self.name})' if self.name not in {'', self.id} else ''}: {self.why}{taken}"


@dataclass
class Account:
    """The session, the cluster's name, and what every finder asks.

    `stacks` are states by name, `of_stacks` the ids of what belongs to them, `vpcs` the networks with Landfall's tag,
    and `marked` the ids, by EC2's resource type, of what has a tag that could be a mark.
    """

    session: Session
    name: str
    stacks: dict[str, str] = field(default_factory=dict)
    of_stacks: set[str] = field(default_factory=set)
    vpcs: set[str] = field(default_factory=set)
    marked: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, name: str) -> Account:
        """Read the stacks, what belongs to them, what is tagged, and the networks. AwsError."""
        found = cls(session, name)
        for page in session.pages("cloudformation", "describe_stacks"):
            for each in page["Stacks"]:
                if tags_of(each.get("Tags") or []).get(cluster_tags.LANDFALL) == name or each[
                    "StackName"
                ] in stack_names(name):
                    found.stacks[each["StackName"]] = each["StackStatus"]
        for stack in found.stacks:
            for page in session.pages("cloudformation", "list_stack_resources", StackName=stack):
                found.of_stacks |= {
                    each["PhysicalResourceId"]
                    for each in page["StackResourceSummaries"]
                    if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
                }
        for each in listed(
            session, "ec2", "describe_tags", "Tags", Filters=[{"Name": "key", "Values": cluster_tags.keys(name)}]
        ):
            # Of one type there are two spellings, natgateway and nat-gateway.
            found.marked.setdefault(each["ResourceType"].replace("-", ""), set()).add(each["ResourceId"])
        ours = [{"Name": f"tag:{cluster_tags.LANDFALL}", "Values": [name]}]
        found.vpcs = {each["VpcId"] for each in listed(session, "ec2", "describe_vpcs", "Vpcs", Filters=ours)}
        return found

    def why(self, tags: dict[str, str], vpc: str = "") -> str:
        """Return why an object is the cluster's: by its own tag or, weaker, by its VPC; empty if it is not."""
        if by_tag := cluster_tags.reason(tags, self.name):
            return by_tag
        if vpc not in self.vpcs:
            return ""
        other = cluster_tags.other(tags, self.name)
        return f"{IN_NETWORK} {vpc}, with {f'the tags of the cluster {other}' if other else 'no tag of a cluster'}"

    def part_of_stack(self, identity: str, tags: dict[str, str]) -> bool:
        """Say whether an object goes with a stack that is there."""
        return identity in self.of_stacks or tags.get(cluster_tags.STACK, "") in self.stacks


Finder = Callable[[Account], Iterator[Orphan]]


def stack_names(name: str) -> tuple[str, str]:
    """Return the names of the stacks that Landfall makes for a cluster: the whole one, and that of IAM roles alone."""
    return f"landfall-{name}", f"landfall-{name}-access"


def by_tag_only(why: str, taken: str) -> str:
    """Return `taken` for what has the cluster's own tag, else why nobody but a person may take it."""
    return taken if why.startswith("tag ") else "no: it does not have the cluster's tag"


def listed(session: Session, service: str, operation: str, field_name: str, **arguments: Any) -> list[dict[str, Any]]:
    """Return the items of all pages of a listing. AwsError."""
    return [each for page in session.pages(service, operation, **arguments) for each in page.get(field_name) or []]


def tagged(at: Account, kind: str, operation: str, where: str, by: str, **arguments: Any) -> list[dict[str, Any]]:
    """Return EC2's items of a resource type that have a tag with any of the marks' keys, whatever its value. AwsError.

    `by` is the filter that names one, as volume-id: unlike an id that is asked for, one that has gone is no error.
    """
    ids = sorted(at.marked.get(kind.replace("-", ""), ()))
    found = []
    for start in range(0, len(ids), FILTER_VALUES):
        filters = [{"Name": by, "Values": ids[start : start + FILTER_VALUES]}]
        found += listed(at.session, "ec2", operation, where, Filters=filters, **arguments)
    return found


def in_vpcs(at: Account, operation: str, field_name: str) -> list[dict[str, Any]]:
    """Return EC2's items in the cluster's VPCs. AwsError."""
    if not at.vpcs:
        return []
    filters = [{"Name": "vpc-id", "Values": sorted(at.vpcs)}]
    return listed(at.session, "ec2", operation, field_name, Filters=filters)


def cluster_is_there(at: Account) -> bool:
    """Say whether EKS has the cluster, whatever its state. AwsError."""
    try:
        at.session.call("eks", "describe_cluster", name=at.name)
    except AwsError as error:
        if refusal(error) == "ResourceNotFoundException":
            return False
        raise
    return True
