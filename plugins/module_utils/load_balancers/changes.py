"""What cannot be changed on a load balancer that is there: a Service as it is wanted, compared with the live one.

How each kind of change ends is from source: aws-load-balancer-controller 3.5.0, load_balancer_synthesizer.go and
load_balancer_manager.go, and docs/guide/service/annotations.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import published

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
SUBNETS, ALLOCATIONS = f"{PREFIX}subnets", f"{PREFIX}eip-allocations"
CERTIFICATE = f"{PREFIX}ssl-cert"
KEPT = (SUBNETS, ALLOCATIONS)
"""Annotations that stay as the live Service has them while no setting says otherwise."""
MADE_ANEW = "would be recreated, with other addresses and another DNS name"
NO_EFFECT = "would stay as it is, since this only counts when it is created"

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What is different: `what` it is, as it is (`live`) and as it is `wanted`, and what would become of it."""

    what: str
    live: str
    wanted: str
    outcome: str

    def __str__(self) -> str:
        """The change as a part of a sentence."""
        return f"{self.what} is {self.live or 'not set'} and should be {self.wanted or 'not set'}"


def entries(text: str) -> list[str]:
    """Return the entries of an annotation that holds a list."""
    return [each.strip() for each in text.split(",") if each.strip()]


def changes(
    live: Object,
    annotations: Mapping[str, str],
    load_balancer_class: str,
    same_subnets: Callable[[Sequence[str], Sequence[str]], bool] | None = None,
) -> list[Change]:
    """Return what differs of that which counts only when a load balancer is made.

    `annotations` are those that are wanted whatever is live; what they leave out of KEPT stays. `same_subnets` says
    whether a list of ids or names holds all the subnets of another one; without it they are compared as written.
    """
    there: Mapping[str, str] = live["metadata"].get("annotations") or {}
    found = [_class_change(live, load_balancer_class)]
    found += [_text_change(there, annotations, *each) for each in _TEXTS]
    found.append(_subnets_change(there, annotations, same_subnets or _holds))
    found.append(_allocations_change(there, annotations))
    return [each for each in found if each]


_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("scheme", "internal", MADE_ANEW),
    ("nlb-target-type", "instance", "would get other target groups, without a target until they are filled"),
    ("type", "", "would be left behind in AWS, and another one made"),
    ("name", "", NO_EFFECT),
    ("private-ipv4-addresses", "", NO_EFFECT),
)
"""Annotations without their prefix, the controller's default of each, and what a change of it does."""


def _text_change(
    there: Mapping[str, str], wanted: Mapping[str, str], key: str, default: str, does: str
) -> Change | None:
    before, after = there.get(PREFIX + key) or default, wanted.get(PREFIX + key) or default
    return Change(key, before, after, does) if before != after else None


def _class_change(live: Object, wanted: str) -> Change | None:
    before = str(live["spec"].get("loadBalancerClass") or "")
    if before == wanted:
        return None
    return Change("loadBalancerClass", before, wanted, "cannot change its class, which Kubernetes refuses")


def _subnets_change(
    there: Mapping[str, str],
    wanted: Mapping[str, str],
    same_subnets: Callable[[Sequence[str], Sequence[str]], bool],
) -> Change | None:
    """A further subnet is another zone, which AWS adds; removing one removes an address."""
    before, after = entries(there.get(SUBNETS, "")), entries(wanted.get(SUBNETS, ""))
    if not after or same_subnets(after, before):
        return None
    return Change("subnets", ",".join(before), ",".join(after), "would lose a zone, and that zone's address")


def _holds(wanted: Sequence[str], live: Sequence[str]) -> bool:
    return bool(live) and set(live) <= set(wanted)


def _allocations_change(there: Mapping[str, str], wanted: Mapping[str, str]) -> Change | None:
    before, after = entries(there.get(ALLOCATIONS, "")), entries(wanted.get(ALLOCATIONS, ""))
    # One more, for a zone more, is none that is changed.
    if not after or (before and _of_subnets(there).items() <= _of_subnets(wanted).items()):
        return None
    return Change("eip-allocations", ",".join(before), ",".join(after), NO_EFFECT)


def _of_subnets(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return the allocations by their subnets; by their place where no subnets are named."""
    allocations = entries(annotations.get(ALLOCATIONS, ""))
    subnets = entries(annotations.get(SUBNETS, "")) or [str(place) for place in range(len(allocations))]
    return dict(zip(subnets, allocations, strict=False))


def host_of(live: Object | None) -> str:
    """Return the DNS name of a Service's load balancer; empty while there is none."""
    points = published.points(live)
    return next((str(each["hostname"]) for each in points if each.get("hostname")), "")
