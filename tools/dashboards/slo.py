"""The dashboard of service level objectives: how much error budget is left, and how fast it burns."""

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
PACE = f"max by (slo) (slo:burn_rate:ratio1h{{{GROUPED}}})"


def overview(chosen: str, *, width: int = 24, height: int = 11) -> Panel:
    """Return the table of SLOs; `chosen` is what stands in the braces of their series' selectors, or nothing."""
    left = f"min by (slo) (slo:error_budget_remaining:ratio{{{chosen}}})"
    days = f"max by (slo) (slo:window:days{{{chosen}}})"
    pace = f"max by (slo) (slo:burn_rate:ratio1h{{{chosen}}})"
    firing = ",".join(filter(None, ['alertstate="firing"', 'slo!=""', chosen]))
    return rows(
        Note(
            "Service level objectives",
            "Each SLO with the worst of its groups: what is left of its window's error budget, and how fast the last "
            "hour burnt it (at 1 it lasts exactly for the window). A click on a name opens that SLO.",
            "nothing red, no alerts, and a pace of at most 1.",
            "none",
        ),
        Rows({"slo": "SLO"}, {"slo": LINK}),
        Column("Objective", f"max by (slo) (slo:objective:ratio{{{chosen}}})", "percentunit", decimals=2),
        Column("Window", days, "d", decimals=0),
        Column("Budget left", left, "percentunit", BUDGET_LEFT, 1),
        Column("Pace", pace, "none", BURNING, 2),
        Column("Lasts at this pace", f"clamp_min({left}, 0) * {days} / ({pace} > 0)", "d", decimals=1),
        Column("Alerts", f"count by (slo) (ALERTS{{{firing}}})", "none", ((None, "text"), (1, RED)), 0),
        width=width,
        height=height,
        sort="Budget left",
    )


def burn(long: str, short: str, factor: float, why: str) -> Panel:
    """Return the panel of one pair of windows with the line at which its alert is raised."""
    rates = (f"max by (slo) (slo:sli_error:ratio_rate{window}{{{GROUPED}}}) / {BUDGET}" for window in (long, short))
    return lines(
        Note(
            f"Burn rate over {long} and {short}",
            f"How many times faster than its window allows the budget burns. {why} "
            f"The alert is raised while both windows are above {factor:g}.",
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
        values("owner", "Owner", "label_values(slo:objective:ratio, owner)", "Who answers for the SLO."),
        values(
            "slo",
            "SLO",
            'label_values(slo:objective:ratio{entity=~"$entity",owner=~"$owner"}, slo)',
            "Alerts link here with their SLO chosen.",
        ),
    ]
    for label, name in GROUPS.items():
        query = f'label_values({series}{{slo=~"$slo"}}, {label})'
        variables.append(
            values(label, name, query, "Of the SLOs that are measured by this label; the others show anyway.")
        )
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
        "Objectives, what is left of their error budgets and how fast they burn. Alerts lead here.",
        tuple(variables),
        (Row("All that are chosen", (overview(CHOSEN),)), now(), Row("How fast it burns", burns()), budget(), groups()),
        (alert, *rollouts()),
        since="now-7d",
    )


def burns() -> tuple[Panel, ...]:
    """Return one panel for each pair of windows."""
    return tuple(burn(*pair) for pair in PAIRS)


def now() -> Row:
    """Return the row of numbers, each of the worst SLO that is chosen."""
    return Row(
        "Now, the worst of them",
        (
            one(
                Note("Objective", "The part of events that is to be good.", "the SLO's own choice.", "percentunit"),
                f"min({OBJECTIVE})",
                ((None, "blue"),),
                decimals=2,
            ),
            one(
                Note(
                    "Good in the window",
                    "The part of events that was good, over the whole window: 1 less what was used up of the budget.",
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
                    "What is left of the error budget; below 0 the objective is missed.",
                    "above a half. Below a quarter, ship repairs instead of features.",
                    "percentunit",
                ),
                f"min({REMAINING})",
                BUDGET_LEFT,
                decimals=1,
            ),
            one(
                Note("Pace", "The burn rate of the last hour.", "at most 1.", "none"),
                f"max({PACE})",
                BURNING,
                decimals=2,
            ),
            one(
                Note(
                    "Lasts at this pace",
                    "Days until the budget is used up if it burns on as in the last hour; no data if nothing burns.",
                    "more than the window has.",
                    "d",
                ),
                f"min(clamp_min(min by (slo) ({REMAINING}), 0) * {DAYS} / ({PACE} > 0))",
                ((None, RED), (1, ORANGE), (7, GREEN)),
                decimals=1,
            ),
            one(
                Note("Alerts", "Alerts of the chosen SLOs that are firing.", "none.", "none"),
                f'count(ALERTS{{alertstate="firing",{CHOSEN}}}) or vector(0)',
                ((None, GREEN), (1, RED)),
            ),
        ),
    )


def budget() -> Row:
    """Return the row of what happened to the budget."""
    return Row(
        "Budget over time",
        (
            lines(
                Note(
                    "Budget left",
                    "The worst group of each SLO. It rises again as bad hours leave the window.",
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
                    "The part of events that was bad, over five minutes and over an hour, in the worst group.",
                    "0 most of the time; spikes that the hour does not show cost little.",
                    "percentunit",
                ),
                *(
                    Query(f"max by (slo) (slo:sli_error:ratio_rate{window}{{{GROUPED}}})", f"{{{{slo}}}} {window}")
                    for window in ("5m", "1h")
                ),
                width=12,
            ),
            periods(
                Note("Alerts", "When which alert was firing.", "empty.", "none"),
                Query(
                    f'max by (slo, severity) (ALERTS{{alertstate="firing",{CHOSEN}}})',
                    "{{slo}} {{severity}}",
                ),
                {1: ("firing", RED)},
            ),
        ),
    )


def groups() -> Row:
    """Return the row that compares the groups of the chosen SLOs."""
    by = ", ".join(["slo", *GROUPS])
    return Row(
        "By label",
        (
            rows(
                Note(
                    "The groups with the least budget",
                    "Twenty of the groups that the chosen SLOs are measured by, the worst first.",
                    "no group far below the others: that is where to look.",
                    "none",
                ),
                Rows({"slo": "SLO"} | GROUPS, {"slo": LINK}),
                Column("Budget left", f"bottomk(20, min by ({by}) ({REMAINING}))", "percentunit", BUDGET_LEFT, 1),
                height=10,
                sort="Budget left",
            ),
        ),
    )
