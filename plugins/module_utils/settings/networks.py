"""Networks and addresses in settings, and who may enter."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import address_problem
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation

IPV4 = 4
"""The version of a network of IPv4, as ipaddress counts it."""


def check_networks(at: Situation) -> Iterator[str]:
    """Networks are in CIDR notation, with no address bits left of the mask."""
    for name, value in at.ending("_cidrs", "_cidr"):
        listed = value if isinstance(value, list) else [value]
        for cidr in listed if not at.follows(name) else ():
            if problem := network_problem(str(cidr)):
                yield f"{name} ({cidr!r}) {problem}."


def network_problem(cidr: str) -> str:
    """Return what is wrong with a network, as the end of a sentence that began with it; empty if nothing."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return "is no network: write one in CIDR notation, such as 203.0.113.0/24"
    if "/" not in cidr:
        return f"has no prefix length: write {network}"
    address = ipaddress.ip_interface(cidr).ip
    if address != network.network_address:
        return f"is an address inside of a network: write {network} or {address}/{address.max_prefixlen}"
    return ""


def check_who_may_enter(at: Situation) -> Iterator[str]:
    """On a real cluster, who may reach it is somebody's decision: open to all has to be typed."""
    if not at.real:
        return
    for name, value in at.values.items():
        if (
            name.endswith("_allowed_cidrs")
            and not value
            and at.settings[name].role in at.roles
            and not at.follows(name)
        ):
            yield (
                f"{name} is empty: write the networks that may reach it, such as ['203.0.113.0/24'] "
                "(['0.0.0.0/0'] is everybody)."
            )


def check_families(at: Situation) -> Iterator[str]:
    """Who may enter comes by IPv4: our load balancers have no other addresses.

    The load balancer controller stops at such a network (`unsupported v6 cidr … when lb is not dualstack`,
    aws-load-balancer-controller 3.5.0, pkg/service/model_build_managed_sg.go), and leaves the rules of a live load
    balancer as they were.
    """
    if at.values.get("platform_state") == "absent":
        return
    for name, value in at.ending("_allowed_cidrs"):
        for cidr in value if not at.follows(name) else ():
            if not network_problem(str(cidr)) and ipaddress.ip_network(cidr).version != IPV4:
                yield (
                    f"{name} ({cidr!r}) is an IPv6 network, and Landfall's load balancers have IPv4 addresses alone: "
                    "remove it."
                )


def check_load_balancer(at: Situation) -> Iterator[str]:
    """Elastic IPs are one per subnet, and only for a load balancer that faces the internet."""
    for prefix in [name.removesuffix("_eip_allocations") for name in at.values if name.endswith("_eip_allocations")]:
        yield from _elastic_ip_problems(at, prefix)


def _elastic_ip_problems(at: Situation, prefix: str) -> Iterator[str]:
    subnets = at.values.get(f"{prefix}_subnets") or []
    addresses = at.values.get(f"{prefix}_eip_allocations") or []
    internal = at.values.get(f"{prefix}_scheme") == "internal"
    if addresses and len(addresses) != len(subnets):
        yield (
            f"{prefix}_eip_allocations has {len(addresses)} entries and {prefix}_subnets has {len(subnets)}: "
            "write one allocation for each subnet, in the same order."
        )
    if addresses and internal:
        yield f"{prefix}_eip_allocations is set though {prefix}_scheme is internal: empty the one, or change the other."
    elif at.values.get(f"{prefix}_addresses") == "eip" and internal:
        yield (
            f"{prefix}_addresses is eip though {prefix}_scheme is internal, and Elastic IPs face the internet: write "
            f"{prefix}_addresses: {at.settings[f'{prefix}_addresses'].option['default']}."
        )


def check_addresses(at: Situation) -> Iterator[str]:
    """Addresses that are handed in are such as a load balancer has."""
    for address in at.values.get("hosts_addresses") or []:
        if problem := address_problem(address):
            yield f"hosts_addresses ({address!r}) {problem}."
