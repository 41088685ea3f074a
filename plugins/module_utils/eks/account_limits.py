"""Whether a new cluster fits into the account's quotas: judged before CloudFormation works for 20 minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ansible_collections.landfall.eks.plugins.module_utils.aws.quotas import ADDRESSES, Quota, Use, limit
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import NodeGroup, instance_types

ON_DEMAND = Quota("vCPUs of standard on-demand instances", "ec2", "L-1216C47A", 5)
SPOT = Quota("vCPUs of standard spot instances", "ec2", "L-34B43A08", 5)
VPCS = Quota("VPCs", "vpc", "L-F678F1CE", 5)
_STANDARD = re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d")
"""Families of the two quotas of vCPUs: A, C, D, H, I, M, R, T and Z (EC2 user guide, ec2-on-demand-instances). Others,
such as p, g, x, inf and trn, have quotas of their own, which are not judged."""
_ALIVE = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]


def judge(session: Session, groups: Sequence[NodeGroup], gateways: int) -> Iterator[tuple[str, str]]:
    """Yield what does not fit, and what could not be judged, a sentence each; either may be empty.

    `groups` are the new cluster's, `gateways` how many NAT gateways it has, 0 for no network. A quota that
    cannot be read is no problem.
    """
    network = (_networks(session), _addresses(session, gateways)) if gateways else ()
    for uses in (*network, _vcpus(session, groups)):
        try:
            for use, otherwise in uses:
                yield (
                    use.problem(otherwise) if use.short else "",
                    f"Not judged: {use.line}." if use.limit is None else "",
                )
        except AwsError as error:
            yield "", f"A quota was not judged ({refusal(error) or 'no answer'}): {error}"


def _networks(session: Session) -> Iterator[tuple[Use, str]]:
    count = sum(len(page["Vpcs"]) for page in session.pages("ec2", "describe_vpcs"))
    yield Use(VPCS, limit(session, VPCS), count, 1), "delete one that nothing uses"


def _addresses(session: Session, gateways: int) -> Iterator[tuple[Use, str]]:
    count = len(session.call("ec2", "describe_addresses")["Addresses"])
    otherwise = "write cluster_nat_gateways: one" if gateways > 1 else "release one that nothing uses"
    yield Use(ADDRESSES, limit(session, ADDRESSES), count, gateways), otherwise


def _vcpus(session: Session, groups: Sequence[NodeGroup]) -> Iterator[tuple[Use, str]]:
    """Yield the use of both quotas, as far as the groups need them; of a group's instance types the smallest counts."""
    sizes = _sizes(session, groups)
    wanted = {ON_DEMAND: 0, SPOT: 0}
    for group in groups:
        own = [sizes[kind] for kind in instance_types(group) if kind in sizes]
        wanted[SPOT if group.capacity == "spot" else ON_DEMAND] += group.desired * min(own, default=0)
    used = _used(session) if any(wanted.values()) else {}
    for quota, more in wanted.items():
        if more:
            yield Use(quota, limit(session, quota), used.get(quota, 0), more), "write fewer or smaller nodes"


def _sizes(session: Session, groups: Sequence[NodeGroup]) -> dict[str, int]:
    """Return the vCPUs of the groups' standard instance types."""
    kinds = sorted({kind for group in groups for kind in instance_types(group) if _STANDARD.match(kind)})
    if not kinds:
        return {}
    pages = session.pages("ec2", "describe_instance_types", InstanceTypes=kinds)
    return {each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for page in pages for each in page["InstanceTypes"]}


def _used(session: Session) -> dict[Quota, int]:
    """Return the vCPUs that the region's standard instances have."""
    used = {ON_DEMAND: 0, SPOT: 0}
    for page in session.pages("ec2", "describe_instances", Filters=_ALIVE):
        for each in (instance for reservation in page["Reservations"] for instance in reservation["Instances"]):
            if _STANDARD.match(each["InstanceType"]):
                size = each.get("CpuOptions") or {}
                quota = SPOT if each.get("InstanceLifecycle") == "spot" else ON_DEMAND
                used[quota] += size.get("CoreCount", 0) * size.get("ThreadsPerCore", 1)
    return used
