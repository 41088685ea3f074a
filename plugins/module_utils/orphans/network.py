"""The finders of what a cluster leaves in its network: load balancers, interfaces, security groups and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import tags as cluster_tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import tags_of
from ansible_collections.landfall.eks.plugins.module_utils.orphans import account
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import TAKEN, Account, Orphan

MADE_BY_AWS = ("ELB ", "Amazon EKS ", "Interface for NAT Gateway")
"""How the descriptions of interfaces begin that go with what AWS made them for."""


def load_balancers(at: Account) -> Iterator[Orphan]:
    """Network and application load balancers."""
    answer = account.listed(at.session, "elbv2", "describe_load_balancers", "LoadBalancers")
    tags = _balancer_tags(at, [each["LoadBalancerArn"] for each in answer])
    for each in answer:
        arn, own = each["LoadBalancerArn"], tags.get(each["LoadBalancerArn"], {})
        why = at.why(own, each.get("VpcId", ""))
        if why and not at.part_of_stack(arn, own):
            serves = own.get("service.k8s.aws/stack") or own.get("ingress.k8s.aws/stack") or ""
            yield Orphan(
                "load balancer",
                arn,
                each["LoadBalancerName"],
                why,
                account.by_tag_only(why, TAKEN),
                f"made for {serves}" if serves else "",
                account.BALANCER_USD,
            )


def classic_load_balancers(at: Account) -> Iterator[Orphan]:
    """Load balancers of the first generation, which Kubernetes itself once made."""
    answer = account.listed(at.session, "elb", "describe_load_balancers", "LoadBalancerDescriptions")
    names = [each["LoadBalancerName"] for each in answer]
    tags: dict[str, dict[str, str]] = {}
    for start in range(0, len(names), account.TAGS_AT_ONCE):
        some = names[start : start + account.TAGS_AT_ONCE]
        for each in at.session.call("elb", "describe_tags", LoadBalancerNames=some)["TagDescriptions"]:
            tags[each["LoadBalancerName"]] = tags_of(each["Tags"])
    for each in answer:
        name = each["LoadBalancerName"]
        why = at.why(tags.get(name, {}), each.get("VPCId", ""))
        if why and not at.part_of_stack(name, tags.get(name, {})):
            taken = account.by_tag_only(why, TAKEN)
            yield Orphan("classic load balancer", name, name, why, taken, "", account.CLASSIC_USD)


def target_groups(at: Account) -> Iterator[Orphan]:
    """Target groups, which cost nothing and hold nothing but their names."""
    answer = account.listed(at.session, "elbv2", "describe_target_groups", "TargetGroups")
    tags = _balancer_tags(at, [each["TargetGroupArn"] for each in answer])
    for each in answer:
        arn = each["TargetGroupArn"]
        why = at.why(tags.get(arn, {}), each.get("VpcId", ""))
        if why and not at.part_of_stack(arn, tags.get(arn, {})):
            used = "a load balancer uses it" if each.get("LoadBalancerArns") else ""
            yield Orphan("target group", arn, each["TargetGroupName"], why, account.by_tag_only(why, TAKEN), used, 0.0)


def _balancer_tags(at: Account, arns: list[str]) -> dict[str, dict[str, str]]:
    tags: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), account.TAGS_AT_ONCE):
        some = arns[start : start + account.TAGS_AT_ONCE]
        for each in at.session.call("elbv2", "describe_tags", ResourceArns=some)["TagDescriptions"]:
            tags[each["ResourceArn"]] = tags_of(each.get("Tags") or [])
    return tags


def interfaces(at: Account) -> Iterator[Orphan]:
    """Network interfaces: those of the VPC CNI, and free ones in the cluster's network, which would hold it."""
    name, where, by = "describe_network_interfaces", "NetworkInterfaces", "network-interface-id"
    for each in _or_inside(at, account.tagged(at, "network-interface", name, where, by), name, where):
        identity, tags = each["NetworkInterfaceId"], tags_of(each.get("TagSet") or [])
        said = each.get("Description", "")
        why = at.why(tags, each.get("VpcId", ""))
        free = each["Status"] == "available"
        tagged = why.startswith("tag ")
        if not why or at.part_of_stack(identity, tags) or said.startswith(MADE_BY_AWS) or not (free or tagged):
            continue
        user = (each.get("Attachment") or {}).get("InstanceId") or each.get("RequesterId") or "AWS"
        taken = account.by_tag_only(why, TAKEN) if free else f"no: it goes with {user}"
        yield Orphan("network interface", identity, said, why, taken, "" if free else f"{user} uses it", 0.0)


def security_groups(at: Account) -> Iterator[Orphan]:
    """Security groups: those of load balancers (k8s-…), the shared one (k8s-traffic-…), and that of EKS."""
    live = account.cluster_is_there(at)
    name, where = "describe_security_groups", "SecurityGroups"
    for each in _or_inside(at, account.tagged(at, "security-group", name, where, "group-id"), name, where):
        identity, tags = each["GroupId"], tags_of(each.get("Tags") or [])
        why = at.why(tags, each.get("VpcId", ""))
        if not why or each["GroupName"] == "default" or at.part_of_stack(identity, tags):
            continue
        if cluster_tags.EKS_GROUP in tags and live:
            continue
        yield Orphan("security group", identity, each["GroupName"], why, account.by_tag_only(why, TAKEN), "", 0.0)


def _or_inside(at: Account, tagged: list[dict[str, Any]], operation: str, where: str) -> list[dict[str, Any]]:
    """Add to what is tagged what else is in one of the cluster's networks."""
    key = "GroupId" if where == "SecurityGroups" else "NetworkInterfaceId"
    return list({each[key]: each for each in [*tagged, *account.in_vpcs(at, operation, where)]}.values())


def addresses(at: Account) -> Iterator[Orphan]:
    """Elastic IPs, in use or not; AWS charges for both."""
    for each in at.session.call("ec2", "describe_addresses")["Addresses"]:
        identity, tags = each.get("AllocationId", each["PublicIp"]), tags_of(each.get("Tags") or [])
        why = cluster_tags.reason(tags, at.name)
        if not why or at.part_of_stack(identity, tags) or each["PublicIp"] in at.of_stacks:
            continue
        user = each.get("NetworkInterfaceId") or each.get("InstanceId") or ""
        # Still used by what a sweep takes first: a load balancer.
        holds = f"{user} uses it" if user else ""
        yield Orphan("address", identity, each["PublicIp"], why, "addresses", holds, account.ADDRESS_USD)
