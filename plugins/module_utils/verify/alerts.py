"""A test alert on its way to those who are called. It pages people, so it is sent only where that is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    CheckFailedError,
    NotRunError,
    patiently,
)

ALERT = "LandfallVerify"
LASTS = timedelta(minutes=10)
NOT_ASKED = "it would call people"
COMMAND = "ansible-playbook playbooks/verify.yml -e verify_alerts=true"
_COUNTER = re.compile(r"^alertmanager_notifications(_failed)?_total\{([^}]*)\} (\S+)$", re.MULTILINE)
_INTEGRATION = re.compile(r'integration="([^"]*)"')


class Alertmanager(Protocol):
    """One replica: alerts are not shared between them, so each is told, as Prometheus does."""

    def get(self, rest: str, query: dict[str, str] | None = None) -> Any:
        """Return the decoded answer to a path below its root."""

    def text(self, rest: str) -> str:
        """Return an answer as text."""

    def post(self, rest: str, body: Any) -> None:
        """Send JSON."""


def arrive(
    replicas: Sequence[Alertmanager],
    receivers: Sequence[Mapping[str, Any]],
    wait: Callable[[Callable[[], str]], str] = lambda look: patiently(look, 180),
    now: datetime | None = None,
) -> str:
    """Send an alert of each severity that `receivers`, {name, type, severities}, want, and see all of them take it.

    What is looked at is Alertmanager's own count of notifications that each kind of service took, and failed to take.
    The alerts end when this returns. Raises CheckFailedError, and NotRunError where there is nobody to call.
    """
    wanted = [each for each in receivers if each["severities"]]
    if not replicas:
        raise CheckFailedError("no pod of Alertmanager is ready")
    if not wanted:
        raise NotRunError("monitoring_receivers names nobody who is called", "")
    began = now or datetime.now(UTC)
    severities = sorted({severity for each in wanted for severity in each["severities"]})
    before = _counts(replicas)
    _send(replicas, severities, began, began + LASTS)
    try:
        _routed(replicas[0], wanted)
        return wait(lambda: _taken(replicas, wanted, before))
    finally:
        _send(replicas, severities, began, datetime.now(UTC))


def _send(replicas: Sequence[Alertmanager], severities: Sequence[str], start: datetime, end: datetime) -> None:
    alerts = [
        {
            # A name for each severity: of two alerts with one name the graver one speaks for the other.
            "labels": {
                "alertname": f"{ALERT}{severity.capitalize()}",
                "severity": severity,
                "service": "landfall-verify",
            },
            "annotations": {
                "summary": "A test alert of playbooks/verify.yml: nothing is wrong.",
                "description": "Somebody checks whether alerts arrive. It ends by itself.",
            },
            "startsAt": start.isoformat(),
            "endsAt": end.isoformat(),
        }
        for severity in severities
    ]
    for each in replicas:
        each.post("/api/v2/alerts", alerts)


def _routed(replica: Alertmanager, wanted: Sequence[Mapping[str, Any]]) -> None:
    found = replica.get("/api/v2/alerts", {"filter": f'alertname=~"{ALERT}.*"'})
    names = {receiver["name"] for each in found for receiver in each.get("receivers") or []}
    missing = [str(each["name"]) for each in wanted if each["name"] not in names]
    if missing:
        raise CheckFailedError(
            f"Alertmanager's routes do not lead to {', '.join(missing)}: run site.yml --tags monitoring"
        )


def _taken(
    replicas: Sequence[Alertmanager], wanted: Sequence[Mapping[str, Any]], before: dict[str, Counter[str]]
) -> str:
    now = _counts(replicas)
    sent, failed = (now[each] - before[each] for each in ("sent", "failed"))
    kinds = Counter(str(each["type"]) for each in wanted)
    broken = sorted(kind for kind in kinds if failed[kind])
    if broken:
        raise CheckFailedError(f"Alertmanager's notifications to {', '.join(broken)} fail: its log says why")
    missing = sorted(kind for kind, count in kinds.items() if sent[kind] < count)
    if missing:
        raise CheckFailedError(f"Alertmanager sent nothing in time to {', '.join(missing)}")
    return "taken by " + ", ".join(f"{each['name']} ({each['type']})" for each in wanted)


def _counts(replicas: Sequence[Alertmanager]) -> dict[str, Counter[str]]:
    """Return the notifications by kind of service, of all replicas together: those tried without failure, and lost."""
    total: dict[str, Counter[str]] = {"sent": Counter(), "failed": Counter()}
    for each in replicas:
        for failed, labels, value in _COUNTER.findall(each.text("/metrics")):
            integration = _INTEGRATION.search(labels)
            if integration:
                total["failed" if failed else "sent"][integration[1]] += int(float(value))
    return {"sent": total["sent"] - total["failed"], "failed": total["failed"]}
