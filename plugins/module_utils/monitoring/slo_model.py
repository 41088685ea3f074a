"""What a service level objective is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql

ENTITIES = ("service", "pod", "host")
WINDOWS = (7, 92)
"""The shortest and the longest, in days: over the longest windows of alerts, and a quarter."""
OWNER = "platform"


@dataclass(frozen=True)
class Sli:
    """PromQL of what is counted, per second over the base window, before it is summed up by labels.

    Either `good` or `error` is given; what is not good is an error, and what is not an error is good.
    """

    total: str
    good: str = ""
    error: str = ""


@dataclass(frozen=True)
class Absent:
    """What has to be there for the SLO to see anything, as PromQL, and the severity if it is not."""

    series: str
    severity: str


@dataclass(frozen=True)
class Slo:
    """One objective: over `window` days, `objective` percent of what is counted is good.

    `group_by` are the labels of which each combination has the objective, and a budget, of its own. `page` is whether a
    fast burn calls somebody, `ticket` whether a slow one opens a ticket. An alert needs `min_errors` failures within
    its long window at least. `labels` are on everything that is recorded, and on the alerts; `alert_labels` and
    `alert_annotations`, by severity, on alerts alone. `alert_name` is what alerts of a burn are called, by default as
    the objective.
    """

    name: str
    entity: str
    sli: Sli
    objective: Decimal
    group_by: tuple[str, ...] = ()
    window: int = 30
    owner: str = OWNER
    runbook: str = ""
    summary: str = ""
    page: bool = True
    ticket: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    alert_name: str = ""
    alert_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    alert_annotations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    min_errors: Decimal = Decimal(0)
    absent: Absent | None = None

    @property
    def budget(self) -> Decimal:
        """Return the share, 0 to 1, that may fail."""
        return (100 - self.objective) / 100

    @property
    def alert(self) -> str:
        """Return what the names of its alerts begin with.

        >>> Slo("log-delivery", "service", Sli("t"), Decimal(99)).alert
        'LogDelivery'
        """
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def burn_alert(self) -> str:
        """Return the name of the alerts of a burn."""
        return self.alert_name or f"{self.alert}Burn"


def sli_of(fields: Mapping[str, Any]) -> Sli:
    """Return the SLI of a checked `sli`: {good, total}, {error, total}, {ratio} or {latency: {...}}.

    Of a ratio, each measurement counts as one event, of which that share failed; what is no number is no measurement.
    """
    if fields.get("ratio"):
        share = slo_promql.windowed(fields["ratio"])
        return Sli(total=f"({share}) >= bool 0", error=f"({share}) >= 0")
    latency = fields.get("latency")
    if latency:
        return Sli(
            total=slo_promql.rate(latency["total"]),
            good=slo_promql.rate(slo_promql.up_to(latency["buckets"], latency["threshold"])),
        )
    return Sli(*(slo_promql.windowed(fields.get(name) or "") for name in ("total", "good", "error")))


def slo_of(name: str, fields: Mapping[str, Any], runbooks: str = "") -> Slo:
    """Return the objective that checked fields, as in `monitoring_slos`, describe.

    `runbooks` is the URL of the folder that holds a page for each.
    """
    absent = fields.get("absent")
    return Slo(
        name=name,
        entity=fields["entity"],
        sli=sli_of(fields["sli"]),
        objective=Decimal(str(fields["objective"])),
        group_by=tuple(fields.get("group_by") or ()),
        window=int(fields.get("window") or 30),
        owner=fields.get("owner") or OWNER,
        runbook=fields.get("runbook") or f"{runbooks.rstrip('/')}/{name}.md",
        summary=fields.get("summary") or "",
        page=fields.get("page") is not False,
        ticket=fields.get("ticket") is not False,
        labels=fields.get("labels") or {},
        alert_name=fields.get("alert") or "",
        alert_labels=fields.get("alert_labels") or {},
        alert_annotations=fields.get("alert_annotations") or {},
        min_errors=Decimal(str(fields.get("min_errors") or 0)),
        absent=Absent(absent["series"], absent["severity"]) if absent else None,
    )


def enabled(slos: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return those that are not switched off."""
    return {name: fields for name, fields in slos.items() if fields.get("enabled") is not False}
