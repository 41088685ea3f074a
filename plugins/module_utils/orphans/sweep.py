"""Removes what controllers left of a cluster, in the order that AWS allows, and nothing without its tag."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal, tags_of
from ansible_collections.landfall.eks.plugins.module_utils.orphans import account, search
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import Orphan

ORDER = (
    "load balancer",
    "classic load balancer",
    "target group",
    "network interface",
    "security group",
    "volume",
    "snapshot",
    "address",
    "log group",
)
LATER = frozenset(
    {
        "DependencyViolation",
        "ResourceInUse",
        "VolumeInUse",
        "InvalidIPAddress.InUse",
        "InvalidNetworkInterface.InUse",
        "InvalidParameterValue",
    }
)
"""Refusals that end by themselves once what was deleted before is really gone: a load balancer keeps its interfaces,
and they its security groups and addresses, for a minute or two."""
ABSENT = "NotFound"
"""How the codes end (or what they hold) with which AWS says that somebody else was faster."""


@dataclass
class SweepResult:
    """What went (or, in a dry run, would), what stays though it was to go, with the reason, and what was not read."""

    taken: list[Orphan] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def sweep(
    session: Session,
    name: str,
    asked: frozenset[str] = frozenset(),
    *,
    dry_run: bool = False,
    tries: int = 30,
    pause: float = 10.0,
) -> SweepResult:
    """Take what is of the cluster `name` by its own tag, and what was asked for by a word of deletions.SWEEPABLE.

    Each kind is listed again right before, so that no tag is older than a moment. What AWS does not let go is tried
    again `tries` times, `pause` seconds apart. AwsError only where the stacks cannot be read.
    """
    swept = SweepResult()
    for kind in ORDER:
        report = search.find_orphans(session, name, (kind,))
        swept.unread += report.unread
        going = [each for each in report.rows if each.goes(asked)]
        swept.taken += going
        if going and not dry_run:
            if kind == "security group":
                swept.stuck += _part(session, name, [each.id for each in going])
            stuck = _take(session, going, tries, pause)
            swept.stuck += stuck
            swept.taken = [each for each in swept.taken if not any(each.id in sentence for sentence in stuck)]
    return swept


def sweep_late_logs(session: Session, name: str, tries: int, pause: float) -> SweepResult:
    """Delete the log groups of a cluster that has gone, as often as they come back while it looks. AwsError.

    EKS writes what it still has of the control plane's log after the cluster's deletion, and creates the group for that
    once more (terraform-aws-eks#2763 has the event of CloudTrail). No stack then owns it, so the next creation fails.
    It looks `tries` times, `pause` seconds apart.
    """
    swept = SweepResult()
    for attempt in range(tries):
        if attempt:
            time.sleep(pause)
        report = search.find_orphans(session, name, ("log group",))
        swept.unread += [each for each in report.unread if each not in swept.unread]
        stuck = _take(session, report.rows, 1, pause)
        swept.stuck += [each for each in stuck if each not in swept.stuck]
        swept.taken += [] if stuck else [each for each in report.rows if each not in swept.taken]
    return swept


def _take(session: Session, going: list[Orphan], tries: int, pause: float) -> list[str]:
    """Delete objects of one kind until they are gone; return a sentence for each that stays."""
    left = dict.fromkeys(going, "AWS still lists it")
    refused: dict[Orphan, str] = {}
    for attempt in range(tries):
        for each in list(left):
            code, why = _delete(session, each)
            if not code:
                del left[each]
            elif code in LATER:
                left[each] = why or left[each]
            else:
                refused[each] = why
                del left[each]
        if not left:
            break
        if attempt + 1 < tries:
            time.sleep(pause)
    return [_stays(each, why) for each, why in {**refused, **left}.items()]


def _delete(session: Session, each: Orphan) -> tuple[str, str]:
    """Ask AWS to delete an object; return nothing once it is gone, else a code (one of LATER: try again) and why."""
    try:
        DELETERS[each.kind](session, each)
    except AwsError as error:
        code = refusal(error)
        return ("", "") if ABSENT in code else (code or "NoAnswer", str(error))
    gone = each.kind != "load balancer" or _balancer_is_gone(session, each.id)
    return ("", "") if gone else ("ResourceInUse", "")


def _stays(each: Orphan, why: str) -> str:
    return f"The {each.kind} {each.id} ({each.name or 'without a name'}) stays: {why.rstrip('.')}."


def _balancer_is_gone(session: Session, arn: str) -> bool:
    try:
        return not session.call("elbv2", "describe_load_balancers", LoadBalancerArns=[arn])["LoadBalancers"]
    except AwsError as error:
        if ABSENT in refusal(error):
            return True
        raise


def _part(session: Session, name: str, groups: list[str]) -> list[str]:
    """Remove the rules by which security groups refer to each other, since AWS deletes none that another refers to.

    Also from groups that stay, if they are the cluster's too; for a rule of somebody else's group, a sentence.
    """
    said = []
    networks = {each["VpcId"] for each in _groups(session, "group-id", groups)}
    for each in _groups(session, "vpc-id", sorted(networks)) if networks else []:
        goes = each["GroupId"] in groups
        refers: dict[str, list[dict[str, Any]]] = {
            kind: _references(each.get(kind) or [], groups, whole=goes) for kind in _REVOKE
        }
        if not any(refers.values()):
            continue
        if not goes and not tags.reason(tags_of(each.get("Tags") or []), name):
            said.append(
                f"The security group {each['GroupId']} ({each['GroupName']}) is not the cluster's, and a rule of it "
                f"refers to one that is: remove that rule."
            )
            continue
        for kind, permissions in refers.items():
            if permissions:
                session.call("ec2", _REVOKE[kind], GroupId=each["GroupId"], IpPermissions=permissions)
    return said


_REVOKE = {"IpPermissions": "revoke_security_group_ingress", "IpPermissionsEgress": "revoke_security_group_egress"}


def _groups(session: Session, by: str, values: list[str]) -> list[dict[str, Any]]:
    filters = [{"Name": by, "Values": values}]
    return account.listed(session, "ec2", "describe_security_groups", "SecurityGroups", Filters=filters)


def _references(permissions: list[dict[str, Any]], groups: list[str], *, whole: bool) -> list[dict[str, Any]]:
    """Return what to revoke: of a group that goes, every rule that names a group; of another, only those naming it."""
    found = []
    for each in permissions:
        pairs = [pair for pair in each.get("UserIdGroupPairs") or [] if whole or pair.get("GroupId") in groups]
        if pairs:
            named = [_only(pair, "GroupId", "UserId") for pair in pairs]
            found.append({**_only(each, "IpProtocol", "FromPort", "ToPort"), "UserIdGroupPairs": named})
    return found


def _only(of: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: of[key] for key in keys if key in of}


DELETERS: dict[str, Callable[[Session, Orphan], Any]] = {
    "load balancer": lambda at, each: at.call("elbv2", "delete_load_balancer", LoadBalancerArn=each.id),
    "classic load balancer": lambda at, each: at.call("elb", "delete_load_balancer", LoadBalancerName=each.id),
    "target group": lambda at, each: at.call("elbv2", "delete_target_group", TargetGroupArn=each.id),
    "network interface": lambda at, each: at.call("ec2", "delete_network_interface", NetworkInterfaceId=each.id),
    "security group": lambda at, each: at.call("ec2", "delete_security_group", GroupId=each.id),
    "volume": lambda at, each: at.call("ec2", "delete_volume", VolumeId=each.id),
    "snapshot": lambda at, each: at.call("ec2", "delete_snapshot", SnapshotId=each.id),
    "address": lambda at, each: at.call("ec2", "release_address", AllocationId=each.id),
    "log group": lambda at, each: at.call("logs", "delete_log_group", logGroupName=each.id),
}
