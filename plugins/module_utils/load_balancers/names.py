"""The names by which people reach load balancers directly, which their certificates have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint


def reached(releases: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the hosts of load balancers that lead to one release alone, of release specifications (helm_release)."""
    return [host for each in releases if (host := (each.get("load_balancer") or {}).get("host"))]


def domains(hosts: Iterable[str], region: str) -> list[str]:
    """Return the domain of the names that AWS gives to such load balancers; none without any, or without a region."""
    return [endpoint.balancer_domain(region)] if region and any(hosts) else []
