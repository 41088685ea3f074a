"""A status as lines for a terminal."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.status.addresses import NONE
from ansible_collections.landfall.eks.plugins.module_utils.status.summary import short_health
from ansible_collections.landfall.eks.plugins.module_utils.status.verdict import attention, headline
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted, folded, percent

Status = dict[str, Any]


def lines(status: Status) -> list[str]:
    """Return everything that a person at a terminal is shown."""
    kind = ", kubelets and AWS simulated" if status["simulated"] else ""
    shown = [
        f"Cluster {status['cluster']}, Kubernetes {status['kubernetes']}{kind}, {status['time']}",
        f"Rollout: {status['rollout']['text']}",
        "",
        *_components(status["components"], simulated=status["simulated"]),
        "",
        *_unverified(status["unverified"]),
        *_certificates(status["certificates"]),
        *_credentials(status["credentials"]),
        *_addresses(status["addresses"]),
        *_promises(status["slos"]),
        headline(status),
        *(f"- {each}" for each in attention(status)),
    ]
    return folded(shown)


def _components(rows: list[dict[str, Any]], *, simulated: bool) -> list[str]:
    head = ["Release", "Namespace", "Version", "Newest", "Source", "Health", "Note"]
    cells = [
        [
            *(row[each] for each in ("release", "namespace", "version", "newest", "source")),
            short_health(row["health"])[0],
            _note(row, simulated=simulated),
        ]
        for row in rows
    ]
    return fitted(head, cells, below=("Note",))


def _note(row: dict[str, Any], *, simulated: bool) -> str:
    """Return what is out of the ordinary about a release, a line for each."""
    kind = "simulated" if row["simulated"] else "not simulated"
    notes = {
        row["health"]: bool(short_health(row["health"])[1]),
        f"owned by {row['owner']}": row["owner"] not in {"helm", "nobody"},
        kind: row["simulated"] != simulated,
    }
    return "\n".join(note for note, said in notes.items() if said)


def _unverified(names: list[str]) -> list[str]:
    return [*note, ""] if (note := chart_trust.note(names)) else []


def _certificates(rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        [row["name"], row["secret"], row["expires"], "" if row["days"] is None else str(row["days"]), row["state"]]
        for row in rows
    ]
    return [*fitted(["Certificate", "Secret", "Ends", "Days", "State"], cells), ""] if rows else []


def _credentials(rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        [row["service"], row["user"], row["created"], row["age"] if row["made"] else "not made yet"] for row in rows
    ]
    return [*fitted(["Credential", "User", "Made", "Age"], cells), ""] if rows else []


def _addresses(found: dict[str, Any]) -> list[str]:
    if not found["names"] and not found["lines"]:
        return []
    why = f" ({found['why']})" if found["why"] else ""
    balancers = [f"  {', '.join(found['points'])}: {', '.join(found['names'])}"] if found["points"] else []
    others = [f"  {', '.join(points)}: Service {name}" for name, points in found["others"].items()]
    return ["Addresses", *balancers, *others, *_known(found, why), ""]


def _known(found: dict[str, Any], why: str) -> list[str]:
    """Return the line on the hosts block or on the records in Route 53; none where neither is looked at."""
    if found["hosts_file"]:
        return [f"Hosts block in {found['hosts_file']}: {found['state']}{why}"]
    in_zones = f" in {', '.join(found['zones'])}" if found["zones"] else ""
    return [] if found["state"] == NONE else [f"Records in Route 53{in_zones}: {found['state']}{why}"]


def _promises(found: dict[str, Any]) -> list[str]:
    if found["why"]:
        return [f"Service level objectives: {found['state']} ({found['why']})", ""]
    cells = [
        [row["slo"], percent(row["objective"]), percent(row["remaining"]), str(row["alerts"]), row["state"]]
        for row in found["rows"]
    ]
    return [*fitted(["Objective", "Promised", "Budget left", "Alerts", "State"], cells), ""]
