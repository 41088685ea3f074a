"""What a run does about each load balancer: keep it, make it, replace it, or refuse the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import changes as changing
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import AUTO_MODE_CLASS

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A Service of type LoadBalancer as the settings want it.

    `settings` is the prefix of the variables that are about it (ingress, argocd); `annotations` are those that follow
    from the settings alone; `addresses` is auto, eip, eni or dns, and `without_eip` what it may be where Elastic IPs
    cannot be had; `replace` is the DNS name of the load balancer that may go.
    """

    release: str
    namespace: str
    name: str
    settings: str
    load_balancer_class: str
    annotations: Mapping[str, str]
    scheme: str
    addresses: str
    replace: str = ""
    without_eip: str = "dns"


def rows_of(releases: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the Services of release specifications (roles/helm_release) that have a load balancer."""
    same = ("settings", "annotations", "scheme", "addresses", "replace", "without_eip")
    return [
        Row(
            release=each["name"],
            namespace=each["namespace"],
            name=each["load_balancer"]["service"],
            load_balancer_class=each["load_balancer"]["class"],
            **{name: each["load_balancer"][name] for name in same},
        )
        for each in releases
        if each.get("load_balancer")
    ]


@dataclass
class Planned:
    """What is planned for one Service.

    `annotations` come on top of the wanted ones; `subnets` and `zones`, side by side, are where to allocate
    Elastic IPs; `replace` says that the live Service goes first.
    """

    namespace: str
    name: str
    annotations: dict[str, str] = field(default_factory=dict)
    subnets: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    replace: bool = False
    line: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Where a load balancer is to be, subnets and zones side by side; or why it cannot have Elastic IPs there."""

    subnets: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    hindrance: str = ""


class Account(Protocol):
    """What AWS is asked, only where an answer is needed."""

    def holds(self, wanted: Sequence[str], there: Sequence[str], host: str) -> bool:
        """Say whether the subnets `wanted` (ids or names) hold all of `there`, or of the load balancer `host`."""

    def places(self, release: str, scheme: str, subnets: Sequence[str]) -> Places:
        """Find the places of a new load balancer, in these subnets or in those that the tags say."""


class NoAccount:
    """Nobody to ask, since boto3 is missing."""

    def holds(self, wanted: Sequence[str], there: Sequence[str], host: str) -> bool:  # noqa: ARG002
        """Say that it cannot be seen."""
        return False

    def places(self, release: str, scheme: str, subnets: Sequence[str]) -> Places:  # noqa: ARG002
        """Say what is missing."""
        return Places(hindrance="AWS cannot be asked without the Python package boto3, which requirements.txt has")


def plan(row: Row, live: Object | None, account: Account) -> Planned:
    """Decide on one Service, of which `live` is what the cluster has. Nothing is changed, here or in AWS."""
    planned = Planned(row.namespace, row.name)
    if live is None:
        _create(planned, row, account)
        return planned
    host = changing.host_of(live)
    found = _changes(row, live, host, account)
    if host and row.replace == host:
        _create(planned, row, account)
        planned.replace = bool(found) or (bool(planned.zones) and not _annotations(live).get(changing.ALLOCATIONS))
    if planned.replace:
        planned.line = f"{host} is replaced, as {row.settings}_replace says; {planned.line}"
        return planned
    kept = _annotations(live)
    annotations = {key: kept[key] for key in changing.KEPT if key in kept and not row.annotations.get(key)}
    problems = planned.problems or _refusals(row, live, host, found)
    line = (host or "not there yet") + (_RETARGETED if host and _is_retargeted(row, kept) else "")
    return Planned(row.namespace, row.name, annotations, line=line, problems=problems)


_RETARGETED = (
    ", with another listener: it sends to a new target group, and nobody connects until that has targets, for about a "
    "minute"
)


def _is_retargeted(row: Row, kept: Mapping[str, str]) -> bool:
    """Tell whether TLS ends elsewhere from now on, for which a target group has another protocol."""
    return (changing.CERTIFICATE in kept) != (changing.CERTIFICATE in row.annotations)


def _annotations(live: Object) -> Mapping[str, str]:
    return live["metadata"].get("annotations") or {}


def _changes(row: Row, live: Object, host: str, account: Account) -> list[changing.Change]:
    def holds(wanted: Sequence[str], there: Sequence[str]) -> bool:
        if there and _alike(wanted, there):
            return set(there) <= set(wanted)
        # What cannot be seen is not risked: the change is refused, and the old setting still works.
        return account.holds(wanted, there, host)

    found = changing.changes(live, row.annotations, row.load_balancer_class, holds)
    # Without a load balancer there is nothing to lose, but Kubernetes still refuses another class.
    return [each for each in found if host or each.what == "loadBalancerClass"]


def _refusals(row: Row, live: Object, host: str, found: Sequence[changing.Change]) -> list[str]:
    problems = [_refusal(row, host, each) for each in found]
    named = row.annotations.get(changing.ALLOCATIONS) or _annotations(live).get(changing.ALLOCATIONS)
    if host and row.addresses == "eip" and not named:
        problems.append(
            f"{row.settings}_addresses is eip, and {host} was made without Elastic IPs, which cannot be given to it "
            f"later: write {row.settings}_addresses: {row.without_eip}, or {_on_purpose(row, host)}."
        )
    return problems


def _refusal(row: Row, host: str, change: changing.Change) -> str:
    service = f"{row.namespace}/{row.name}"
    if not host:
        return (
            f"The Service {service} {change.outcome}: {change}. It has no load balancer yet, so delete it: "
            f"kubectl delete service {row.name} -n {row.namespace}."
        )
    return (
        f"The load balancer of the Service {service} {change.outcome}: {change}. Leave that setting as it was, or "
        f"{_on_purpose(row, host)}."
    )


def _on_purpose(row: Row, host: str) -> str:
    return (
        f"write {row.settings}_replace: {host} to have it replaced, which takes its addresses off the air for minutes"
    )


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether both are ids, or both are names: then they can be compared as they are."""
    kinds = {each.startswith("subnet-") for each in (*one, *other)}
    return len(kinds) == 1


def _create(planned: Planned, row: Row, account: Account) -> None:
    """Add to `planned` which addresses a load balancer that is to be made gets."""
    if row.annotations.get(changing.ALLOCATIONS):
        planned.line = "made with the Elastic IPs that the settings name"
    elif row.scheme == "internal" or row.addresses in {"eni", "dns"}:
        planned.line = "made with addresses that AWS chooses"
    elif row.load_balancer_class == AUTO_MODE_CLASS and row.addresses == "auto":
        planned.line = "made with addresses that AWS chooses, since EKS Auto Mode does not promise to take Elastic IPs"
    else:
        _allocate(planned, row, account)


def _allocate(planned: Planned, row: Row, account: Account) -> None:
    places = account.places(row.release, row.scheme, changing.entries(row.annotations.get(changing.SUBNETS, "")))
    if not places.hindrance:
        planned.subnets, planned.zones = list(places.subnets), list(places.zones)
        planned.line = f"made with an Elastic IP in each of {', '.join(planned.zones)}"
    elif row.addresses == "eip":
        planned.problems.append(
            f"{row.settings}_addresses is eip, and the Elastic IPs cannot be had: {places.hindrance}. See to that, "
            f"write {row.settings}_eip_allocations yourself, or {row.settings}_addresses: {row.without_eip}."
        )
    else:
        planned.line = f"made with addresses that AWS chooses, since Elastic IPs cannot be had: {places.hindrance}"
