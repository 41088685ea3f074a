"""Objectives from files alert as others do, and when Sloth's own rules would: judged by promtool."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.monitoring.slo import scenarios
from tests.unit.monitoring.slo.promtool import Case, Expectation, judge, needs_promtool, run
from tests.unit.monitoring.slo.samples import Series, Shape, counter, phases, split
from tests.unit.monitoring.slo.scenarios import DAY, FAST, HOUR, SLOW
from tests.unit.monitoring.slo.shipped import Groups, alerts, groups, objectives, rules_map
from tests.unit.monitoring.slo.test_files import BESIDE

SLOS = objectives(**BESIDE)
pytestmark = needs_promtool


def share(series: str) -> Callable[[Shape], Series]:
    """What is measured is already a share that succeeds."""
    return lambda shape: {series: [1 - each for each in shape]}


def by_minute(shape: Shape) -> Series:
    """In a failing minute, a tenth of the requests fail; in the others a twenty-fifth."""
    bad = [0.1 if each else 0.04 for each in minutes(shape)]
    return split('search_requests_total{code="200"}', 'search_requests_total{code="500"}')(bad)


def minutes(shape: Shape) -> list[bool]:
    """Return for each minute whether it fails, so that the shape's share of minutes does."""
    failing, due = [], 0.0
    for each in shape:
        due += each
        failing.append(due >= 1 - 1e-9)
        due -= failing[-1]
    return failing


def latency(shape: Shape) -> Series:
    """In a failing minute, searches take a second, in the others a tenth of one; what is idle has no quantile."""
    slow = [600.0 * each for each in minutes(shape)]
    busy = 'search_seconds_bucket{zone="a", le="%s"}'
    return {
        busy % "0.1": counter(600 - each for each in slow),
        busy % "1": counter(600.0 for _ in slow),
        busy % "+Inf": counter(600.0 for _ in slow),
        'search_seconds_bucket{zone="b", le="0.1"}': [7.0 for _ in slow],
        'search_seconds_bucket{zone="b", le="+Inf"}': [7.0 for _ in slow],
    }


SAMPLES = {
    "shop-checkout-availability": split(
        'shop_requests_total{route="/checkout", code="200"}', 'shop_requests_total{route="/checkout", code="503"}'
    ),
    "shop-stock-freshness": share('shop_stock_fresh_ratio{region="north"}'),
    "search-availability": split('search_requests_total{code="200"}', 'search_requests_total{code="500"}'),
}


