"""What the platform's own live Ingresses publish: host names, and where the load balancer before them is.

Ingresses of others with the same class decide nothing here: no name, no address, and nobody waits for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import marks
from ansible_collections.landfall.eks.plugins.module_utils.kube.published import points

INGRESS_CLASS = "nginx"
"""The class of the platform's Ingresses."""
BETWEEN_LOOKS = 1.0
"""Seconds between two looks at Ingresses whose controller has not written their load balancer yet."""


@dataclass(frozen=True)
class Published:
    """Host names, and of the load balancer its DNS names and IP addresses.

    `waiting` are the Ingresses, as namespace/name, that have no load balancer yet; `taken` are our names that
    somebody else's Ingress has, with that Ingress.
    """

    names: tuple[str, ...] = ()
    balancers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Own:
    """The (namespace, release, host) of each name of a component, and the names that a person typed."""

    names: frozenset[tuple[str, str, str]] = frozenset()
    typed: frozenset[str] = frozenset()

    def of(self, ingress: Mapping[str, Any]) -> set[str]:
        """Return the names that an Ingress is ours for; none for one of others.

        Ours is one of our releases, in its namespace, for the host of that release or for one that was typed.
        """
        if not _is_nginx(ingress):
            return set()
        place = (ingress["metadata"]["namespace"], marks.release_of(ingress))
        ours = {host for *where, host in self.names if tuple(where) == place}
        return _hosts(ingress) & (ours | self.typed) if ours else set()


def own_of(names: Iterable[Mapping[str, str]], typed: Collection[str] = ()) -> Own:
    """Return what is ours from rows {host, namespace, release} and the names that a person typed."""
    return Own(frozenset((each["namespace"], each["release"], each["host"]) for each in names), frozenset(typed))


def published(ingresses: Iterable[Mapping[str, Any]], own: Own) -> Published:
    """Return what those Ingresses of a list publish that are ours.

    One that has no load balancer is not waited for where an older one of somebody else has all of its names.
    """
    listed = list(ingresses)
    ours = [each for each in listed if own.of(each)]
    taken = {host: by for each in ours if not points(each) for host, by in _taken(each, own, listed).items()}
    served = [each for each in ours if own.of(each) - taken.keys()]
    found = [point for each in served for point in points(each)]
    return Published(
        names=tuple(sorted({host for each in served for host in own.of(each)} - taken.keys())),
        balancers=_unique(found, "hostname"),
        addresses=_unique(found, "ip"),
        waiting=tuple(_title(each) for each in served if not points(each)),
        taken=taken,
    )


def _taken(ours: Mapping[str, Any], own: Own, listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return who else, as namespace/name, has the names of one of our Ingresses, by name.

    Of two Ingresses for one host NGINX serves the older one, by uid where they are of one second, and rejects the
    other (docs/configuration/host-and-listener-collisions of kubernetes-ingress 5).
    """
    older = [each for each in listed if _is_nginx(each) and not own.of(each) and _age(each) < _age(ours)]
    return {host: _title(each) for each in older for host in _hosts(each) & own.of(ours)}


def _age(ingress: Mapping[str, Any]) -> tuple[str, str]:
    metadata = ingress["metadata"]
    return str(metadata.get("creationTimestamp") or ""), str(metadata.get("uid") or "")


def _title(ingress: Mapping[str, Any]) -> str:
    return f"{ingress['metadata']['namespace']}/{ingress['metadata']['name']}"


def _is_nginx(ingress: Mapping[str, Any]) -> bool:
    return bool(ingress["spec"].get("ingressClassName") == INGRESS_CLASS)


def _hosts(ingress: Mapping[str, Any]) -> set[str]:
    return {rule.get("host") or "" for rule in ingress["spec"].get("rules") or []}


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
