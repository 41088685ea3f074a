"""Objectives from files of OpenSLO and Sloth: how each field is translated, and what is said of those that are not."""

from __future__ import annotations

import copy
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_checks import problems
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_files import read
from ansible_collections.landfall.eks.plugins.module_utils.settings.checks import check_slos
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from tests.unit.components.rendering import evaluate
from tests.unit.monitoring.slo.shipped import alerts, groups, objectives, rules_map

EXAMPLES = Path(__file__).parents[4] / "docs/examples"
BESIDE = {"inventory_dir": str(EXAMPLES), "monitoring_slo_files": ["slos/*.yml"]}
SLOS = objectives(**BESIDE)

SLOTH: dict[str, Any] = {
    "version": "prometheus/v1",
    "service": "shop",
    "slos": [
        {
            "name": "checkout",
            "objective": 99.9,
            "sli": {
                "events": {"error_query": "rate(e_total[{{.window}}])", "total_query": "rate(t_total[{{.window}}])"}
            },
            "alerting": {"name": "Errors"},
        }
    ],
}


def metric(query: str, **source: Any) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", **source, "spec": {"query": query}}}


OPENSLO: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "checkout"},
    "spec": {
        "service": "shop",
        "indicator": {
            "metadata": {"name": "requests"},
            "spec": {"ratioMetric": {"counter": True, "good": metric("g_total"), "total": metric("t_total")}},
        },
        "timeWindow": [{"duration": "28d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    },
}
RATIO = "spec.indicator.spec.ratioMetric"


def with_leaf(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a document of which one leaf is another; without it if the value is None."""
    found = copy.deepcopy(document)
    *way, last = path.replace("[", ".").replace("]", "").split(".")
    inner: Any = found
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    key = int(last) if isinstance(inner, list) else last
    if value is None:
        del inner[key]
    else:
        inner[key] = value
    return found


def translated(folder: Path, *documents: Any) -> tuple[dict[str, Any], list[str]]:
    (folder / "slos.yml").write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return read(["slos.yml"], [str(folder)])


def one(folder: Path, *documents: Any) -> dict[str, Any]:
    """Return the fields of the one objective of documents that nothing is wrong with."""
    slos, wrong = translated(folder, *documents)
    assert wrong == []
    assert problems(slos, slos) == []
    (fields,) = slos.values()
    found: dict[str, Any] = fields
    return found


# --- The examples ---------------------------------------------------------------------------------------------------


def test_the_examples_stand_beside_landfalls_own() -> None:
    assert set(SLOS) - set(objectives()) == {
        *("shop-checkout-availability", "shop-stock-freshness", "payments-availability"),
        *("search-availability", "search-minutes-1", "search-minutes-2", "search-latency", "login-availability"),
    }
    assert {each.entity for name, each in SLOS.items() if name not in objectives()} == {"service"}


def test_what_a_sloth_specification_says_is_kept() -> None:
    slo = SLOS["shop-checkout-availability"]
    assert (slo.objective, slo.window, slo.owner) == (Decimal("99.9"), 30, "team-shop")
    assert slo.summary == "A checkout is answered without a server error."
    assert slo.labels == {"service": "shop", "tier": "1", "build": "1e3"}
    found = alerts(groups(slo.name, **BESIDE))
    assert {each["alert"] for each in found} == {"ShopCheckoutErrors"}
    page, ticket = found[0], found[-1]
    assert page["labels"].items() >= {"severity": "critical", "routing_key": "shop", "category": "availability"}.items()
    assert ticket["labels"].items() >= {"severity": "warning", "slack_channel": "#shop", "build": "1e3"}.items()
    assert "routing_key" not in ticket["labels"]
    assert page["annotations"]["runbook_url"] == "https://wiki.example.org/shop/checkout"


def test_alerts_that_a_specification_switches_off_are_not_made() -> None:
    def severities(name: str) -> set[str]:
        return {each["labels"]["severity"] for each in alerts(groups(name, **BESIDE))}

    assert severities("shop-stock-freshness") == {"warning"}
    assert severities("payments-availability") == {"critical"}


def test_what_an_openslo_specification_says_is_kept() -> None:
    slo = SLOS["search-availability"]
    assert (slo.objective, slo.window, slo.owner) == (Decimal("99.9"), 28, "team-search")
    assert slo.labels == {"service": "search", "example_org_tier": "1,2"}
    assert slo.sli.good == 'rate(search_requests_total{code!~"5.."}[5m])'
    assert slo.sli.total == "sum(rate(search_requests_total[5m]))"
    assert [SLOS[f"search-minutes-{each}"].objective for each in (1, 2)] == [99, 95]
    assert (SLOS["search-latency"].window, SLOS["search-latency"].group_by) == (14, ("zone",))
    assert (SLOS["login-availability"].objective, SLOS["login-availability"].window) == (Decimal("99.5"), 28)


def test_a_setting_by_name_is_merged_over_a_file() -> None:
    slos = {"search-availability": {"objective": 99.5, "entity": "pod"}, "search-latency": {"enabled": False}}
    found = objectives(**BESIDE, monitoring_slos=slos)["search-availability"]
    assert (found.objective, found.entity, found.window) == (Decimal("99.5"), "pod", 28)
    assert "slo-search-latency" not in rules_map(**BESIDE, monitoring_slos=slos)


def test_objects_and_multi_document_files_are_read_alike(tmp_path: Path) -> None:
    resource = {
        "apiVersion": "sloth.slok.dev/v1",
        "kind": "PrometheusServiceLevel",
        "metadata": {"name": "x"},
        "spec": {
            "service": "shop",
            "slos": [
                SLOTH["slos"][0]
                | {
                    "sli": {
                        "events": {
                            "errorQuery": "rate(e_total[{{.window}}])",
                            "totalQuery": "rate(t_total[{{.window}}])",
                        }
                    }
                }
            ],
        },
    }
    assert one(tmp_path, resource) == one(tmp_path, SLOTH)
    slos, wrong = translated(tmp_path, SLOTH, None, [OPENSLO], SLOTH | {"service": "web"})
    assert (list(slos), wrong) == (["shop-checkout", "checkout", "web-checkout"], [])


# --- Files and their places ------------------------------------------------------------------------------------------


def test_paths_are_beside_the_inventory_first_then_beside_the_playbook(tmp_path: Path) -> None:
    for place, objective in (("inventory", 99), ("playbook", 98)):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.yml").write_text(yaml.safe_dump(with_leaf(SLOTH, "slos[0].objective", objective)))
    (tmp_path / "playbook" / "b.yml").write_text(yaml.safe_dump(OPENSLO))
    folders = [str(tmp_path / "inventory"), "", str(tmp_path / "playbook")]
    slos, wrong = read(["a.yml", "b.yml", "*.yml", str(tmp_path / "inventory" / "a.yml")], folders)
    assert wrong == []
    assert {name: each["objective"] for name, each in slos.items()} == {"shop-checkout": 99.0, "checkout": 99.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("a: [", "slos.yml is no YAML: correct it"),
        ("just text", "slos.yml, document 1 is no mapping"),
        ("---\n---\nkind: Pod\napiVersion: v1\n", "slos.yml, document 2 is neither OpenSLO's"),
        ("apiVersion: openslo/v2alpha\nkind: SLO\n", "document 1, apiVersion ('openslo/v2alpha') must be one of"),
        ("\udce4", "slos.yml cannot be read"),
    ],
)
def test_files_that_are_no_specifications(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "slos.yml").write_bytes(text.encode(errors="surrogateescape"))
    slos, wrong = read(["slos.yml"], [str(tmp_path)])
    assert slos == {}
    assert [words in each for each in wrong] == [True] * bool(words)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert read(["slos/*.yml"], [str(tmp_path)])[1] == [
        f"monitoring_slo_files ('slos/*.yml') is no file in {tmp_path}: write its path, with * for several."
    ]
    assert "is no file" in read([str(tmp_path)], [])[1][0]


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(yaml.safe_dump(SLOTH))
    shutil.copy(tmp_path / "a.yml", tmp_path / "b.yml")
    _, wrong = read(["*.yml"], [str(tmp_path)])
    (said,) = wrong
    assert said.startswith(f"{tmp_path}/b.yml, document 1, slos[0] is called shop-checkout, and so is {tmp_path}/a.yml")
    _, wrong = read(["a.yml"], [str(tmp_path)], taken={"shop-checkout"})
    assert "so is one of Landfall's own" in wrong[0]


# --- What is refused, of Sloth's -------------------------------------------------------------------------------------

EVENTS = "slos[0].sli.events"


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        ("service", None, "service", "is missing"),
        ("slos", [], "slos", "is no list of mappings"),
        ("slo_plugins", {"chain": []}, "slo_plugins", "is a plugin"),
        ("sloss", [], "sloss", "did you mean slos?"),
        ("slos[0].name", None, "slos[0].name", "is missing"),
        ("slos[0].name", "ö", "slos[0].name", "(shop--) is no name of an SLO"),
        ("slos[0].objective", None, "slos[0].objective", "is missing"),
        ("slos[0].objective", "high", "slos[0].objective", "('high') is no number"),
        ("slos[0].objective", 100, "slos[0].objective", "must be over 50 and under 100"),
        ("slos[0].objective", 40, "slos[0].objective", "must be over 50 and under 100"),
        ("slos[0].plugins", {"chain": [{"id": "x"}]}, "slos[0].plugins", "is a plugin"),
        ("slos[0].objectiv", 99, "slos[0].objectiv", "did you mean objective?"),
        ("slos[0].sli", {"plugin": {"id": "x"}}, "slos[0].sli.plugin", "is a plugin"),
        ("slos[0].sli", {}, "slos[0].sli", "has none of events, raw"),
        ("slos[0].sli.raw", {"error_ratio_query": "a"}, "slos[0].sli", "has events and raw of events, raw"),
        (
            "slos[0].sli",
            {"raw": {"error_ratio_query": "a"}},
            "slos[0].sli.raw.error_ratio_query",
            "has no [{{.window}}]",
        ),
        (f"{EVENTS}.error_query", "rate(e_total[5m])", f"{EVENTS}.error_query", "has no [{{.window}}]"),
        (f"{EVENTS}.error_query", "rate(e_total[{{.other}}])", f"{EVENTS}.error_query", "a template other than"),
        (f"{EVENTS}.total_query", "t_total offset {{.window}}", f"{EVENTS}.total_query", "a template other than"),
        (f"{EVENTS}.total_query", "sum(rate(t[{{.window}}])", f"{EVENTS}.total_query", "its ( has no other half"),
        (
            f"{EVENTS}.total_query",
            "sum by (a) (rate(t[{{.window}}]))",
            f"{EVENTS}.total_query",
            "write the same labels",
        ),
        (f"{EVENTS}.total_query", "sum without (a) (rate(t[{{.window}}]))", f"{EVENTS}.total_query", "without (...)"),
        ("labels", {"slo": "x"}, "slos[0].labels", "(slo) is a label that Landfall sets"),
        ("labels", {"a-b": "x"}, "slos[0].labels", "is no name for Prometheus"),
        ("labels", {"owner": "a b"}, "slos[0].labels.owner", "is not a name"),
        ("labels", "x", "labels", "is no mapping"),
        ("slos[0].labels", {"x": {"y": "z"}}, "slos[0].labels.x", "is no text"),
        ("slos[0].alerting.page_alert", {"disable": "maybe"}, "slos[0].alerting.page_alert.disable", "is no switch"),
        (
            "slos[0].alerting.page_alert",
            {"labels": {"severity": "warning"}},
            "page_alert.labels.severity",
            "not critical",
        ),
        ("slos[0].alerting.ticket_alert", {"enabled": "no"}, "slos[0].alerting.ticket_alert.enabled", "is no field"),
        ("slos[0].alerting.labels", {"long_window": "x"}, "slos[0].alerting.critical", "a label that Landfall sets"),
        ("slos[0].alerting.annotations", {"a b": "x"}, "slos[0].alerting.critical", "is no name for Prometheus"),
    ],
)
def test_what_is_refused_of_sloth(path: str, value: Any, where: str, words: str, tmp_path: Path) -> None:
    _, wrong = translated(tmp_path, with_leaf(SLOTH, path, value))
    assert wrong
    assert wrong[0].startswith(f"{tmp_path}/slos.yml, document 1, ")
    assert f"{where} " in wrong[0]
    assert words in wrong[0]
    assert wrong[0].endswith((".", "?"))


def test_every_objective_that_is_refused_is_said_at_once(tmp_path: Path) -> None:
    other = SLOTH["slos"][0] | {"name": "other", "objective": "x"}
    _, wrong = translated(tmp_path, SLOTH | {"slos": [other, SLOTH["slos"][0], other]}, {"kind": "x"})
    assert len(wrong) == 3


# --- What is refused, of OpenSLO's -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        ("kind", "SLOs", "kind", "must be one of SLO, SLI"),
        ("metadata.name", None, "metadata.name", "is missing"),
        ("metadata.name", "1st", "metadata.name", "is no name of an SLO"),
        ("metadata.labels", {"a.b": "1", "a-b": "2"}, "metadata.labels", "only differ by signs"),
        ("spec.service", None, "spec.service", "is missing"),
        ("spec.alertPolicies", [{"alertPolicyRef": "x"}], "spec.alertPolicies", "is not translated"),
        ("spec.budgetingMethod", "Sometimes", "spec.budgetingMethod", "must be one of Occurrences, Timeslices"),
        ("spec.budgetingMethod", None, "spec.budgetingMethod", "must be one of Occurrences, Timeslices"),
        ("spec.budgetingMethod", "Timeslices", "spec.objectives[0].timeSliceWindow", "is missing"),
        ("spec.indicatorRef", "x", "spec", "has indicator and indicatorRef"),
        ("spec.indicator.spec", {}, "spec.indicator", "has none of ratioMetric"),
        (f"{RATIO}.bad", metric("b_total"), RATIO, "has good and bad"),
        (f"{RATIO}.raw", metric("r"), RATIO, "has raw and good and total"),
        (f"{RATIO}.total", None, f"{RATIO}.total", "is missing"),
        (f"{RATIO}.counter", None, f"{RATIO}.counter", "is no switch"),
        (f"{RATIO}.good", metric("q", type="Datadog"), f"{RATIO}.good.metricSource.spec", "is for Datadog"),
        (
            f"{RATIO}.good",
            {"metricSource": {"metricSourceRef": "x", "spec": {"query": "a"}}},
            f"{RATIO}.good.metricSource.metricSourceRef",
            "(x) is no DataSource of the files",
        ),
        (f"{RATIO}.good", metric("rate(a[1h])"), f"{RATIO}.good.metricSource.spec.query", "has the range [1h]"),
        (f"{RATIO}.good", metric("a_total - b_total"), f"{RATIO}.good.metricSource.spec.query", "is no plain counter"),
        ("spec.timeWindow", [{"duration": "1M"}], "spec.timeWindow[0].duration", "is no number of whole days"),
        ("spec.timeWindow", [{"duration": "36h"}], "spec.timeWindow[0].duration", "is no number of whole days"),
        ("spec.timeWindow", [{"duration": "3d"}], "spec.timeWindow[0].duration", "from 7 to 92"),
        ("spec.timeWindow", [{"duration": "28d", "isRolling": False}], "spec.timeWindow", "is not one rolling window"),
        ("spec.timeWindow", [{"duration": "28d"}] * 2, "spec.timeWindow", "is not one rolling window"),
        (
            "spec.timeWindow",
            [{"duration": "28d", "calendar": {"timeZone": "UTC"}}],
            "spec.timeWindow[0].calendar",
            "Landfall's windows are rolling",
        ),
        ("spec.objectives[0]", {"target": 0.4}, "spec.objectives[0].target, in percent", "(40.0) must be over 50"),
        ("spec.objectives[0]", {"target": 1}, "spec.objectives[0].target, in percent", "(100.0) must be"),
        ("spec.objectives[0]", {"targetPercent": "x"}, "spec.objectives[0].targetPercent", "is no number"),
        ("spec.objectives[0]", {"target": 0.9, "targetPercent": 90}, "spec.objectives[0]", "has target and"),
        ("spec.objectives[0]", {"displayName": "x"}, "spec.objectives[0]", "has none of target, targetPercent"),
        ("spec.objectives[0].compositeWeight", 2, "spec.objectives[0].compositeWeight", "a composite SLO"),
        ("spec.objectives[0].indicatorRef", "x", "spec.objectives[0].indicatorRef", "a composite SLO"),
        ("spec.colour", "red", "spec.colour", "is no field that Landfall reads"),
    ],
)
def test_what_is_refused_of_openslo(path: str, value: Any, where: str, words: str, tmp_path: Path) -> None:
    _, wrong = translated(tmp_path, with_leaf(OPENSLO, path, value))
    (said,) = wrong
    assert said.startswith(f"{tmp_path}/slos.yml, document 1, {where} "), said
    assert words in said
    assert said.endswith((".", "?"))


def test_a_slice_has_a_size_and_a_target(tmp_path: Path) -> None:
    sliced = with_leaf(OPENSLO, "spec.budgetingMethod", "Timeslices")
    for leaves, words in (
        ({"timeSliceWindow": "10m", "timeSliceTarget": 0.9}, "timeSliceWindow (10m) must be one of 1m, 5m"),
        ({"timeSliceWindow": 5}, "timeSliceTarget is missing"),
        ({"timeSliceWindow": 5, "timeSliceTarget": 90}, "timeSliceTarget (90) must be over 0 and at most 1"),
    ):
        _, wrong = translated(tmp_path, with_leaf(sliced, "spec.objectives[0]", {"target": 0.99} | leaves))
        assert words in wrong[0]


def test_thresholds_need_an_operator_and_a_value(tmp_path: Path) -> None:
    threshold = with_leaf(OPENSLO, "spec.indicator.spec", {"thresholdMetric": metric("latency")})
    for leaves, words in (({"value": 1}, "op ('') must be one of lte"), ({"op": "lt"}, "value is missing")):
        _, wrong = translated(tmp_path, with_leaf(threshold, "spec.objectives[0]", {"target": 0.99} | leaves))
        assert words in wrong[0]
    found = one(tmp_path, with_leaf(threshold, "spec.objectives[0]", {"target": 0.99, "op": "lt", "value": "1e-3"}))
    assert found["sli"] == {"ratio": "1 - (avg_over_time((((latency) >= -Inf) < bool 0.001)[{window}:1m]))"}


@pytest.mark.parametrize(
    ("query", "counter", "counted"),
    [
        ("g_total", True, "rate(g_total[{window}])"),
        ('sum(g_total{code=~"(2|3).."})', True, 'sum(rate(g_total{code=~"(2|3).."}[{window}]))'),
        ("sum(rate(g_total[5m]))", True, "sum(rate(g_total[{window}]))"),
        ('sum(rate(g_total{code!~"[45].."}[{{ .window }}]))', None, 'sum(rate(g_total{code!~"[45].."}[{window}]))'),
        ("sum_over_time((count(up))[5m:1m])", None, "sum_over_time((count(up))[{window}:1m])"),
        ("requests_in_flight", False, "avg_over_time((requests_in_flight)[{window}:1m])"),
    ],
)
def test_the_ways_to_count(query: str, counter: bool | None, counted: str, tmp_path: Path) -> None:
    ratio = {"bad": metric(query), "total": metric(query)} | ({} if counter is None else {"counter": counter})
    found = one(tmp_path, with_leaf(OPENSLO, RATIO, ratio))
    assert found["sli"] == {"error": counted, "total": counted}


def test_the_labels_of_a_grouping_keep_their_values(tmp_path: Path) -> None:
    events = {
        "error_query": "sum(rate(e_total[{{.window}}])) by (service, route) or on () vector(0)",
        "total_query": "sum by (route, service) (rate(t_total[{{.window}}]))",
    }
    found = one(tmp_path, with_leaf(SLOTH, EVENTS, events))
    assert (found["group_by"], found["labels"]) == (["route", "service"], {})


def test_references_are_looked_for_in_all_files(tmp_path: Path) -> None:
    (tmp_path / "slos.yml").write_text(
        yaml.safe_dump(with_leaf(with_leaf(OPENSLO, "spec.indicator", None), "spec.indicatorRef", "i"))
    )
    assert "(i) is no SLI of the files" in read(["*.yml"], [str(tmp_path)])[1][0]
    raw = {"rawType": "success", "raw": {"metricSource": {"metricSourceRef": "s", "spec": {"query": "ok:ratio"}}}}
    others = [
        {"apiVersion": "openslo/v1", "kind": "SLI", "metadata": {"name": "i"}, "spec": {"ratioMetric": raw}},
        {"apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "s"}, "spec": {"type": "prometheus"}},
        {"apiVersion": "openslo/v1", "kind": "AlertPolicy", "metadata": {"name": "unused"}, "spec": {}},
    ]
    (tmp_path / "z.yml").write_text(yaml.safe_dump_all(others))
    slos, wrong = read(["*.yml"], [str(tmp_path)])
    assert wrong == []
    assert slos["checkout"]["sli"] == {"ratio": "1 - (avg_over_time(((ok:ratio) >= 0)[{window}:1m]))"}


# --- On the way to the cluster ---------------------------------------------------------------------------------------


def test_preflight_says_what_is_wrong_and_no_rules_are_made_without_it(tmp_path: Path) -> None:
    (tmp_path / "slos.yml").write_text(yaml.safe_dump(with_leaf(SLOTH, "slos[0].objective", "high")))
    settings = {"inventory_dir": str(tmp_path), "monitoring_slo_files": ["slos.yml"]}
    merged = evaluate("monitoring", "monitoring_component.in_force", **settings)
    said = list(check_slos(Situation(settings, {}, (), merged)))
    assert said == [
        f"{tmp_path}/slos.yml, document 1, slos[0].objective ('high') is no number: write one such as 99.5."
    ]
    with pytest.raises(Exception, match=r"slos\[0\].objective \('high'\) is no number"):
        rules_map(**settings)


def test_an_objective_with_a_name_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "slos.yml").write_text(yaml.safe_dump(with_leaf(OPENSLO, "metadata.name", "pod-restarts")))
    settings = {"inventory_dir": str(tmp_path), "monitoring_slo_files": ["slos.yml"]}
    merged = evaluate("monitoring", "monitoring_component.in_force", **settings)
    (said,) = check_slos(Situation(settings, {}, (), merged))
    assert said.endswith("is called pod-restarts, and so is one of Landfall's own: rename it.")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("rate(a[5m])", ()),
        ("sum by (a, b) (x) / on (a) sum(y) by (a)", ("a", "b")),
        ("clamp_min(sum by (a) (x), 0)", ("a",)),
        ("sum(count by (pod) (x))", ()),
        ("count(x) by (b) or sum(max by (pod) (y))", ("b",)),
        ('sum by (a) (x{group="by (c)", quantile="0.9"}) + (sum by (b) (y))', ("a", "b")),
        ("sum without (pod) (x)", None),
        ("sum(sum without (pod) (x))", ()),
        ("topk(3, sum by (a) (x))", ()),
    ],
)
def test_labels_that_group_results(text: str, labels: tuple[str, ...] | None) -> None:
    assert slo_promql.grouping(text) == labels
