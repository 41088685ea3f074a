"""What rules are made of an objective, and that nothing else changes with it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import (
    ALERTS,
    HIGHEST_THRESHOLD,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_checks import LONGEST_NAME
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_model import slo_of
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_rules import prometheus_rules
from tests.unit.components.rendering import COMPONENTS, leaves, releases
from tests.unit.monitoring.slo.shipped import alerts, groups, objectives, rules_map

SLOS = objectives()
DEMO: dict[str, Any] = {
    "entity": "service",
    "objective": 99.95,
    "window": 7,
    "owner": "team-a",
    "group_by": ["tenant"],
    "summary": "The demo answers.",
    "sli": {"good": "rate(ok_total[{window}])", "total": "rate(all_total[{window}])"},
}


def demo(**fields: Any) -> list[dict[str, Any]]:
    made = prometheus_rules({"demo-shop": DEMO | fields}, "https://grafana/d/landfall-slo", "https://pages/runbooks/")
    found: list[dict[str, Any]] = made["slo-demo-shop"]["groups"]
    return found


def test_everything_that_dashboards_and_receivers_read_is_recorded() -> None:
    names = {rule["record"] for group in demo() for rule in group["rules"] if "record" in rule}
    assert names == {
        "slo:sli_total:rate5m",
        "slo:sli_errors:rate5m",
        *(f"slo:sli_error:ratio_rate{each}" for each in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "7d")),
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:error_budget_remaining:ratio",
        "slo:burn_rate:ratio1h",
        "slo:window:days",
    }
    for rule in (each for group in demo() for each in group["rules"]):
        assert rule["labels"].items() >= {"slo": "demo-shop", "entity": "service", "owner": "team-a"}.items()


def test_alerts_carry_the_workbooks_windows_and_links() -> None:
    found = alerts(demo())
    assert {rule["alert"] for rule in found} == {"DemoShopBurn"}
    assert [(rule["labels"]["severity"], rule["labels"]["long_window"]) for rule in found] == [
        ("critical", "1h"),
        ("critical", "6h"),
        ("warning", "1d"),
        ("warning", "3d"),
    ]
    thresholds = [re.findall(r"ratio_rate(\w+)\{[^}]*} > ([\d.]+)", rule["expr"]) for rule in found]
    assert thresholds == [
        [("1h", "0.0072"), ("5m", "0.0072")],
        [("6h", "0.003"), ("30m", "0.003")],
        [("1d", "0.0015"), ("2h", "0.0015")],
        [("3d", "0.0005"), ("6h", "0.0005")],
    ]
    for rule in found:
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url", "dashboard_url"}
        assert rule["annotations"]["runbook_url"] == "https://pages/runbooks/demo-shop.md"
        assert rule["annotations"]["dashboard_url"] == "https://grafana/d/landfall-slo?var-slo=demo-shop"
        assert "{{ $labels.tenant }}" in rule["annotations"]["summary"]


def test_the_factors_spend_what_the_workbook_says() -> None:
    hours = {"1h": 1, "6h": 6, "1d": 24, "3d": 72}
    spent = [each.factor * hours[each.long] / (30 * 24) for each in ALERTS]
    assert spent == [Decimal("0.02"), Decimal("0.05"), Decimal("0.1"), Decimal("0.1")]


@pytest.mark.parametrize("objective", [50.5, 80, 93, 95, 99.999])
def test_a_full_outage_is_above_each_threshold(objective: float) -> None:
    slo = slo_of("demo", DEMO | {"objective": objective})
    assert all(0 < each.threshold(slo.budget) <= HIGHEST_THRESHOLD for each in ALERTS)


def test_what_calls_nobody_has_tickets_alone() -> None:
    assert {rule["labels"]["severity"] for rule in alerts(demo(page=False))} == {"warning"}


def test_what_opens_no_tickets_calls_alone() -> None:
    assert {rule["labels"]["severity"] for rule in alerts(demo(ticket=False))} == {"critical"}
    assert alerts(demo(page=False, ticket=False)) == []


def test_labels_are_on_everything_and_those_of_alerts_on_alerts() -> None:
    found = demo(
        labels={"tier": "1"},
        alert="DemoIsBad",
        alert_labels={"critical": {"routing": "now"}},
        alert_annotations={"warning": {"summary": "Later.", "runbook_url": "https://example.org"}},
    )
    assert {rule["labels"]["tier"] for group in found for rule in group["rules"]} == {"1"}
    assert {rule["alert"] for rule in alerts(found)} == {"DemoIsBad"}
    assert [rule["labels"].get("routing") for rule in alerts(found)] == ["now", "now", None, None]
    assert [rule["annotations"]["summary"] == "Later." for rule in alerts(found)] == [False, False, True, True]


def test_of_a_ratio_what_is_no_number_is_not_counted() -> None:
    total, errors = demo(sli={"ratio": "a[{window}] / b[{window}:1m]"})[0]["rules"][:2]
    assert total["expr"] == "sum by (tenant) ((a[5m] / b[5m:1m]) >= bool 0)"
    assert errors["expr"].startswith("sum by (tenant) ((a[5m] / b[5m:1m]) >= 0) or")


def test_an_objective_that_is_switched_off_has_no_rules() -> None:
    assert prometheus_rules({"demo": DEMO | {"enabled": False}}, "", "") == {}
    assert set(rules_map()) - set(rules_map(monitoring_slos={"pod-restarts": {"enabled": False}})) == {
        "slo-pod-restarts"
    }
    assert {"slo-log-delivery"} == set(rules_map()) - set(rules_map(efk_enabled=False))


def test_a_bound_is_found_whichever_way_prometheus_writes_it() -> None:
    assert slo_promql.up_to("x_bucket", 0.3) == 'x_bucket{le="0.3"}'
    pattern = slo_promql.up_to('x_bucket{a="b",}', 1000.0)
    assert pattern == 'x_bucket{a="b", le=~"1000(\\\\.0)?"}'


def test_objects_have_names_that_the_chart_does_not_cut() -> None:
    for length in (1, 32, 33, LONGEST_NAME):
        (name,) = prometheus_rules({"d" * length: DEMO}, "", "")
        assert len(f"kube-prometheus-stack-{name}") <= 63
    assert len(prometheus_rules({f"{'d' * 40}{each}": DEMO for each in range(3)}, "", "")) == 3


def test_one_objective_changes_its_own_rules_and_nothing_else() -> None:
    """Of all values of all releases, only this objective's thresholds, budget and texts differ."""
    name = "flask-app-availability"
    changed: dict[tuple[str | int, ...], tuple[Any, Any]] = {}
    for role in COMPONENTS:
        after = releases(role, monitoring_slos={name: {"objective": 99.5}})
        for old, new in zip(releases(role), after, strict=True):
            before, now = leaves(old), leaves(new)
            assert before.keys() == now.keys()
            changed |= {(old["name"], *path): (before[path], now[path]) for path in now if before[path] != now[path]}
    beginning = ("kube-prometheus-stack", "values", "additionalPrometheusRulesMap", f"slo-{name}", "groups")
    assert {path[:5] for path in changed} == {beginning}
    rules = groups(name, monitoring_slos={name: {"objective": 99.5}})
    touched = {
        (rule.get("record") or rule["alert"], path[-1])
        for path in changed
        for rule in [rules[int(path[5])]["rules"][int(path[7])]]
    }
    assert touched == {
        ("slo:objective:ratio", "expr"),
        ("slo:error_budget:ratio", "expr"),
        ("slo:error_budget_remaining:ratio", "expr"),
        ("slo:burn_rate:ratio1h", "expr"),
        ("FlaskAppAvailabilityBurn", "expr"),
        ("FlaskAppAvailabilityBurn", "summary"),
        ("FlaskAppAvailabilityBurn", "description"),
    }


def test_the_rules_take_little_of_what_helm_keeps() -> None:
    """Helm keeps a release, packed, in a Secret of at most 1 MiB."""
    assert len(json.dumps(rules_map())) < 200_000


@pytest.mark.parametrize("name", SLOS)
def test_every_default_says_what_it_promises(name: str) -> None:
    assert SLOS[name].summary.endswith(".")
    assert SLOS[name].window == 30
