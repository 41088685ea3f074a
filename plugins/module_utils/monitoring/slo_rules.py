"""The Prometheus rules of a service level objective.

All windows are made of two recorded rates over five minutes: the counters themselves, of which there may be many, are
read once a minute. A longer window is the sum of these rates, so busy times weigh more than quiet ones. What was not
measured, before an SLO's beginning or while Prometheus was away, counts as good: the share that failed is multiplied by
the measured part of the window. Where nothing happened nothing is recorded, hence nothing is divided by zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import (
    ALERTS,
    LONG_WINDOWS,
    PAGE,
    SHORT_WINDOWS,
    BurnAlert,
    Window,
    whole_window,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_model import Slo, enabled, slo_of
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import values_digest

Rule = dict[str, Any]
INTERVAL = "1m"
# A recorded value is seen for five minutes: an interval near that would leave holes.
LONG_INTERVAL = "2m"
ABSENT_FOR = "5m"
LONGEST = 32
"""Letters of an SLO's name in that of its object."""
TOTAL, ERRORS, RATIO = "slo:sli_total:rate5m", "slo:sli_errors:rate5m", "slo:sli_error:ratio_rate"


def prometheus_rules(
    slos: Mapping[str, Mapping[str, Any]], dashboard: str, runbooks: str
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return rule groups as kube-prometheus-stack's additionalPrometheusRulesMap takes them, one entry for each SLO.

    `slos` are as in `monitoring_slos`, checked; `dashboard` is the URL of the SLO dashboard, `runbooks` of the pages.
    """
    found = (slo_of(name, fields, runbooks) for name, fields in enabled(slos).items())
    return {_entry(slo.name): {"groups": groups(slo, dashboard)} for slo in found}


def _entry(name: str) -> str:
    """Return the name of an object, of which the chart cuts off what is too long with the release's name before it.

    >>> _entry("log-delivery"), _entry("the-availability-of-a-shop-in-the-far-east")
    ('slo-log-delivery', 'slo-the-availability-of-a-s-8489a4a5')
    """
    return f"slo-{name}" if len(name) <= LONGEST else f"slo-{name[: LONGEST - 9]}-{values_digest(name)[:8]}"


def groups(slo: Slo, dashboard: str) -> list[dict[str, Any]]:
    """Return the rule groups of one SLO: what a fast alert needs each minute, and all else."""
    whole = whole_window(slo.window)
    short = [*_base(slo), *(_ratio(slo, each) for each in SHORT_WINDOWS), *_constants(slo)]
    long = [*(_ratio(slo, each) for each in (*LONG_WINDOWS, whole)), _remaining(slo, whole)]
    names = {"5m", *(each.name for each in SHORT_WINDOWS)}
    alerts = [each for each in ALERTS if (slo.page if each.severity == PAGE else slo.ticket)]
    short += [_alert(slo, each, dashboard) for each in alerts if each.long in names]
    long += [_alert(slo, each, dashboard) for each in alerts if each.long not in names]
    return [
        {"name": f"slo-{slo.name}", "interval": INTERVAL, "rules": [*short, *_absent(slo, dashboard)]},
        {"name": f"slo-{slo.name}-long", "interval": LONG_INTERVAL, "rules": long},
    ]


def _labels(slo: Slo) -> dict[str, str]:
    return {**slo.labels, "slo": slo.name, "entity": slo.entity, "owner": slo.owner}


def _record(slo: Slo, name: str, expression: str) -> Rule:
    return {"record": name, "expr": expression, "labels": _labels(slo)}


def _of(slo: Slo, series: str) -> str:
    return f'{series}{{slo="{slo.name}"}}'


def _base(slo: Slo) -> Iterator[Rule]:
    """Record what was counted and what of it failed, both per second, and the share that failed."""
    labels = ", ".join(slo.group_by)
    total, on = _of(slo, TOTAL), f"on ({labels})"
    yield _record(slo, TOTAL, f"sum by ({labels}) ({slo.sli.total})")
    # A series that was never written (no good request yet, no error yet) is a zero.
    if slo.sli.good:
        failed = f"{total} - {on} sum by ({labels}) ({slo.sli.good})"
        yield _record(slo, ERRORS, f"clamp_min({failed} or {on} {total}, 0)")
    else:
        yield _record(slo, ERRORS, f"sum by ({labels}) ({slo.sli.error}) or {on} {total} * 0")
    yield _record(slo, f"{RATIO}5m", f"{_of(slo, ERRORS)} / ({total} > 0)")


def _ratio(slo: Slo, window: Window) -> Rule:
    errors, total = (f"{_of(slo, each)}[{window.range}]" for each in (ERRORS, TOTAL))
    failed = f"sum_over_time({errors}) / (sum_over_time({total}) > 0)"
    measured = f"clamp_max(count_over_time({total}) / {window.steps}, 1)"
    return _record(slo, f"{RATIO}{window.name}", f"{failed} * {measured}")


def _constants(slo: Slo) -> Iterator[Rule]:
    """Record what dashboards read, so that nobody writes an objective a second time."""
    yield _record(slo, "slo:burn_rate:ratio1h", f"{_of(slo, f'{RATIO}1h')} / {_plain(slo.budget)}")
    yield _record(slo, "slo:objective:ratio", f"vector({_plain(slo.objective / 100)})")
    yield _record(slo, "slo:error_budget:ratio", f"vector({_plain(slo.budget)})")
    yield _record(slo, "slo:window:days", f"vector({slo.window})")


def _remaining(slo: Slo, whole: Window) -> Rule:
    """Record which part of the budget is left: 1 untouched, below 0 overspent; untouched too where nothing happened."""
    spent = f"({_of(slo, f'{RATIO}{whole.name}')} or {_of(slo, TOTAL)} * 0) / {_plain(slo.budget)}"
    return _record(slo, "slo:error_budget_remaining:ratio", f"1 - {spent}")


def _alert(slo: Slo, burn: BurnAlert, dashboard: str) -> Rule:
    threshold = _plain(burn.threshold(slo.budget))
    terms = [f"{_of(slo, f'{RATIO}{window}')} > {threshold}" for window in (burn.long, burn.short)]
    if slo.min_errors:
        window = next(each for each in (*SHORT_WINDOWS, *LONG_WINDOWS) if each.name == burn.long)
        counted = f"sum_over_time({_of(slo, ERRORS)}[{window.range}]) * {window.step}"
        terms.append(f"{counted} >= {_plain(slo.min_errors)}")
    where = "".join(f", {label} {{{{ $labels.{label} }}}}" for label in slo.group_by)
    lasts = _plain(round(slo.window * slo.budget / burn.threshold(slo.budget), 1))
    return {
        "alert": slo.burn_alert,
        "expr": " and ".join(terms),
        "labels": {
            **_labels(slo),
            **slo.alert_labels.get(burn.severity, {}),
            "severity": burn.severity,
            "long_window": burn.long,
        },
        "annotations": _annotations(
            slo,
            dashboard,
            f"{slo.name}{where}: {{{{ $value | humanizePercentage }}}} failed over {burn.long}, "
            f"{_plain(slo.budget * 100)}% may.",
            f"{slo.summary} The objective is {_plain(slo.objective)}% over {slo.window} days; "
            f"with {_plain(burn.threshold(slo.budget) * 100)}% failing its error budget lasts {lasts} days.",
        )
        | dict(slo.alert_annotations.get(burn.severity, {})),
    }


def _absent(slo: Slo, dashboard: str) -> Iterator[Rule]:
    """Alert if nothing is left that could be measured, which no share of failures can show."""
    if slo.absent:
        yield {
            "alert": f"{slo.alert}Absent",
            "expr": f"absent({' '.join(slo.absent.series.split())})",
            "for": ABSENT_FOR,
            "labels": _labels(slo) | {"severity": slo.absent.severity},
            "annotations": _annotations(
                slo,
                dashboard,
                f"{slo.name}: nothing is left that could be measured.",
                f"{slo.summary} Whether that is so cannot be seen any more: nothing that is measured for it answers.",
            ),
        }


def _annotations(slo: Slo, dashboard: str, summary: str, description: str) -> dict[str, str]:
    return {
        "summary": summary,
        "description": description.strip(),
        "runbook_url": slo.runbook,
        "dashboard_url": f"{dashboard}?var-slo={slo.name}",
    }


def _plain(number: Decimal) -> str:
    """Return a number without exponent and without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
