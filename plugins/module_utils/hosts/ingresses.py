"""What the live Ingresses of a class publish: host names, and where the load balancer before them is."""

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


def published(ingresses: Iterable[Mapping[str, Any]], ingress_class: str) -> Published:
    """Return what those Ingresses of a list publish that name this class."""
    ours = [each for each in ingresses if each["spec"].get("ingressClassName") == ingress_class]
    found = [point for each in ours for point in points(each)]
    rules = [rule for each in ours for rule in each["spec"].get("rules") or []]
    return Published(
        names=tuple(sorted({rule["host"] for rule in rules if rule.get("host")})),
        balancers=_unique(found, "hostname"),
        addresses=_unique(found, "ip"),
        waiting=tuple(
            f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in ours if not points(each)
        ),
    )


def wait(
    read: Callable[[], Iterable[Mapping[str, Any]]],
    ingress_class: str,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Published:
    """Read until each Ingress of the class has a load balancer; return the last answer after `timeout` seconds."""
    deadline = clock() + timeout
    while True:
        found = published(read(), ingress_class)
        if not found.waiting or clock() >= deadline:
            return found
        sleep(BETWEEN_LOOKS)


def _unique(points: Iterable[Mapping[str, str]], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(point[field] for point in points if point.get(field)))
