"""May one reach the other? As the API's reference says of NetworkPolicy (networking.k8s.io/v1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Policy = dict[str, Any]


@dataclass(frozen=True)
class End:
    """A pod by its namespace and labels; without a namespace, something outside of the cluster by its address."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str = "10.0.77.7"


def may_reach(policies: Sequence[Policy], source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Say whether `source` may connect to a port of `target`: egress of the one and ingress of the other allow it."""
    leaves = _allows(policies, source, target, "Egress", (port, protocol))
    return leaves and _allows(policies, target, source, "Ingress", (port, protocol))


def _allows(policies: Sequence[Policy], pod: End, other: End, direction: str, at: tuple[int, str]) -> bool:
    field_name, side = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    deciding = [each for each in policies if _selects(each, pod) and direction in each["spec"]["policyTypes"]]
    if not deciding:
        return True
    return any(
        _at(rule, at) and _peer(rule.get(side), other, each["metadata"]["namespace"])
        for each in deciding
        for rule in each["spec"].get(field_name) or []
    )


def _selects(policy: Policy, pod: End) -> bool:
    return pod.namespace == policy["metadata"]["namespace"] and _match(policy["spec"]["podSelector"], pod.labels)


def _at(rule: dict[str, Any], at: tuple[int, str]) -> bool:
    ports = rule.get("ports")
    return not ports or any((each["port"], each["protocol"]) == at for each in ports)


def _peer(peers: Sequence[dict[str, Any]] | None, other: End, namespace: str) -> bool:
    return not peers or any(_is_peer(each, other, namespace) for each in peers)


def _is_peer(peer: dict[str, Any], other: End, namespace: str) -> bool:
    if "ipBlock" in peer:
        # The Amazon VPC CNI, the strictest reading for us, matches pods by their address too.
        return ipaddress.ip_address(other.address) in ipaddress.ip_network(peer["ipBlock"]["cidr"])
    if not other.namespace or not _match(peer.get("podSelector") or {}, other.labels):
        return False
    if "namespaceSelector" not in peer:
        return other.namespace == namespace
    return _match(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace})


def _match(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}
    return (selector.get("matchLabels") or {}).items() <= labels.items()


def without(policies: Sequence[Policy], place: tuple[str, str]) -> list[Policy]:
    """Return the policies without one, by namespace and name."""
    return [each for each in policies if (each["metadata"]["namespace"], each["metadata"]["name"]) != place]


def selecting(policies: Sequence[Policy], pod: End) -> Iterator[str]:
    """Yield the names of the policies that select a pod."""
    yield from (each["metadata"]["name"] for each in policies if _selects(each, pod))
