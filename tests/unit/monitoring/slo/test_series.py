"""The default objectives look at series that there are, and at bounds that their histograms have."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from landfall_app.factory import create_app
from landfall_app.metrics import BUCKETS
from tests.unit.components.rendering import evaluate, leaves, release
from tests.unit.contracts import upstream
from tests.unit.monitoring.slo.table import PAGE_OF_DOCS

FIELDS: dict[str, dict[str, Any]] = evaluate("monitoring", "platform_slos")
LATENCIES = {name: each["sli"]["latency"] for name, each in FIELDS.items() if "latency" in each["sli"]}
# From source, as docs/slos.md names it.
NGINX = [*range(1, 6), *(n * 10**e for e in (1, 2, 3, 4) for n in (1, 2, 3, 4, 5))]
API_SERVER = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
BOUNDS = {"flask-app-latency": BUCKETS, "ingress-latency": NGINX, "api-server-latency": API_SERVER}
_METRIC = re.compile(r"\b([a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)+)(?=\s*[{\[])")


def texts(fields: dict[str, Any]) -> str:
    return " ".join(str(leaf) for leaf in leaves([fields["sli"], fields.get("absent")]).values())


@pytest.mark.parametrize("name", LATENCIES)
def test_a_threshold_is_a_bound_of_the_histogram(name: str) -> None:
    assert LATENCIES[name]["threshold"] in BOUNDS[name]


def of_the_application() -> dict[str, list[dict[str, str]]]:
    """Ask the real application; return the labels of its samples by name."""
    client = create_app().test_client()
    client.get("/hello/user1")
    samples: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for each in family.samples:
            samples.setdefault(each.name, []).append(each.labels)
    return samples


def test_the_application_has_the_series_that_its_objectives_look_at() -> None:
    samples = of_the_application()
    for name in ("flask-app-availability", "flask-app-latency"):
        metrics = set(_METRIC.findall(texts(FIELDS[name])))
        assert metrics, name
        assert metrics <= samples.keys()
    for metric in ("http_requests_total", "http_request_duration_seconds_bucket"):
        assert all(labels.keys() >= {"method", "route"} for labels in samples[metric])
        assert "/hello/<user>" in {labels["route"] for labels in samples[metric]}
    assert {labels["status"] for labels in samples["http_requests_total"]} == {"200"}
    threshold = LATENCIES["flask-app-latency"]["threshold"]
    assert str(threshold) in {labels["le"] for labels in samples["http_request_duration_seconds_bucket"]}


def test_the_chart_keeps_the_bucket_that_the_api_servers_objective_needs() -> None:
    file = upstream.FOLDER / "kube-prometheus-stack-88.5.3" / "values.yaml"
    if not file.exists():
        pytest.skip(upstream.MISSING)
    monitor = yaml.safe_load(file.read_text())["kubeApiServer"]["serviceMonitor"]
    dropped = [each["regex"] for each in monitor["metricRelabelings"] if each["action"] == "drop"]
    bucket = "apiserver_request_sli_duration_seconds_bucket"
    assert bucket in LATENCIES["api-server-latency"]["buckets"]
    assert any(re.fullmatch(each, f"{bucket};2.0") for each in dropped)
    assert not any(re.fullmatch(each, f"{bucket};1.0") for each in dropped)


@pytest.mark.parametrize("name", FIELDS)
def test_where_each_metric_is_from_is_written_down(name: str) -> None:
    page = PAGE_OF_DOCS.read_text()
    metrics = set(_METRIC.findall(texts(FIELDS[name])))
    assert metrics, name
    assert {metric for metric in metrics if f"`{metric}`" not in page} == set()


def test_nginx_counts_what_its_objectives_look_at() -> None:
    values = release("nginx-ingress")["values"]
    assert values["controller"]["enableLatencyMetrics"] is True
    assert values["prometheus"]["create"] is True


def test_hosts_have_the_name_of_their_node() -> None:
    monitor = release("kube-prometheus-stack")["values"]["prometheus-node-exporter"]["prometheus"]["monitor"]
    assert {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"} in monitor["relabelings"]
