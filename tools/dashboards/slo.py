"""The dashboard of service level objectives: error budgets and burn rates."""

from __future__ import annotations

from dashboards.page import Event, Page, Row, rollouts, values
from dashboards.panels import (
    GREEN,
    ORANGE,
    RED,
    YELLOW,
    Column,
    Note,
    Panel,
    Query,
    Rows,
    Steps,
    lines,
    one,
    periods,
    rows,
)

UID = "landfall-slo"
# Labels that an SLO's group_by may name; those that an SLO does not have match as unset.
GROUPS = {
    "node": "Node",
    "namespace": "Namespace",
    "workload": "Workload",
    "container": "Container",
    "resource_namespace": "Ingress namespace",
    "resource_name": "Ingress",
    "integration": "Receiver",
}
CHOSEN = 'slo=~"$slo",entity=~"$entity",owner=~"$owner"'
GROUPED = ",".join([CHOSEN, *(f'{label}=~"${label}"' for label in GROUPS)])
BUDGET_LEFT: Steps = ((None, RED), (0, ORANGE), (0.25, YELLOW), (0.5, GREEN))
BURNING: Steps = ((None, GREEN), (1, YELLOW), (3, ORANGE), (6, RED))
LINK = f"/d/{UID}?${{datasource:queryparam}}&${{__url_time_range}}&var-slo=${{__value.raw}}"

# The SRE Workbook's pairs, chapter 5, "Alerting on SLOs": long window, short window, factor, what it calls for.
PAIRS = (
    ("1h", "5m", 14.4, "A page: 2 % of a 30 day budget in an hour."),
    ("6h", "30m", 6.0, "A page: 5 % of a 30 day budget in six hours."),
    ("1d", "2h", 3.0, "A ticket: 10 % of a 30 day budget in a day."),
    ("3d", "6h", 1.0, "A ticket: 10 % of a 30 day budget in three days."),
)

REMAINING = f"slo:error_budget_remaining:ratio{{{GROUPED}}}"
OBJECTIVE = f"max by (slo) (slo:objective:ratio{{{CHOSEN}}})"
DAYS = f"max by (slo) (slo:window:days{{{CHOSEN}}})"
BUDGET = f"max by (slo) (slo:error_budget:ratio{{{CHOSEN}}})"
BURN_RATE = f"max by (slo) (slo:burn_rate:ratio1h{{{GROUPED}}})"


def overview(chosen: str, *, width: int = 24, height: int = 11) -> Panel:
    """Return the table of SLOs; `chosen` is the label matchers of their series, or nothing."""
    left = f"min by (slo) (slo:error_budget_remaining:ratio{{{chosen}}})"
    days = f"max by (slo) (slo:window:days{{{chosen}}})"
    burn_rate = f"max by (slo) (slo:burn_rate:ratio1h{{{chosen}}})"
    firing = ",".join(filter(None, ['alertstate="firing"', 'slo!=""', chosen]))
    return rows(
        Note(
            "Service level objectives",
            "Each SLO by its worst group: the remaining error budget of its window, and the burn rate of the last hour "
            "(at 1 the budget lasts exactly for the window). Click a name to open that SLO.",
            "nothing red, no alerts, and a burn rate of at most 1.",
            "none",
        ),
        Rows({"slo": "SLO"}, {"slo": LINK}),
        Column("Objective", f"max by (slo) (slo:objective:ratio{{{chosen}}})", "percentunit", decimals=2),
        Column("Window", days, "d", decimals=0),
        Column("Budget left", left, "percentunit", BUDGET_LEFT, 1),
        Column("Burn rate", burn_rate, "none", BURNING, 2),
        Column("Lasts at this rate", f"clamp_min({left}, 0) * {days} / ({burn_rate} > 0)", "d", decimals=1),
        Column("Alerts", f"count by (slo) (ALERTS{{{firing}}})", "none", ((None, "text"), (1, RED)), 0),
        width=width,
        height=height,
        sort="Budget left",
    )


def burn(long: str, short: str, factor: float, why: str) -> Panel:
    """Return the panel of one pair of windows with the threshold of its alert."""
    rates = (f"max by (slo) (slo:sli_error:ratio_rate{window}{{{GROUPED}}}) / {BUDGET}" for window in (long, short))
    return lines(
        Note(
            f"Burn rate over {long} and {short}",
            f"How many times faster than allowed the budget burns. {why} "
            f"The alert fires while both windows are above {factor:g}.",
            f"both lines below {factor:g}.",
            "none",
        ),
        *(Query(rate, f"{{{{slo}}}} {window}") for rate, window in zip(rates, (long, short), strict=True)),
        width=12,
        steps=((None, GREEN), (factor, RED)),
    )


