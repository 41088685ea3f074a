"""The names of a cluster, where they lead, and whether its block in the hosts file still says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.hosts import file, ingresses, resolve
from ansible_collections.landfall.eks.plugins.module_utils.kube import published
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import lookup

CURRENT, STALE, NONE, NOT_ASKED = "current", "stale", "none", "not asked"

Object = dict[str, Any]
Records = Callable[[Sequence[str], Sequence[str]], tuple[list[str], str]]
"""Returns, of names and the load balancers that they should lead to, their zones and what is stale. Raises AwsError."""


@dataclass
class Addresses:
    """Names that lead to the ingress, its points (host names or IP addresses), and whether the names are known so.

    `state` is that of the hosts block, whose `lines` are there, or without a `hosts_file` of the records in Route 53.

    `points` of load balancers of their own, by Service, are `others`; `zones` are those of Route 53 that the names are
    in; `why` says what is stale or was not asked.
    """

    names: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    zones: list[str] = field(default_factory=list)
    ips: list[str] = field(default_factory=list)
    hosts_file: str = ""
    lines: list[str] = field(default_factory=list)
    state: str = NONE
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Given:
    """What the settings say: names beside the live ones, and addresses; empty for those that are live.

    `own` are the rows {host, namespace, release} of the platform's own names; `records` looks at Route 53, where
    that has the names.
    """

    names: Sequence[str] = ()
    addresses: Sequence[str] = ()
    own: Sequence[Mapping[str, str]] = ()
    records: Records | None = None

    @property
    def owned(self) -> ingresses.Own:
        """What tells the platform's own Ingresses from those of others."""
        return ingresses.own_of(self.own, self.names)


NOTHING_GIVEN = Given()


def asker(way: str, region: str) -> Callable[[str], list[str]]:
    """Return what asks AWS, and then DNS, for the addresses of a load balancer by its name.

    `way` is as in ingress_addresses: dns leaves AWS out. Without AWS permissions only DNS is left.
    """

    def ask(name: str) -> list[str]:
        return ([] if way == "dns" else _from_aws(region, name)) or resolve.lookup(name)

    return ask


def _from_aws(region: str, name: str) -> list[str]:
    if aws.MISSING:
        return []
    try:
        return list(lookup.find_addresses(Session(region), [name]).addresses)
    except AwsError:
        return []


def read_addresses(
    cluster: Cluster,
    name: str,
    path: str,
    given: Given = NOTHING_GIVEN,
    ask: Callable[[str], list[str]] = resolve.lookup,
) -> Addresses:
    """Compare the hosts block of the cluster `name` in the file at `path`, empty for none, with what is live.

    `given` is what the settings say; `ask` returns a load balancer's addresses by its name.
    """
    own = given.owned
    live = [each for each in cluster.list("networking.k8s.io/v1", "Ingress") if own.of(each)]
    services = cluster.list("v1", "Service")
    entries = [entry for each in live for entry in _entries(each)]
    found = Addresses(
        names=sorted({*given.names, *ingresses.published(live, own).names}),
        points=_points(entries),
        hosts_file=path,
    )
    found.others = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": points
        for each in services
        if (points := _points(_entries(each))) and points != found.points
    }
    found.ips = sorted(given.addresses) or _addresses(entries, ask)
    if path:
        _judge(found, name, Path(path))
    elif given.records and found.names:
        _judge_records(found, given.records)
    return found


def _judge_records(found: Addresses, look: Records) -> None:
    try:
        found.zones, found.why = look(found.names, found.points)
    except AwsError as error:
        found.state, found.why = NOT_ASKED, str(error).rstrip(".")
        return
    found.state = STALE if found.why else CURRENT


def _judge(found: Addresses, name: str, path: Path) -> None:
    try:
        content = file.read(path)
        file.with_block(content, name, [])  # which complains of half a block
        found.lines = file.block_of(content, name)
    except (file.HostsFileError, OSError) as error:
        found.state, found.why = STALE, f"{path} {error}"
        return
    if not found.lines:
        found.state, found.why = (STALE, "the file has no block of this cluster") if found.names else (NONE, "")
        return
    written = [line.split() for line in found.lines]
    said, ips = {words[-1] for words in written}, {words[0] for words in written}
    missing, gone = sorted(set(found.names) - said), sorted(said - set(found.names))
    strange = sorted(ips - set(found.ips))
    reasons = [
        *([f"{', '.join(missing)} not in it"] if missing else []),
        *([f"{', '.join(gone)} no longer served"] if gone else []),
        *([f"{', '.join(strange)} not among the addresses that are live"] if strange and found.ips else []),
    ]
    if reasons:
        found.state, found.why = STALE, "; ".join(reasons)
    elif found.ips:
        found.state = CURRENT
    else:
        points = ", ".join(found.points) or "the load balancer"
        found.state, found.why = NOT_ASKED, f"the names are right; {points} does not resolve here"


def _entries(found: Object) -> list[Object]:
    return published.points(found)


def _points(entries: list[Object]) -> list[str]:
    return sorted({str(entry.get("hostname") or entry.get("ip")) for entry in entries})


def _addresses(entries: list[Object], ask: Callable[[str], list[str]]) -> list[str]:
    by_name = [
        ip for name in sorted({each["hostname"] for each in entries if each.get("hostname")}) for ip in ask(name)
    ]
    return sorted({*by_name, *(each["ip"] for each in entries if each.get("ip"))})
