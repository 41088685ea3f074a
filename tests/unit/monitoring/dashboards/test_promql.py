"""Every query is PromQL to Prometheus' own parser, and asks only for series that some program has."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from dashboards import series, slo

from tests.unit.components.rendering import evaluate, load, release
from tests.unit.monitoring.dashboards.grafana import Query, dashboards, queries

PROMTOOL = pytest.mark.skipif(
    not shutil.which("promtool"), reason="not run: there is no promtool (make system-packages)"
)


def refused(folder: Path, found: Iterable[str]) -> str:
    """Return what promtool says against recording rules of these expressions, nothing if it takes them."""
    rules = [{"record": f"query{number}", "expr": expr} for number, expr in enumerate(found)]
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@PROMTOOL
def test_promtool_parses_every_query(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = queries()
    assert len({each.asked.dashboard for each in found}) == len(dashboards())
    assert refused(tmp_path, (each.expr for each in found)) == ""
    record_property("table", f"dashboards: {len(found)} queries are PromQL to promtool (proven)")


@PROMTOOL
@pytest.mark.parametrize(
    "expr",
    [
        "sum by (pod (up)",
        'rate(http_requests_total{status=~"5.."}[$__rate_interval])',
        "histogram_quantile(0.9, rate(x[5m])",
        "sum(rate(up))",
    ],
)
def test_a_broken_query_is_caught(tmp_path: Path, expr: str) -> None:
    said = refused(tmp_path, ["up", expr])
    assert "rule 2" in said
    assert "could not parse expression" in said


def test_every_series_is_one_that_a_program_has() -> None:
    wrong = {each.where: series.unknown(each.expr) for each in queries() if series.unknown(each.expr)}
    assert wrong == {}


def test_no_series_is_listed_in_vain() -> None:
    used = {name for each in queries() for name in series.names(each.expr)}
    assert set(series.owners()) - used == set()


def test_a_misspelt_series_is_caught() -> None:
    assert series.unknown(
        "sum(rate(http_request_total[5m])) / on (pod) group_left (node) sum(kube_pod_inf) or 1e3"
    ) == [
        "http_request_total",
        "kube_pod_inf",
    ]


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ('sum by (namespace, pod) (rate(a_total{x="b_total"}[5m] offset 1m)) > bool 0', ["a_total"]),
        (
            "slo:burn_rate:ratio1h * on (slo) group_left () slo:window:days",
            ["slo:burn_rate:ratio1h", "slo:window:days"],
        ),
        ("node_namespace_pod:kube_pod_info: and on (pod) up == 1", ["node_namespace_pod:kube_pod_info:", "up"]),
        ("topk(10, 1 - a / b) or vector(0)", ["a", "b"]),
    ],
)
def test_names_are_those_of_series_alone(expr: str, names: list[str]) -> None:
    assert series.names(expr) == names


def at_pods(query: Query) -> bool:
    """Say whether a query puts pods or hosts together by labels that kube-state-metrics must be told to show."""
    return "kube_pod_labels" in query.expr or "kube_node_labels" in query.expr


def test_labels_that_entities_are_put_together_by_are_shown() -> None:
    allowed = "".join(release("kube-prometheus-stack")["values"]["kube-state-metrics"]["metricLabelsAllowlist"])
    assert any(at_pods(each) for each in queries())
    for label in ("topology.kubernetes.io/zone", "node.kubernetes.io/instance-type", "app.kubernetes.io/name"):
        assert label in allowed
        shown = "label_" + label.replace(".", "_").replace("/", "_").replace("-", "_")
        assert any(shown in each.expr for each in queries())


needs_slos = pytest.mark.skipif(
    "__monitoring_own_slos" not in load("monitoring", "vars"), reason="not run: the role has no SLOs yet"
)


@needs_slos
def test_every_label_that_an_slo_is_measured_by_can_be_chosen() -> None:
    slos = evaluate("monitoring", "platform_slos")
    assert {label for each in slos.values() for label in each.get("group_by", [])} == set(slo.GROUPS)


@needs_slos
def test_hosts_have_the_name_of_their_node() -> None:
    monitor = release("kube-prometheus-stack")["values"]["prometheus-node-exporter"]["prometheus"]["monitor"]
    assert {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"} in monitor["relabelings"]