def test_promtool_takes_all_rules(tmp_path: Path) -> None:
    found = [group for entry in rules_map(**BESIDE).values() for group in entry["groups"]]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": found}))
    done = run("check", "rules", str(tmp_path / "rules.json"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SAMPLES)
def test_an_outage_is_told_in_time_and_ends(name: str, tmp_path: Path) -> None:
    slo, samples = SLOS[name], SAMPLES[name]
    cases = [each(slo, samples) for each in (scenarios.outage, scenarios.nothing_at_all)]
    assert judge(tmp_path, groups(name, **BESIDE), cases, FAST) == ""


def failed(name: str, step: float) -> str:
    return f'max(round(slo:sli_error:ratio_rate1h{{slo="{name}"}}, {step}))'


@pytest.mark.parametrize(("name", "failing"), [("search-minutes-1", 0.25), ("search-minutes-2", 0)])
def test_slices_of_time_are_counted_whole(name: str, failing: float, tmp_path: Path) -> None:
    """A quarter of the minutes fails; of slices of five minutes, each of which has some, none does."""
    cases = [Case(name, by_minute([0.25] * 3 * HOUR), [Expectation(170, failed(name, 0.01), failing)])]
    assert judge(tmp_path, groups(name, **BESIDE), cases, FAST) == ""


def test_minutes_beyond_a_threshold_fail_and_those_without_a_value_do_not_count(tmp_path: Path) -> None:
    name = "search-latency"
    seen = [
        # Half of the hour, and the five minutes of the query.
        Expectation(180, failed(name, 0.1), 0.6),
        Expectation(180, f'count(slo:sli_error:ratio_rate1h{{slo="{name}"}})', 1),
    ]
    cases = [Case(name, latency(phases((2 * HOUR, 0), (30, 1), (31, 0))), seen)]
    assert judge(tmp_path, groups(name, **BESIDE), cases, FAST) == ""


def burn(errors: str, total: str, factor: float, windows: tuple[str, str]) -> str:
    """Return one condition of Sloth's alerts: from source, internal/plugin/slo/core/alert_rules_v1/plugin.go."""
    return " and ".join(f"(({errors} / {total}) > ({factor} * 0.001))".replace("WINDOW", each) for each in windows)


ERRORS = 'sum(rate(shop_requests_total{route="/checkout", code=~"(5..|429)"}[WINDOW]))'
TOTAL = 'sum(rate(shop_requests_total{route="/checkout"}[WINDOW]))'
SLOTHS = {
    "critical": ((14.4, ("5m", "1h")), (6, ("30m", "6h"))),
    "warning": ((3, ("2h", "1d")), (1, ("6h", "3d"))),
}
"""Factors and windows by severity: internal/alert/windows/google-30d.yaml."""
CHECKOUT = "shop-checkout-availability"


def beside_sloths(severity: str) -> Groups:
    """Return our rules, and Sloth's alert."""
    expression = " or ".join(f"({burn(ERRORS, TOTAL, *each)})" for each in SLOTHS[severity])
    sloth = {"name": "sloth", "rules": [{"alert": "Sloth", "expr": expression, "labels": {"severity": severity}}]}
    return [*groups(CHECKOUT, **BESIDE), sloth]


def compared(name: str, shape: Shape, severity: str, step: int) -> list[Case]:
    """Expect ours and Sloth's to differ for ten minutes at most: theirs look back less at both ends of an alert."""
    minute = len(shape) - 1

    def fires(alert: str) -> str:
        labels = f'alertname="{alert}", alertstate="firing", severity="{severity}"'
        return f"((count(ALERTS{{{labels}}}) > bool 0) or vector(0))"

    def steps(query: str) -> str:
        return f"sum_over_time(({query})[{minute}m:{step}m]) * {step}"

    differ = steps(f"abs({fires('ShopCheckoutErrors')} - {fires('Sloth')})")
    expected = [
        Expectation(minute, f"{differ} <= bool 10", 1),
        Expectation(minute, f"{steps(fires('Sloth'))} > bool 30", 1),
    ]
    return [Case(name, SAMPLES[CHECKOUT](shape), expected)]


PAGED = {
    "an outage": phases((2 * HOUR, 0), (HOUR, 1), (2 * HOUR, 0)),
    "7 times what may fail": phases((7 * HOUR, 0), (7 * HOUR, 0.007), (HOUR, 0)),
}


@pytest.mark.parametrize("name", PAGED)
def test_a_specification_of_sloths_pages_when_sloth_would(name: str, tmp_path: Path) -> None:
    assert judge(tmp_path, beside_sloths("critical"), compared(name, PAGED[name], "critical", 1), FAST) == ""


def test_a_specification_of_sloths_opens_a_ticket_when_sloth_would(tmp_path: Path) -> None:
    shape = phases((3 * DAY, 0), (10 * HOUR, 0.01), (4 * HOUR, 0))
    assert judge(tmp_path, beside_sloths("warning"), compared("ten times", shape, "warning", 5), SLOW) == ""


def test_another_factor_would_be_noticed(tmp_path: Path) -> None:
    found = beside_sloths("critical")
    for rule in alerts(found):
        rule["expr"] = rule["expr"].replace("> 0.0144", "> 0.144").replace("> 0.006", "> 0.06")
    cases = compared("an outage", phases((HOUR, 0), (HOUR, 0.03), (HOUR, 0)), "critical", 1)
    assert "FAILED" in judge(tmp_path, found, cases, FAST)
