"""A status as lines for a terminal."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.status.verdict import attention, headline
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import aligned, percent

Status = dict[str, Any]


def lines(status: Status) -> list[str]:
    """Return everything that a person at a terminal is shown."""
    kind = ", kubelets and AWS simulated" if status["simulated"] else ""
    return [
        f"Cluster {status['cluster']}, Kubernetes {status['kubernetes']}{kind}, {status['time']}",
        f"Rollout: {status['rollout']['text']}",
        "",
        *_components(status["components"]),
        "",
        *_certificates(status["certificates"]),
        *_credentials(status["credentials"]),
        *_addresses(status["addresses"]),
        *_promises(status["slos"]),
        headline(status),
        *(f"- {each}" for each in attention(status)),
    ]


def _components(rows: list[dict[str, Any]]) -> list[str]:
    head = ["Release", "Namespace", "Version", "Newest", "Source", "Owner", "Simulated", "Health"]
    return aligned(
        head,
        [
            [
                row["release"],
                row["namespace"],
                row["version"],
                row["newest"],
                row["source"],
                row["owner"],
                "yes" if row["simulated"] else "no",
                row["health"],
            ]
            for row in rows
        ],
    )


def _certificates(rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        [row["name"], row["secret"], row["expires"], "" if row["days"] is None else str(row["days"]), row["state"]]
        for row in rows
    ]
    return [*aligned(["Certificate", "Secret", "Ends", "Days", "State"], cells), ""] if rows else []


def _credentials(rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        [row["service"], row["user"], row["created"], row["age"] if row["made"] else "not made yet"] for row in rows
    ]
    return [*aligned(["Credential", "User", "Made", "Age"], cells), ""] if rows else []


def _addresses(found: dict[str, Any]) -> list[str]:
    if not found["names"] and not found["lines"]:
        return []
    why = f" ({found['why']})" if found["why"] else ""
    balancers = [f"  {', '.join(found['points'])}: {', '.join(found['names'])}"] if found["points"] else []
    others = [f"  {', '.join(points)}: Service {name}" for name, points in found["others"].items()]
    block = [f"Hosts block in {found['hosts_file']}: {found['state']}{why}"] if found["hosts_file"] else []
    return ["Addresses", *balancers, *others, *block, ""]


def _promises(found: dict[str, Any]) -> list[str]:
    if found["why"]:
        return [f"Service level objectives: {found['state']} ({found['why']})", ""]
    cells = [
        [row["slo"], percent(row["objective"]), percent(row["remaining"]), str(row["alerts"]), row["state"]]
        for row in found["rows"]
    ]
    return [*aligned(["Objective", "Promised", "Budget left", "Alerts", "State"], cells), ""]
