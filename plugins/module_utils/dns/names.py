"""The names of one cluster in Route 53: looked at, written and removed, in every zone that holds one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.landfall.eks.plugins.module_utils.aws.identity import read_identity
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.dns import records, zones
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import lookup

NOTE = "landfall.eks/dns-zones"
"""Annotation of the platform's own namespace: ids of the zones that may hold records of the cluster.

It is written before the first record, so that these are found whatever the settings say by then.
"""


class Account:
    """The account of a cluster, and that of its zones, with `role` (an ARN) where that is another one."""

    def __init__(self, cluster: str, region: str, role: str) -> None:
        """Keep what is asked about; AWS is not asked before the first question."""
        self._cluster, self._region, self._role = cluster, region, role

    @cached_property
    def own(self) -> Session:
        """The account of the cluster. AwsError."""
        return Session(self._region)

    @cached_property
    def dns(self) -> Session:
        """The account of the zones. AwsError."""
        return Session(self._region, roles=(self._role,)) if self._role else self.own

    @cached_property
    def owner(self) -> str:
        """What a mark says of this cluster: account, region and name, as no other cluster has them. AwsError."""
        return f"{read_identity(self.own).account}/{self.own.region}/{self._cluster}"

    def target(self, balancers: Sequence[str]) -> records.Target:
        """Return the one load balancer of these DNS names. AwsError; DnsError if there is none, or more than one."""
        if len(balancers) != 1:
            there = f"several load balancers ({', '.join(balancers)})" if balancers else "no load balancer with a name"
            raise records.DnsError(
                f"The Ingresses have {there}, and an alias leads to one: run with --tags hosts again later, or write "
                "platform_dns: hosts."
            )
        found = lookup.balancers(self.own, balancers)
        if not found:
            raise records.DnsError(
                f"AWS lists no load balancer {balancers[0]} in the region {self.own.region}, so no alias can lead to "
                "it: write the region of the cluster as platform_aws_region, or platform_dns: hosts."
            )
        return records.Target(found[0].dns_name, found[0].hosted_zone)


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a cluster's names.

    `names` lead to the load balancer of `balancers` (DNS names; none in a plan before there is one); records of
    `known`, all names of the settings, stay where they are. `zone` is an id or a name, empty for the zone that fits,
    and `noted` are ids of zones that held records before.
    """

    names: Sequence[str]
    known: Sequence[str]
    balancers: Sequence[str]
    zone: str
    noted: Collection[str]


@dataclass
class Found:
    """What is in the way, or else the changes to each zone, the zone of each name, and what else there is to say."""

    problems: list[str] = field(default_factory=list)
    changes: dict[zones.Zone, records.Changes] = field(default_factory=dict)
    places: Mapping[str, zones.Zone] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return any(each.batch for each in self.changes.values())

    def lines(self, side: Callable[[records.Changes], list[str]]) -> str:
        """Return the lines of one side, before or after, as a text."""
        return "".join(f"{line}\n" for each in self.changes.values() for line in sorted(side(each)))


def look(account: Account, wanted: Wanted, *, planning: bool) -> Found:
    """Return what would have to be written; `planning` is content without a load balancer. AwsError."""
    every = zones.listed(account.dns)
    places, problems = zones.places(wanted.names, every, wanted.zone)
    near, _unused = zones.places(wanted.known, every, wanted.zone)
    concerned = [each for each in every if each.id in wanted.noted or each in {*places.values(), *near.values()}]
    read = {each: records.read(account.dns, each, account.owner) for each in concerned}
    problems += [problem for name, zone in places.items() if (problem := read[zone].obstacle(name))]
    if problems:
        return Found(problems)
    target = account.target(wanted.balancers) if wanted.names and not (planning and not wanted.balancers) else None
    changes = {zone: each.changes(_within(zone, places), _within(zone, near), target) for zone, each in read.items()}
    gone = sorted(set(wanted.noted) - {each.id for each in every})
    notes = [*_lost(gone), *(note for each in changes.values() for note in each.notes)]
    return Found(changes=changes, places=places, notes=notes)


def _within(zone: zones.Zone, places: Mapping[str, zones.Zone]) -> list[str]:
    return [name for name, place in places.items() if place == zone]


def _lost(ids: Sequence[str]) -> list[str]:
    return [
        f"the zone {each}, which held records of this cluster, is not seen any more: what is there stays"
        for each in ids
    ]


def write(account: Account, found: Found, note: Callable[[list[str]], None]) -> None:
    """Write what was looked up, one zone after the other, and `note` the zones that hold records. AwsError.

    A zone is noted before its first record and until its last one is gone, so that a run which is killed in between
    leaves nothing that the next one would not find. What comes is written before what goes.
    """
    note(sorted(zone.id for zone, each in found.changes.items() if each.batch or each.left))
    for zone, each in sorted(found.changes.items(), key=lambda pair: not pair[1].after):
        if each.batch:
            records.write(account.dns, zone, each)
    note(sorted(zone.id for zone, each in found.changes.items() if each.left))


def noted(cluster: Cluster, namespace: str) -> list[str]:
    """Return the ids of zones that may hold records of a cluster. Raises ApiException."""
    there = (cluster.get("v1", "Namespace", namespace) or {}).get("metadata") or {}
    return str((there.get("annotations") or {}).get(NOTE, "")).split()


def write_note(cluster: Cluster, namespace: str, ids: Sequence[str]) -> None:
    """Note the zones that may hold records of a cluster. Raises ApiException."""
    if ids != noted(cluster, namespace):
        annotation = {NOTE: " ".join(ids) or None}
        cluster.patch(f"/api/v1/namespaces/{namespace}", {"metadata": {"annotations": annotation}})


def standing(account: Account, names: Sequence[str], balancers: Collection[str], zone: str) -> tuple[list[str], str]:
    """Return the zones of names, and what is not as it should be with their records; empty if all is. AwsError."""
    every = zones.listed(account.dns)
    places, problems = zones.places(names, every, zone)
    concerned = [each for each in every if each in places.values()]
    read = {each: records.read(account.dns, each, account.owner) for each in concerned}
    wrong = [each.state(_within(place, places), balancers) for place, each in read.items()]
    return [str(each) for each in concerned], "; ".join(
        filter(None, [*(each.rstrip(".") for each in problems), *wrong])
    )
