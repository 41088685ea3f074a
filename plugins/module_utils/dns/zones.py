"""Which hosted zone a name belongs in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session

PREFIX = "/hostedzone/"
"""What Route 53 writes before a zone's id in its answers."""
PUBLIC = "write the zone's id as platform_dns_zone (a private zone is only taken by its id)"


@dataclass(frozen=True)
class Zone:
    """A hosted zone, its name without the final dot."""

    id: str
    name: str
    private: bool = False

    def holds(self, name: str) -> bool:
        """Say whether a name is in the zone, or is the zone's own."""
        return f".{name}".endswith(f".{self.name}")

    def __str__(self) -> str:
        """Return name and id, as sentences have them."""
        return f"{self.name} ({self.id})"


class NoZoneError(Exception):
    """Why a name has no zone, the end of a sentence that began with the name."""


def listed(session: Session) -> list[Zone]:
    """Return all hosted zones of the account, public and private. AwsError."""
    pages = session.pages("route53", "list_hosted_zones")
    return [
        Zone(
            str(each["Id"]).removeprefix(PREFIX),
            str(each["Name"]).rstrip(".").lower(),
            bool((each.get("Config") or {}).get("PrivateZone")),
        )
        for page in pages
        for each in page["HostedZones"]
    ]


def zone_of(name: str, zones: Iterable[Zone], wanted: str) -> Zone:
    """Return the zone of a name: `wanted`, an id or a name; where that is empty, the public one with the longest name.

    Raises NoZoneError if there is none, or more than one.
    """
    if wanted:
        return _named(name, [each for each in zones if each.id == wanted or _is_public(each, wanted)], wanted)
    matching = [each for each in zones if not each.private and each.holds(name)]
    longest = max((len(each.name) for each in matching), default=0)
    found = [each for each in matching if len(each.name) == longest]
    if not found:
        raise NoZoneError(f"is in no public zone of this account: make one in Route 53, or {PUBLIC}")
    return _only(found)


def _is_public(zone: Zone, name: str) -> bool:
    return zone.name == name and not zone.private


def _named(name: str, found: Sequence[Zone], wanted: str) -> Zone:
    if not found:
        raise NoZoneError(f"cannot be written: this account has no zone {wanted} (platform_dns_zone): {PUBLIC}")
    zone = _only(found)
    if not zone.holds(name):
        raise NoZoneError(f"is not in the zone {zone} (platform_dns_zone): write another zone, or a name of this one")
    return zone


def _only(found: Sequence[Zone]) -> Zone:
    if len(found) > 1:
        ids = " and ".join(sorted(each.id for each in found))
        raise NoZoneError(f"fits the zones {ids}, all of the name {found[0].name}: {PUBLIC}")
    return found[0]


def places(names: Iterable[str], zones: Sequence[Zone], wanted: str) -> tuple[dict[str, Zone], list[str]]:
    """Return the zone of each name, and a sentence for each that has none; equal reasons are said once."""
    found: dict[str, Zone] = {}
    problems: dict[str, list[str]] = {}
    for name in names:
        try:
            found[name] = zone_of(name, zones, wanted)
        except NoZoneError as error:
            problems.setdefault(str(error), []).append(name)
    return found, [f"{', '.join(each)} {reason}." for reason, each in problems.items()]
