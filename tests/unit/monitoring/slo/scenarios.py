"""What may happen to whatever an objective is about, and what has to be seen of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate, pairwise

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import ALERTS, BurnAlert
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_model import Slo
from tests.unit.monitoring.slo.promtool import Case, Expectation, firing
from tests.unit.monitoring.slo.samples import Series, Shape, phases

Samples = Callable[[Shape], Series]
# How often the rules are evaluated: as often as in a cluster, or often enough for the windows of a day and more.
FAST, SLOW = "1m", "5m"
HOUR, DAY = 60, 1440
BEFORE = 60
# The rates are over five minutes, and a rule is evaluated once a minute.
SMOOTHING = 6


def _first(slo: Slo) -> BurnAlert:
    return next(each for each in ALERTS if slo.page or each.severity == "warning")


def due(slo: Slo) -> int:
    """Return after how many minutes of a full outage somebody has to be told."""
    first = _first(slo)
    long = {"1h": HOUR, "1d": DAY}[first.long]
    return math.ceil(float(first.threshold(slo.budget)) * long) + SMOOTHING


def silent(slo: Slo, minutes: int) -> Expectation:
    """Expect that none of an objective's alerts has fired until a minute."""
    query = f'count(ALERTS{{alertname="{slo.burn_alert}", alertstate="firing"}}) or vector(0)'
    return Expectation(minutes, f"max_over_time(({query})[{minutes}m:1m])", 0)


def outage(slo: Slo, samples: Samples) -> Case:
    """Everything fails at once: somebody is told in time, and nobody any more once it is over."""
    first, name = _first(slo), slo.burn_alert
    end = BEFORE + max(HOUR, due(slo) + HOUR // 2)
    told = BEFORE + due(slo)
    expected = [
        silent(slo, BEFORE),
        # Of what is told apart by labels, what does not fail has no alert.
        firing(name, told, 1, severity=first.severity, long_window=first.long),
        # The longer window of those that call has been free of failures for the time of its short one.
        firing(name, end + 40, 0, severity="critical"),
        firing(name, end + 6 * HOUR + 10, 0),
    ]
    if not slo.page:
        expected.append(firing(name, told, 0, severity="critical"))
    return Case(f"{slo.name}: outage", samples(phases((BEFORE, 0), (end - BEFORE, 1), (6 * HOUR + 20, 0))), expected)


def slow_burn(slo: Slo, samples: Samples) -> Case:
    """Twice as much fails as may, for almost two days: a ticket, and no call."""
    name = slo.burn_alert
    expected = [
        silent(slo, 20 * HOUR),
        firing(name, 40 * HOUR, 1, severity="warning", long_window="3d"),
        *(firing(name, hours * HOUR, 0, severity="critical") for hours in (24, 32, 40)),
    ]
    return Case(f"{slo.name}: slow burn", samples([float(2 * slo.budget)] * 41 * HOUR), expected)


def noise(slo: Slo, samples: Samples) -> Case:
    """Half of what may fail does, some of it in a few bad minutes each six hours: nobody hears of it."""
    quiet, bad = float(slo.budget) * 0.25, min(1.0, float(slo.budget) * 18)
    shape = phases(*[(6 * HOUR - 5, quiet), (5, bad)] * 5)
    return Case(f"{slo.name}: noise", samples(shape), [silent(slo, 30 * HOUR)])


def nothing_at_all(slo: Slo, samples: Samples) -> Case:
    """There are no series."""
    return Case(f"{slo.name}: no series", {}, [silent(slo, 2 * HOUR), _no_ratio(2 * HOUR)])


def no_traffic(slo: Slo, samples: Samples) -> Case:
    """All series are there and nothing happens: nothing is divided by zero, and no budget is spent."""
    series: Series = {name: [0.0] * 3 * HOUR for name in samples([0.0])}
    left = Expectation(2 * HOUR, "min(slo:error_budget_remaining:ratio)", 1)
    return Case(f"{slo.name}: no traffic", series, [silent(slo, 2 * HOUR), _no_ratio(2 * HOUR), left])


def _no_ratio(minute: int) -> Expectation:
    # NaN differs from everything.
    return Expectation(minute, 'count({__name__=~"slo:sli_error:ratio_rate.+"} != 0) or vector(0)', 0)


def single_failure(slo: Slo, samples: Samples) -> Case:
    """One request in two hours, and it fails."""
    series: Series = {}
    for name, values in samples(phases((HOUR, 0), (1, 1), (HOUR, 0))).items():
        rises = [0.0, *(float(b or 0) - float(a or 0) for a, b in pairwise(values))]
        only = [float(minute == HOUR and rise > 0) for minute, rise in enumerate(rises)]
        series[name] = list(accumulate(only))
    return Case(f"{slo.name}: single failure", series, [silent(slo, 2 * HOUR)])


def gone(slo: Slo, present: str) -> Case:
    """What is measured goes, and comes back."""
    assert slo.absent
    name = f"{slo.alert}Absent"
    series: Series = {present: [1.0] * 30 + [0.0] * 15 + [None] * 15 + [1.0] * 30}
    expected = [
        firing(name, 29, 0),
        firing(name, 34, 0),
        firing(name, 40, 1, severity=slo.absent.severity, slo=slo.name, owner=slo.owner),
        firing(name, 55, 1, severity=slo.absent.severity),
        firing(name, 65, 0),
    ]
    return Case(f"{slo.name}: gone", series, expected)
