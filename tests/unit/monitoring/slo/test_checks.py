"""What is said of objectives that no rules can be made of."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_checks import (
    LONGEST_NAME,
    problems,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings.checks import check_slos
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting
from tests.unit.components.rendering import evaluate

RATE = "rate(requests_total[{window}])"
GOOD: dict[str, Any] = {"entity": "service", "objective": 99.5, "sli": {"error": RATE, "total": RATE}}
LATENCY = {"buckets": 'seconds_bucket{job="x"}', "threshold": 0.3, "total": "seconds_count"}


def said(**fields: Any) -> list[str]:
    slos = {"demo": GOOD | fields}
    return problems(slos, slos)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"objective": 50.1, "window": 7, "group_by": ["namespace", "pod"], "owner": "team-a/web", "enabled": False},
        {
            "objective": 99.999,
            "runbook": "https://example.org/x",
            "page": False,
            "min_errors": 0.5,
            "summary": "It works.",
        },
        {"sli": {"good": RATE, "total": RATE, "error": None}},
        {
            "sli": {"ratio": "1 - avg_over_time(up[{window}:1m])"},
            "ticket": False,
            "labels": {"tier": "1"},
            "window": 92,
        },
        {
            "alert": "My Alert",
            "alert_labels": {"critical": {"tier": "1"}},
            "alert_annotations": {"warning": {"a": "b"}},
        },
        {"sli": {"latency": LATENCY}, "absent": {"series": 'up{job="("} == 1', "severity": "critical"}},
    ],
)
def test_what_will_do(fields: dict[str, Any]) -> None:
    assert said(**fields) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        *(("objective", each, "must be over 50 and under 100") for each in (0, 50, 100, 101, -1, 1000)),
        *(("objective", each, "is no number") for each in ("high", "99.5", True, [99], {"a": 1})),
        ("objective", None, "has no objective"),
        ("entity", "team", "must be one of service, pod, host"),
        ("entity", None, "has no entity"),
        *(("window", each, "must be a number of days, from 7 to 92") for each in (0, 6, 93, "30d", True, 28.5)),
        ("sli", None, "has no sli"),
        ("sli", RATE, "is no mapping"),
        ("sli", {}, "says neither what is good nor what is an error"),
        ("sli", {"good": RATE, "error": RATE, "total": RATE}, "has good and error"),
        ("sli", {"good": RATE}, "sli.total is no PromQL"),
        ("sli", {"good": "rate(x_total[5m])", "total": RATE}, "sli.good has no [{window}]"),
        ("sli", {"good": RATE, "total": "rate(x_total{window})"}, "sli.total has no [{window}]"),
        ("sli", {"good": "sum(" + RATE, "total": RATE}, "sli.good is no PromQL, its ( has no other half"),
        ("sli", {"good": 'x{a="b}[{window}]', "total": RATE}, 'its " has no other half'),
        ("sli", {"bad": RATE, "good": RATE, "total": RATE}, "sli.bad is no part of an SLI"),
        ("sli", {"latency": {"buckets": "x_bucket"}}, "must have just buckets, threshold and total"),
        ("sli", {"latency": LATENCY | {"buckets": RATE}}, "latency.buckets is no selector"),
        ("sli", {"latency": LATENCY | {"buckets": 'x_bucket{le="1"}'}}, "names le itself"),
        ("sli", {"latency": LATENCY | {"threshold": "300ms"}}, "threshold ('300ms') is no positive number"),
        ("group_by", "namespace", "is no list"),
        ("group_by", ["a-b"], "('a-b') is no label of Prometheus"),
        ("group_by", ["severity"], "(severity) is a label that Landfall sets"),
        ("owner", "team a!", "is not a name"),
        ("runbook", "wiki/runbook", "is not a URL"),
        ("page", "no", "is no switch"),
        ("enabled", "no", "is no switch"),
        ("min_errors", -1, "is no count"),
        ("absent", {"series": "up"}, "must have just series and severity"),
        ("absent", {"series": "up", "severity": "page"}, "must be one of critical, warning"),
        ("sli", {"ratio": "up"}, "sli.ratio has no [{window}]"),
        ("sli", {"ratio": RATE, "good": RATE, "total": RATE}, "has good and ratio"),
        ("sli", {"latency": LATENCY | {"buckets": 'x{a="b"} / y{c="d"}'}}, "latency.buckets is no selector"),
        ("labels", ["a"], "is no mapping"),
        ("labels", {"a": 1}, "labels.a (1) is no text"),
        ("labels", {"a-b": "1"}, "('a-b') is no name for Prometheus"),
        ("labels", {"__a": "1"}, "('__a') is no name for Prometheus"),
        ("labels", {"severity": "1"}, "(severity) is a label that Landfall sets"),
        ("ticket", "no", "is no switch"),
        ("alert", "", "is not a name of alerts"),
        ("alert_labels", {"page": {}}, "is not by severity"),
        ("alert_labels", {"critical": {"slo": "x"}}, "critical (slo) is a label that Landfall sets"),
        ("alert_annotations", {"warning": {"a": 1}}, "warning.a (1) is no text"),
        ("objectiv", 99, "is no field of an SLO: did you mean objective?"),
    ],
)
def test_what_is_refused(field: str, value: Any, words: str) -> None:
    found = said(**{field: value})
    assert len(found) == 1, found
    assert words in found[0]
    assert found[0].startswith("monitoring_slos.demo")
    assert found[0].endswith((".", "?"))


@pytest.mark.parametrize("where", [{"labels": {"pod": "x"}}, {"alert_labels": {"critical": {"pod": "x"}}}])
def test_a_label_is_either_fixed_or_of_a_group(where: dict[str, Any]) -> None:
    (found,) = said(group_by=["pod"], **where)
    assert "labels.pod is a label of group_by too" in found


@pytest.mark.parametrize("name", ["Demo", "demo_1", "1demo", "demo-", "d" * (LONGEST_NAME + 1)])
def test_names_that_are_refused(name: str) -> None:
    assert "is no name of an SLO" in problems({name: GOOD}, {name: GOOD})[0]


def effective(**slos: Any) -> list[str]:
    merged = evaluate("monitoring", "monitoring_component.in_force.monitoring_slos", monitoring_slos=slos)
    return problems(slos, merged)


def test_our_own_will_do_and_one_leaf_of_them_is_enough() -> None:
    ours = evaluate("monitoring", "platform_slos")
    assert problems(ours, ours) == []
    assert effective(**{name: {"objective": 99.5} for name in ours}) == []
    assert effective(**{"pod-restarts": {"enabled": False}}) == []


def test_a_slip_in_a_name_is_noticed() -> None:
    (found,) = effective(**{"flask-availability": {"enabled": False}})
    assert found.startswith("monitoring_slos.flask-availability has no entity and no sli and no objective: ")
    assert found.endswith("did you mean flask-app-availability?")


@pytest.mark.parametrize(("url", "refused"), [("https://example.org/a", False), ("docs/runbooks", True), ("", True)])
def test_runbooks_are_at_a_url(url: str, refused: bool) -> None:
    values = {"monitoring_runbooks_url": url}
    found = list(check_slos(Situation(values, {name: Setting(name, "monitoring", {}) for name in values}, ())))
    assert ["is no URL" in each for each in found] == [True] * refused


@pytest.mark.parametrize(
    ("retention", "slos", "words"),
    [
        ("30d", {"demo": GOOD}, ""),
        ("4w2d", {"demo": GOOD}, ""),
        ("1y", {"demo": GOOD}, ""),
        ("29d23h", {"demo": GOOD}, "monitoring_retention (29d23h) is shorter"),
        ("27d", {"demo": GOOD | {"window": 28}}, "28 days: write 33d"),
        ("15d", {"demo": GOOD | {"window": 7}}, ""),
        ("15d", {"demo": GOOD | {"enabled": False}}, ""),
        ("15 days", {"demo": GOOD}, ""),
    ],
)
def test_windows_lie_within_what_is_kept(retention: str, slos: dict[str, Any], words: str) -> None:
    values = {"monitoring_slos": {}, "monitoring_retention": retention}
    settings = {name: Setting(name, "monitoring", {}) for name in values}
    found = list(check_slos(Situation(values, settings, (), {"monitoring_slos": slos})))
    assert [words in each for each in found] == ([True] if words else [])
