"""The records of one cluster in a hosted zone: an alias for each name, and a mark beside it that says whose it is.

The mark is a TXT record of a name of its own, as external-dns has it (its registry `txt`): one of the same name as the
alias would be a part of what others keep there, such as proofs of who owns a domain. Its first label begins with an
underscore, so that it is nobody's host name (RFC 8552).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.dns.zones import Zone
from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import HOST_LENGTH

MARK = "_landfall"
"""First label of a mark's name."""
HERITAGE = "heritage=landfall,landfall.eks/owner="
TTL = 300
"""Seconds that resolvers keep a mark; an alias has the TTL of the load balancer's own name."""
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""How Route 53 writes all but letters, digits, hyphens and underscores in names (DomainNameFormat)."""
_LEADING = ("A", "AAAA", "CNAME")
"""Types that lead a name somewhere."""

RecordSet = dict[str, Any]
"""A ResourceRecordSet of Route 53's API."""


@dataclass(frozen=True)
class Target:
    """A load balancer: its DNS name, and the hosted zone that AWS keeps it in."""

    dns_name: str
    zone: str


@dataclass
class Changes:
    """What makes a zone as it should be: a batch of its API, the lines before and after, and what others changed."""

    batch: list[dict[str, Any]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: int = 0
    """How many of our marks there are afterwards."""


def plain(name: str) -> str:
    r"""Return a name of Route 53's answers as people write it.

    >>> plain(r"\052.Example.org.")
    '*.example.org'
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), name).rstrip(".").lower()


def mark_of(name: str) -> str:
    """Return the name of the mark beside a name."""
    return f"{MARK}.{name}"


class DnsError(AwsError):
    """What is in the way of writing records, a whole sentence."""


class Records:
    """The record sets of a zone, as one cluster sees them; `owner` is what its marks say."""

    def __init__(self, zone: Zone, listed: Iterable[RecordSet], owner: str) -> None:
        """Keep what was listed; nothing here asks AWS."""
        self.zone, self.owner = zone, owner
        self._sets: dict[str, list[RecordSet]] = {}
        for each in listed:
            self._sets.setdefault(plain(each["Name"]), []).append(each)

    def owner_of(self, name: str) -> str:
        """Return whose mark is beside a name; empty if there is none."""
        texts = [each for each in self._sets.get(mark_of(name), []) if each["Type"] == "TXT"]
        values = [value["Value"] for each in texts for value in each.get("ResourceRecords") or []]
        said = values[0].strip('"') if len(values) == 1 else ""
        return said.removeprefix(HERITAGE) if said.startswith(HERITAGE) else ""

    def ours(self) -> list[str]:
        """Return the names beside which there is a mark of this cluster."""
        names = [each.removeprefix(f"{MARK}.") for each in self._sets if each.startswith(f"{MARK}.")]
        return sorted(each for each in names if self.owner_of(each) == self.owner)

    def obstacle(self, name: str) -> str:
        """Return a sentence on why a name is not ours to write; empty if it is."""
        if len(mark_of(name)) > HOST_LENGTH:
            most = HOST_LENGTH - len(MARK) - 1
            return f"{name} has no room for the mark {MARK} before it: write a name of {most} characters at most."
        if delegated := self._delegated(name):
            return (
                f"{name} is not written: the zone {self.zone} delegates {delegated} to other name servers: write the "
                "zone of that name as platform_dns_zone."
            )
        owner = self.owner_of(name)
        if owner == self.owner:
            return "" if self._alias(name) or not self._leading(name) else self._changed(name)
        if owner:
            return (
                f"{name} belongs to the cluster {owner} in the zone {self.zone}, and this one is {self.owner}: "
                f"uninstall there, or hand the name over by writing this cluster into the TXT record {mark_of(name)}."
            )
        there = [*self._sets.get(mark_of(name), []), *self._leading(name)]
        if not there:
            return ""
        return (
            f"{plain(there[0]['Name'])} has a record in the zone {self.zone} that Landfall did not write "
            f"({shown(there[0])}): remove it, choose another name, or write platform_dns: hosts."
        )

    def _changed(self, name: str) -> str:
        return (
            f"{name} has a record in the zone {self.zone} that somebody else has written since "
            f"({shown(self._leading(name)[0])}): remove it, or the TXT record {mark_of(name)} and choose another name."
        )

    def _delegated(self, name: str) -> str:
        """Return which part of a name, the zone's own excepted, is delegated to other name servers; empty if none."""
        labels = name.removesuffix(self.zone.name).strip(".").split(".") if name != self.zone.name else []
        parts = [".".join([*labels[index:], self.zone.name]) for index in range(len(labels))]
        return next((each for each in parts if self._of_type(each, "NS")), "")

    def _of_type(self, name: str, *types: str) -> list[RecordSet]:
        return [each for each in self._sets.get(name, []) if each["Type"] in types]

    def _leading(self, name: str) -> list[RecordSet]:
        return self._of_type(name, *_LEADING)

    def _alias(self, name: str) -> RecordSet | None:
        """Return the alias that a name has, if that is all that leads it anywhere."""
        there = self._leading(name)
        simple = len(there) == 1 and there[0]["Type"] == "A" and "SetIdentifier" not in there[0]
        return there[0] if simple and "AliasTarget" in there[0] else None

    def changes(self, names: Iterable[str], stay: Collection[str], target: Target | None) -> Changes:
        """Return what leads `names` to a target and removes this cluster's other records, unless they are to `stay`.

        Without a target, as in a plan before there is a load balancer, an alias that is there is left as it is. Only
        CREATE and DELETE are used, which AWS refuses where a record has come or changed meanwhile; UPSERT would
        overwrite it.
        """
        found = Changes()
        wanted = dict.fromkeys(names)
        for name in wanted:
            self._lead(found, name, target)
        for name in self.ours():
            if name not in wanted and name not in stay:
                self._remove(found, name)
        found.left = len({*wanted, *(each for each in self.ours() if each in stay)})
        return found

    def _lead(self, found: Changes, name: str, target: Target | None) -> None:
        there, new = self._alias(name), alias_of(name, target)
        if there is None or (target and _leads(there) != _leads(new)):
            _replace(found, there, new)
        if self.owner_of(name) != self.owner:
            _replace(found, None, mark(name, self.owner))

    def _remove(self, found: Changes, name: str) -> None:
        (marked,) = self._of_type(mark_of(name), "TXT")
        _replace(found, marked, None)
        if alias := self._alias(name):
            _replace(found, alias, None)
        elif self._leading(name):
            found.notes.append(f"{name} stays in the zone {self.zone}: somebody else has written it since")

    def state(self, names: Iterable[str], target: Collection[str]) -> str:
        """Return what is not as it should be with names that lead to one of the DNS names `target`; empty if all is."""
        wrong = [
            f"{name} does not lead to {' or '.join(sorted(target)) or 'a load balancer'}"
            for name in names
            if self.owner_of(name) != self.owner or _host(self._alias(name)) not in {each.lower() for each in target}
        ]
        return "; ".join(wrong)


def alias_of(name: str, target: Target | None) -> RecordSet:
    """Return the alias of a name: the addresses of a load balancer, and of its healthy zones alone."""
    where = target or Target("the load balancer of the run", "")
    leads = {"HostedZoneId": where.zone, "DNSName": where.dns_name.lower(), "EvaluateTargetHealth": True}
    return {"Name": name, "Type": "A", "AliasTarget": leads}


def mark(name: str, owner: str) -> RecordSet:
    """Return the mark beside a name."""
    return {
        "Name": mark_of(name),
        "Type": "TXT",
        "TTL": TTL,
        "ResourceRecords": [{"Value": f'"{HERITAGE}{owner}"'}],
    }


def _leads(alias: Mapping[str, Any]) -> tuple[str, str, bool]:
    target = alias["AliasTarget"]
    return target["HostedZoneId"], _host(alias), bool(target.get("EvaluateTargetHealth"))


def _host(alias: Mapping[str, Any] | None) -> str:
    return plain(alias["AliasTarget"]["DNSName"]) if alias else ""


def _replace(found: Changes, old: RecordSet | None, new: RecordSet | None) -> None:
    for action, each, lines in (("DELETE", old, found.before), ("CREATE", new, found.after)):
        if each is not None:
            found.batch.append({"Action": action, "ResourceRecordSet": each})
            lines.append(f"{plain(each['Name'])} {shown(each)}")


def shown(record: RecordSet) -> str:
    """Return type and content of a record set."""
    if "AliasTarget" in record:
        return f"{record['Type']} alias {plain(record['AliasTarget']['DNSName'])}"
    values = [each["Value"] for each in record.get("ResourceRecords") or []]
    return f"{record['Type']} {' '.join(values)}".strip()


def read(session: Session, zone: Zone, owner: str) -> Records:
    """Return the records of a zone, all pages of them. AwsError."""
    pages = session.pages("route53", "list_resource_record_sets", HostedZoneId=zone.id)
    return Records(zone, [each for page in pages for each in page["ResourceRecordSets"]], owner)


def write(session: Session, zone: Zone, changes: Changes) -> None:
    """Make the changes to a zone, all or none. AwsError.

    One that comes before another was done (PriorRequestNotComplete) is made again by botocore.
    """
    batch = {"Comment": "landfall", "Changes": changes.batch}
    try:
        session.call("route53", "change_resource_record_sets", HostedZoneId=zone.id, ChangeBatch=batch)
    except AwsError as error:
        if refusal(error) != "InvalidChangeBatch":
            raise
        raise DnsError(
            f"Nothing was written into the zone {zone}, since somebody else writes there too: run with --tags hosts "
            f"again ({str(error).rstrip('.')})."
        ) from error
