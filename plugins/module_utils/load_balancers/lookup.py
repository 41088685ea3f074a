"""Where a network load balancer is reached: found by its DNS name, its addresses by Elastic IPs or interfaces."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session

BETWEEN_LOOKS = 5.0
"""Seconds between two looks at a load balancer that is not there as a whole yet."""
UNLISTED = 15.0
"""Seconds after which a load balancer that AWS does not list is one of another account or region: its Service has its
name only once AWS has made it."""
READY = frozenset({"active", "active_impaired"})


@dataclass(frozen=True)
class Balancer:
    """A load balancer.

    `zones` are {zone: {subnet, and the Elastic IP of it, if any}}; AWS keeps its DNS name in `hosted_zone`.
    """

    name: str
    dns_name: str
    internal: bool
    state: str
    zones: dict[str, dict[str, str]]
    hosted_zone: str = ""

    @property
    def subnets(self) -> list[str]:
        """The ids of its subnets."""
        return sorted(each["subnet"] for each in self.zones.values())


@dataclass(frozen=True)
class BalancerAddresses:
    """The addresses of load balancers; `way` says in words where they are from, `missing` what is not there yet."""

    addresses: tuple[str, ...]
    way: str
    missing: str
    listed: bool = True


def balancers(session: Session, dns_names: Sequence[str]) -> list[Balancer]:
    """Return the load balancers of these DNS names. AwsError.

    AWS has no filter for them and promises nothing about what such a name is made of, so all are listed and compared.
    """
    wanted = {name.lower() for name in dns_names}
    pages = session.pages("elbv2", "describe_load_balancers")
    listed = [each for page in pages for each in page["LoadBalancers"]]
    return [_balancer(each) for each in listed if str(each.get("DNSName", "")).lower() in wanted]


def _balancer(listed: dict[str, Any]) -> Balancer:
    zones = {}
    for zone in listed.get("AvailabilityZones") or []:
        given = [each.get("IpAddress", "") for each in zone.get("LoadBalancerAddresses") or []]
        zones[str(zone["ZoneName"])] = {
            "subnet": str(zone.get("SubnetId", "")),
            "elastic": next(filter(None, given), ""),
        }
    return Balancer(
        name=str(listed["LoadBalancerName"]),
        dns_name=str(listed["DNSName"]),
        internal=listed.get("Scheme") == "internal",
        state=str((listed.get("State") or {}).get("Code", "active")),
        zones=zones,
        hosted_zone=str(listed.get("CanonicalHostedZoneId", "")),
    )


def find_addresses(session: Session, dns_names: Sequence[str]) -> BalancerAddresses:
    """Look once for the addresses of the load balancers of these names. AwsError."""
    there = balancers(session, dns_names)
    if not there:
        missing = f"AWS lists no load balancer {', '.join(dns_names)} in the region {session.region}"
        return BalancerAddresses((), "", missing, listed=False)
    found = [_addresses_of(session, each) for each in there]
    addresses = sorted({address for each in found for address in each.addresses})
    ways = sorted({each.way for each in found if each.way})
    return BalancerAddresses(
        tuple(addresses), " and ".join(ways), "; ".join(each.missing for each in found if each.missing)
    )


def _addresses_of(session: Session, balancer: Balancer) -> BalancerAddresses:
    elastic = tuple(each["elastic"] for each in balancer.zones.values() if each["elastic"])
    if elastic and len(elastic) == len(balancer.zones) and not balancer.internal:
        return BalancerAddresses(elastic, "its Elastic IPs", not_ready(balancer))
    by_subnet = _by_subnet(session, balancer)
    without = [zone for zone, each in balancer.zones.items() if each["subnet"] not in by_subnet]
    missing = f"{balancer.name} has no address yet in {', '.join(sorted(without))}" if without else not_ready(balancer)
    return BalancerAddresses(tuple(by_subnet.values()), "its network interfaces", missing)


def not_ready(balancer: Balancer) -> str:
    """Return that a load balancer is still being made; empty for one that serves."""
    return "" if balancer.state in READY else f"{balancer.name} is still {balancer.state}"


def _by_subnet(session: Session, balancer: Balancer) -> dict[str, str]:
    """Return the address that faces the clients by its interface's subnet.

    AWS describes the interfaces that it makes for a network load balancer as `ELB net/<its name>/<its id>`.
    """
    filters = [{"Name": "description", "Values": [f"ELB net/{balancer.name}/*"]}]
    pages = session.pages("ec2", "describe_network_interfaces", Filters=filters)
    found = {}
    for each in (interface for page in pages for interface in page["NetworkInterfaces"]):
        public = (each.get("Association") or {}).get("PublicIp", "")
        address = each.get("PrivateIpAddress", "") if balancer.internal else public
        if address:
            found[str(each["SubnetId"])] = str(address)
    return found


def wait(
    session: Session,
    dns_names: Sequence[str],
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> BalancerAddresses:
    """Look until nothing is missing, or return the last answer after `timeout` seconds. AwsError."""
    start = clock()
    while True:
        found = find_addresses(session, dns_names)
        if not found.missing or clock() - start >= (timeout if found.listed else min(timeout, UNLISTED)):
            return found
        sleep(BETWEEN_LOOKS)
