"""Metrics and alerts, against a real Prometheus and a real Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    alertmanager_config,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_routing import Timing
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import (
    PrometheusError,
    instant,
)
from ansible_collections.landfall.eks.plugins.module_utils.status import slos
from ansible_collections.landfall.eks.plugins.module_utils.verify import alerts, metrics
from ansible_collections.landfall.eks.plugins.module_utils.verify.metrics import Monitor
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    CheckFailedError,
    NotRunError,
    patiently,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Site, direct
from tests.e2e.alerts import programs
from tests.fake_cluster import FakeCluster
from tests.unit.verify.servers import Reply, closed_port, serving

OURS = Monitor("flask-app", "ServiceMonitor", "flask-app", "flask-app")
DOWN = Monitor("argo-cd", "ServiceMonitor", "argocd", "argocd-server")
NOBODYS = Monitor("fluent-bit", "PodMonitor", "logging", "fluent-bit")
RECORDED = """
slo:objective:ratio{slo="flask-app-availability"} 0.999
slo:error_budget_remaining:ratio{slo="flask-app-availability"} -0.5
slo:objective:ratio{slo="log-delivery"} 0.99
slo:error_budget_remaining:ratio{slo="log-delivery", namespace="a"} 0.9
slo:error_budget_remaining:ratio{slo="log-delivery", namespace="b"} 0.4
ALERTS{alertstate="firing", slo="flask-app-availability", alertname="x"} 1
ALERTS{alertstate="pending", slo="log-delivery", alertname="y"} 1
"""


class Direct:
    """A program on loopback, asked as Proxied asks through the API server."""

    def __init__(self, port: int) -> None:
        self.site = Site("127.0.0.1", direct("127.0.0.1", port))

    def get(self, rest: str, query: dict[str, str] | None = None) -> Any:
        return self.site.ask(f"{rest}?{urlencode(query or {})}").json()

    def text(self, rest: str) -> str:
        return self.site.ask(rest).body.decode()

    def post(self, rest: str, body: Any) -> None:
        answer = self.site.ask(rest, method="POST", body=body)
        assert answer.status == 200, answer


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    """Scrape one exporter that answers and one that does not, in pools named as the operator names them."""
    programs.needed()
    folder = tmp_path_factory.mktemp("prometheus")
    port = programs.free_port()
    with ExitStack() as ends:
        there = ends.enter_context(serving(lambda *_: (200, RECORDED)))
        jobs = {OURS: there, DOWN: closed_port()}
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [
                {
                    "job_name": f"{monitor.pool}0",
                    "honor_labels": True,
                    "static_configs": [{"targets": [f"127.0.0.1:{at}"], "labels": {"job": monitor.name}}],
                }
                for monitor, at in jobs.items()
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        ends.enter_context(programs.running(folder, "prometheus", command, (port, "/-/ready")))
        yield Direct(port)


def patient(look: Any) -> str:
    return patiently(look, 60)


def test_a_component_that_is_scraped(prometheus: Direct) -> None:
    assert patient(partial(metrics.scraped, prometheus, [OURS])) == "1 targets of 1 monitors are up"


def test_a_target_that_is_down_fails(prometheus: Direct) -> None:
    def errors() -> list[str]:
        return [each["lastError"] for each in prometheus.get("/api/v1/targets")["data"]["activeTargets"]]

    programs.wait_until("a scrape that fails", lambda: any("refused" in each for each in errors()))
    with pytest.raises(CheckFailedError, match=r"of argocd/argocd-server is down: .*refused"):
        metrics.scraped(prometheus, [DOWN])


def test_a_monitor_that_nothing_answers_to_fails(prometheus: Direct) -> None:
    with pytest.raises(CheckFailedError, match="scrapes nothing for the PodMonitor logging/fluent-bit"):
        metrics.scraped(prometheus, [NOBODYS])
    with pytest.raises(NotRunError):
        metrics.scraped(prometheus, [])


def test_a_target_without_its_series_fails(prometheus: Direct) -> None:
    class Forgetful:
        def get(self, rest: str, query: dict[str, str] | None = None) -> Any:
            found = prometheus.get(rest, query)
            return {**found, "data": {"result": []}} if rest.endswith("query") else found

    patient(partial(metrics.scraped, prometheus, [OURS]))
    with pytest.raises(CheckFailedError, match="has no series up"):
        metrics.scraped(Forgetful(), [OURS])


def test_objectives_as_a_real_prometheus_gives_them(prometheus: Direct) -> None:
    programs.wait_until("the series", lambda: len(slos.rows(prometheus)) == 2)
    spent, met = slos.rows(prometheus)
    assert (spent["slo"], spent["state"], spent["alerts"]) == ("flask-app-availability", "overspent", 1)
    assert (met["slo"], met["state"], met["remaining"], met["burn_rate"]) == ("log-delivery", "met", 0.4, None)


def test_a_query_that_prometheus_refuses_is_said(prometheus: Direct) -> None:
    with pytest.raises(PrometheusError, match="parse error"):
        instant(prometheus, "sum by (")


def test_monitors_of_our_releases_alone() -> None:
    def monitor(name: str, kind: str = "ServiceMonitor", **metadata: Any) -> dict[str, Any]:
        return {"kind": kind, "metadata": {"name": name, "namespace": "n", **metadata}}

    cluster = FakeCluster(
        monitor("operator", "PodMonitor", annotations={"meta.helm.sh/release-name": "eck-operator"}),
        monitor("by-argocd", labels={"app.kubernetes.io/instance": "flask-app"}),
        monitor("foreign", annotations={"meta.helm.sh/release-name": "shop"}),
        monitor("nobodys"),
    )
    found = metrics.monitors(cluster, ["flask-app", "eck-operator"])
    assert [(each.release, each.pool) for each in found] == [
        ("eck-operator", "podMonitor/n/operator/"),
        ("flask-app", "serviceMonitor/n/by-argocd/"),
    ]


class Called:
    """A receiver that answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.said: list[dict[str, Any]] = []

    def take(self, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
        self.said.append(body)
        return self.status, {}


def receivers(port: int, **more: Any) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{port}"
    return [
        {"name": "on-call", "type": "webhook", "severities": ["critical"], "url": url},
        {"name": "platform", "type": "webhook", "url": url, **more},
    ]


def told(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the action hands on of receivers: nothing that opens a door."""
    return [
        {"name": each["name"], "type": each["type"], "severities": each.get("severities", ["critical", "warning"])}
        for each in given
    ]


@contextmanager
def alerting(folder: Path, given: list[dict[str, Any]]) -> Iterator[Direct]:
    templates = Path(__file__).parents[3] / "roles/monitoring/files/alerting/*.tmpl"
    config = alertmanager_config(given, "test", timing=Timing().scaled(0.01), templates=str(templates))
    with programs.alertmanager(folder, config) as port:
        yield Direct(port)


@pytest.fixture(autouse=True)
def _programs(request: pytest.FixtureRequest) -> None:
    if "tmp_path" in request.fixturenames:
        programs.needed()


def test_a_test_alert_arrives_and_ends(tmp_path: Path) -> None:
    called = Called()
    with serving(called.take) as port, alerting(tmp_path, receivers(port)) as alertmanager:
        said = alerts.arrive([alertmanager], told(receivers(port)), patient, datetime.now(UTC))
        assert said == "taken by on-call (webhook), platform (webhook)"
        names = {alert["labels"]["alertname"] for each in called.said for alert in each["alerts"]}
        assert names == {"LandfallVerifyCritical", "LandfallVerifyWarning"}
        assert "nothing is wrong" in str(called.said)
        programs.wait_until("its end", lambda: any(each["status"] == "resolved" for each in called.said))
        # A second one counts from where the first one ended.
        called.said.clear()
        assert alerts.arrive([alertmanager], told(receivers(port)), patient)
        assert called.said


def test_a_receiver_that_refuses_fails(tmp_path: Path) -> None:
    called = Called()
    called.status = 403
    with (
        serving(called.take) as port,
        alerting(tmp_path, receivers(port)) as alertmanager,
        pytest.raises(CheckFailedError, match=r"notifications to webhook fail|sent nothing in time to webhook"),
    ):
        alerts.arrive([alertmanager], told(receivers(port)), lambda look: patiently(look, 5))
    assert called.said


def test_a_receiver_that_no_route_leads_to_fails(tmp_path: Path) -> None:
    """Settings that were changed and not rolled out."""
    called = Called()
    with (
        serving(called.take) as port,
        alerting(tmp_path, receivers(port)[:1]) as alertmanager,
        pytest.raises(CheckFailedError, match="routes do not lead to platform"),
    ):
        alerts.arrive([alertmanager], told(receivers(port)), patient)


def test_nobody_is_called_if_nobody_is_to_be() -> None:
    beat = [{"name": "beat", "type": "webhook", "severities": []}]
    with pytest.raises(NotRunError, match="names nobody"):
        alerts.arrive([Direct(closed_port())], beat)
    with pytest.raises(CheckFailedError, match="no pod of Alertmanager"):
        alerts.arrive([], told(receivers(1)))
