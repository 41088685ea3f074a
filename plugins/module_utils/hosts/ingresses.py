"""What the platform's own live Ingresses publish: host names, and where the load balancer before them is.

Ingresses of others with the same class decide nothing here: no name, no address, and nobody waits for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.published import points

BETWEEN_LOOKS = 1.0
"""Seconds between two looks at Ingresses whose controller has not written their load balancer yet."""


@dataclass(frozen=True)
class Published:
    """Host names, and of the load balancer its DNS names and IP addresses.

    `waiting` are the Ingresses, as namespace/name, that have no load balancer yet.
    """

    names: tuple[str, ...] = ()
    balancers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """The class of the platform's Ingresses, and the (namespace, host) of each name that may be published."""

    ingress_class: str
    names: frozenset[tuple[str, str]]

    def of(self, ingress: Mapping[str, Any]) -> set[str]:
        """Return the names that an Ingress is ours for; none for one of others."""
        if ingress["spec"].get("ingressClassName") != self.ingress_class:
            return set()
        hosts = {rule.get("host") or "" for rule in ingress["spec"].get("rules") or []}
        return {host for host in hosts if (ingress["metadata"]["namespace"], host) in self.names}


def own_of(ingress_class: str, names: Iterable[Mapping[str, str]]) -> Own:
    """Return what is ours from rows {host, namespace}."""
    return Own(ingress_class, frozenset((each["namespace"], each["host"]) for each in names))


def published(ingresses: Iterable[Mapping[str, Any]], own: Own) -> Published:
    """Return what those Ingresses of a list publish that are ours."""
    ours = [each for each in ingresses if own.of(each)]
    found = [point for each in ours for point in points(each)]
    return Published(
        names=tuple(sorted({host for each in ours for host in own.of(each)})),
        balancers=_unique(found, "hostname"),
        addresses=_unique(found, "ip"),
        waiting=tuple(
            f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in ours if not points(each)
        ),
    )


def wait(
    read: Callable[[], Iterable[Mapping[str, Any]]],
    own: Own,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Published:
    """Read until each of our Ingresses has a load balancer; return the last answer after `timeout` seconds."""
    deadline = clock() + timeout
    while True:
        found = published(read(), own)
        if not found.waiting or clock() >= deadline:
            return found
        sleep(BETWEEN_LOOKS)


def _unique(points: Iterable[Mapping[str, str]], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(point[field] for point in points if point.get(field)))
