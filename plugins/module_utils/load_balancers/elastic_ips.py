"""Elastic IPs of a load balancer: allocated before it, one in each zone, found again by their tags, kept for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import quotas
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal, tags_of

CLUSTER, SERVICE, ZONE = "landfall.eks/cluster", "landfall.eks/service", "landfall.eks/zone"
TO_COME = "allocated-by-the-run"
"""The placeholder of an allocation id in a plan."""
WOULD_DO = "DryRunOperation"


@dataclass(frozen=True)
class Address:
    """One of our Elastic IPs; `zone` is the one it is kept for, `used` whether something has it."""

    allocation_id: str
    ip: str
    service: str
    zone: str
    used: bool


@dataclass(frozen=True)
class Room:
    """How many Elastic IPs the region may have and has; `note` says where the number is an assumption."""

    quota: int
    taken: int
    note: str


def find(session: Session, cluster: str, service: str = "") -> list[Address]:
    """Return the Elastic IPs of a cluster, or of one release of it, sorted by release, zone and id. AwsError."""
    filters = [{"Name": f"tag:{CLUSTER}", "Values": [cluster]}]
    if service:
        filters.append({"Name": f"tag:{SERVICE}", "Values": [service]})
    # Without pages: this call of EC2's has none.
    found = session.call("ec2", "describe_addresses", Filters=filters)["Addresses"]
    return sorted((_address(each) for each in found), key=lambda each: (each.service, each.zone, each.allocation_id))


def _address(found: dict[str, Any]) -> Address:
    tags = tags_of(found.get("Tags") or [])
    used = bool(found.get("AssociationId") or found.get("NetworkInterfaceId") or found.get("InstanceId"))
    return Address(
        found["AllocationId"], str(found.get("PublicIp", "")), tags.get(SERVICE, ""), tags.get(ZONE, ""), used
    )


def dealt(found: Sequence[Address], zones: Sequence[str]) -> dict[str, Address]:
    """Return which address each zone gets: the one kept for it, else one that is kept for no zone and used by nothing.

    One for each zone at most; a zone without one is missing.
    """
    given: dict[str, Address] = {}
    for each in found:
        if each.zone in zones:
            given.setdefault(each.zone, each)
    spare = [each for each in found if each not in given.values() and not each.used]
    for zone in zones:
        if zone not in given and spare:
            given[zone] = spare.pop(0)
    return given


def room(session: Session) -> Room:
    """Return the quota of Elastic IPs and how many there are, those of NAT gateways and of others included. AwsError.

    The quota needs a permission that few roles have; without it AWS's default stands there, and the note says so.
    """
    taken = len(session.call("ec2", "describe_addresses")["Addresses"])
    limit = quotas.limit(session, quotas.ADDRESSES)
    if limit is not None:
        return Room(limit, taken, "")
    default = quotas.ADDRESSES.default
    note = f"the quota could not be read (servicequotas:GetServiceQuota), so AWS's default of {default} was taken"
    return Room(default, taken, note)


def missing(session: Session, cluster: str, service: str, zones: Sequence[str]) -> int:
    """Return how many of these zones have no Elastic IP yet. AwsError."""
    return len(zones) - len(dealt(find(session, cluster, service), zones))


def hindrance(session: Session, cluster: str, service: str, count: int, promised: int = 0) -> str:
    """Return why `count` more Elastic IPs cannot be had, as the end of a sentence; empty if they can. AwsError.

    Nothing is allocated: AWS is asked with DryRun. `promised` are those that others of this run will allocate.
    """
    if not count:
        return ""
    if problem := _refused(session, cluster, service):
        return problem
    there = room(session)
    if there.taken + promised + count <= there.quota:
        return ""
    others = f" and {promised} promised to others of this run" if promised else ""
    assumed = f"; {there.note}" if there.note else ""
    return (
        f"{count} more are needed and the region has {there.taken} of {there.quota}, those of NAT gateways "
        f"included{others}{assumed}"
    )


def _refused(session: Session, cluster: str, service: str) -> str:
    try:
        session.call("ec2", "allocate_address", DryRun=True, **_request(cluster, service, ""))
    except AwsError as error:
        return "" if refusal(error) == WOULD_DO else str(error).rstrip(".")
    return ""


@dataclass(frozen=True)
class Ensured:
    """The addresses in the order of the zones, and what was, or in a plan would be, `made` and `moved` for that."""

    addresses: tuple[Address, ...]
    made: int
    moved: int

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was."""
        return bool(self.made or self.moved)


def ensure(session: Session, cluster: str, service: str, zones: Sequence[str], dry: bool = False) -> Ensured:
    """Give each zone its Elastic IP, allocating what is missing; `dry` only says what would be done. AwsError.

    A run that is killed in between leaves tagged addresses, which the next one finds.
    """
    found = find(session, cluster, service)
    given = dealt(found, zones)
    made = moved = 0
    for zone in zones:
        if zone not in given:
            made += 1
            given[zone] = Address(TO_COME, "", service, zone, False) if dry else _made(session, cluster, service, zone)
        elif given[zone].zone != zone:
            moved += 1
            if not dry:
                tags = _tags(cluster, service, zone)
                session.call("ec2", "create_tags", Resources=[given[zone].allocation_id], Tags=tags)
            given[zone] = replace(given[zone], zone=zone)
    return Ensured(tuple(given[zone] for zone in zones), made, moved)


def _made(session: Session, cluster: str, service: str, zone: str) -> Address:
    answer = session.call("ec2", "allocate_address", **_request(cluster, service, zone))
    return Address(answer["AllocationId"], answer["PublicIp"], service, zone, False)


def _request(cluster: str, service: str, zone: str) -> dict[str, Any]:
    tags = _tags(cluster, service, zone)
    # With the call itself, so that no address is ever without its tags.
    return {"Domain": "vpc", "TagSpecifications": [{"ResourceType": "elastic-ip", "Tags": tags}]}


def _tags(cluster: str, service: str, zone: str) -> list[dict[str, str]]:
    tags = {CLUSTER: cluster, SERVICE: service, ZONE: zone, "Name": f"{cluster} {service} {zone}".strip()}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass(frozen=True)
class Released:
    """What went (or in a plan would go), and what could not, since a load balancer or something else has it."""

    gone: tuple[Address, ...]
    used: tuple[Address, ...]


def release(session: Session, cluster: str, service: str = "", dry: bool = False) -> Released:
    """Release the Elastic IPs of a cluster, or of one release of it, that nothing uses. AwsError."""
    found = find(session, cluster, service)
    free = tuple(each for each in found if not each.used)
    for each in () if dry else free:
        try:
            session.call("ec2", "release_address", AllocationId=each.allocation_id)
        except AwsError as error:
            # Somebody else was quicker: it is gone, which is what was wanted.
            if refusal(error) != "InvalidAllocationID.NotFound":
                raise
    return Released(free, tuple(each for each in found if each.used))