def page() -> Page:
    """Return the dashboard."""
    series = "slo:error_budget_remaining:ratio"
    variables = [
        values("entity", "Kind", "label_values(slo:objective:ratio, entity)", "What the SLO is about."),
        values("owner", "Owner", "label_values(slo:objective:ratio, owner)", "Who is responsible for the SLO."),
        values(
            "slo",
            "SLO",
            'label_values(slo:objective:ratio{entity=~"$entity",owner=~"$owner"}, slo)',
            "Alerts link here with their SLO selected.",
        ),
    ]
    for label, name in GROUPS.items():
        query = f'label_values({series}{{slo=~"$slo"}}, {label})'
        variables.append(values(label, name, query, "For SLOs grouped by this label; the others are shown anyway."))
    alert = Event(
        "Burn rate alerts",
        f'max by (alertname, severity, slo) (ALERTS{{alertstate="firing",{CHOSEN}}})',
        title="{{alertname}}",
        text="{{slo}} burns its budget",
        tags="severity,slo",
        colour="red",
    )
    return Page(
        UID,
        "Landfall / SLOs and error budgets",
        "Objectives, their remaining error budgets and burn rates. Alerts link here.",
        tuple(variables),
        (Row("Selected SLOs", (overview(CHOSEN),)), now(), Row("Burn rate", burns()), budget(), groups()),
        (alert, *rollouts()),
        since="now-7d",
    )


def burns() -> tuple[Panel, ...]:
    """Return one panel for each pair of windows."""
    return tuple(burn(*pair) for pair in PAIRS)


def now() -> Row:
    """Return the row of numbers, each of the worst selected SLO."""
    return Row(
        "Now, worst SLO",
        (
            one(
                Note("Objective", "The share of events that should be good.", "as the SLO defines it.", "percentunit"),
                f"min({OBJECTIVE})",
                ((None, "blue"),),
                decimals=2,
            ),
            one(
                Note(
                    "Good in the window",
                    "The share of good events over the whole window: 1 minus the spent part of the budget.",
                    "at or above the objective.",
                    "percentunit",
                ),
                f"min(1 - (1 - min by (slo) ({REMAINING})) * {BUDGET})",
                ((None, "blue"),),
                decimals=3,
            ),
            one(
                Note(
                    "Budget left",
                    "The remaining error budget; below 0 the objective is missed.",
                    "above a half. Below a quarter, ship fixes instead of features.",
                    "percentunit",
                ),
                f"min({REMAINING})",
                BUDGET_LEFT,
                decimals=1,
            ),
            one(
                Note("Burn rate", "The burn rate of the last hour.", "at most 1.", "none"),
                f"max({BURN_RATE})",
                BURNING,
                decimals=2,
            ),
            one(
                Note(
                    "Lasts at this rate",
                    "Days until the budget is spent at the last hour's burn rate; no data if nothing burns.",
                    "longer than the window.",
                    "d",
                ),
                f"min(clamp_min(min by (slo) ({REMAINING}), 0) * {DAYS} / ({BURN_RATE} > 0))",
                ((None, RED), (1, ORANGE), (7, GREEN)),
                decimals=1,
            ),
            one(
                Note("Alerts", "Firing alerts of the selected SLOs.", "none.", "none"),
                f'count(ALERTS{{alertstate="firing",{CHOSEN}}}) or vector(0)',
                ((None, GREEN), (1, RED)),
            ),
        ),
    )


def budget() -> Row:
    """Return the row of the budget over time."""
    return Row(
        "Budget over time",
        (
            lines(
                Note(
                    "Budget left",
                    "The worst group of each SLO. It rises again once bad hours leave the window.",
                    "above 0, and not falling for days.",
                    "percentunit",
                ),
                Query(f"min by (slo) ({REMAINING})", "{{slo}}"),
                width=12,
                steps=((None, RED), (0, GREEN)),
                maximum=1,
                minimum=None,
            ),
            lines(
                Note(
                    "Bad events",
                    "The share of bad events over five minutes and over an hour, in the worst group.",
                    "0 most of the time; spikes that do not show in the hour cost little.",
                    "percentunit",
                ),
                *(
                    Query(f"max by (slo) (slo:sli_error:ratio_rate{window}{{{GROUPED}}})", f"{{{{slo}}}} {window}")
                    for window in ("5m", "1h")
                ),
                width=12,
            ),
            periods(
                Note("Alerts", "Which alert was firing when.", "empty.", "none"),
                Query(
                    f'max by (slo, severity) (ALERTS{{alertstate="firing",{CHOSEN}}})',
                    "{{slo}} {{severity}}",
                ),
                {1: ("firing", RED)},
            ),
        ),
    )


def groups() -> Row:
    """Return the row that compares the groups of the selected SLOs."""
    by = ", ".join(["slo", *GROUPS])
    return Row(
        "By label",
        (
            rows(
                Note(
                    "Groups with the least budget",
                    "The twenty worst groups of the selected SLOs.",
                    "no group far below the others: start there.",
                    "none",
                ),
                Rows({"slo": "SLO"} | GROUPS, {"slo": LINK}),
                Column("Budget left", f"bottomk(20, min by ({by}) ({REMAINING}))", "percentunit", BUDGET_LEFT, 1),
                height=10,
                sort="Budget left",
            ),
        ),
    )
