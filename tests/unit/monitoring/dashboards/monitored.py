"""A real Prometheus on loopback that scrapes itself, Alertmanager, the Flask application and made-up samples."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.unit.components.rendering import CHECKOUT, release
from tests.unit.monitoring.dashboards.made_up import Exporter

APP = CHECKOUT / "app"
PATIENCE = 180.0
RULES = "additionalPrometheusRulesMap"
WINDOW = re.compile(r"\[\w+:\w+\]")
# What is up by itself: an alert as ours carry it, and the one that always fires.
ALERTS = [
    {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}},
    *(
        {
            "alert": f"Trial{severity.title()}",
            "expr": "vector(1)",
            "labels": {
                "severity": severity,
                "slo": "flask-app-availability",
                "entity": "service",
                "owner": "platform",
                "namespace": "flask-app",
            },
        }
        for severity in ("critical", "warning")
    ),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def slo_groups() -> list[dict[str, Any]]:
    """Return the rule groups of the SLOs as the release has them, if it has any, for a test of a minute.

    They are evaluated every second, over windows of ten minutes: what is added up every five minutes of days would not
    be seen in it. The arithmetic is the same; that of the real windows has tests of its own.
    """
    files = release("kube-prometheus-stack")["values"].get(RULES) or {}
    text = WINDOW.sub("[10m:10s]", json.dumps([group for each in files.values() for group in each["groups"]]))
    return [dict(group) | {"interval": "1s"} for group in json.loads(text)]


class Monitored:
    """Everything running; `ask` is Prometheus' answer to a query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app, self.prometheus, self.alertmanager = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.prometheus}"
        self.has = {"alertmanager": bool(shutil.which("prometheus-alertmanager")), "slo": bool(slo_groups())}

    @contextlib.contextmanager
    def running(self) -> Iterator["Monitored"]:
        """Start all of it, and end what was started."""
        with contextlib.ExitStack() as ends:
            exporter = Exporter()
            ends.callback(exporter.close)
            self.configure(exporter.port)
            self.start(ends, "app", self.application(), cwd=APP)
            if self.has["alertmanager"]:
                self.start(ends, "alertmanager", self.alerts())
            self.start(ends, "prometheus", self.metrics())
            stopped = threading.Event()
            visitor = threading.Thread(target=self.visit, args=(stopped,))
            visitor.start()
            ends.callback(visitor.join)
            ends.callback(stopped.set)
            yield self

    def start(self, ends: contextlib.ExitStack, name: str, command: list[str], cwd: Path | None = None) -> None:
        log = ends.enter_context((self.folder / f"{name}.log").open("w"))
        environ = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
        environ |= {"APP_PORT": str(self.app), "APP_WORKERS": "2", "APP_HOST": "127.0.0.1", "TMPDIR": str(self.folder)}
        environ |= {"PYTHONPATH": f"{APP}:{APP / 'tests'}", "APP_VERSION": "1.2.3", "APP_REVISION": "0a1b2c3"}
        process = subprocess.Popen(command, cwd=cwd or self.folder, env=environ, stdout=log, stderr=log)
        ends.callback(process.wait)
        ends.callback(process.terminate)

    def application(self) -> list[str]:
        """Return the command of the application under gunicorn; slow.py adds a route that fails."""
        return [sys.executable, "-m", "gunicorn", "slow:create_app()"]

    def alerts(self) -> list[str]:
        file = self.folder / "alertmanager.json"
        return [
            "prometheus-alertmanager",
            f"--config.file={file}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self.alertmanager}",
            "--cluster.listen-address=",
        ]

    def metrics(self) -> list[str]:
        return [
            "prometheus",
            f"--config.file={self.folder / 'prometheus.json'}",
            f"--storage.tsdb.path={self.folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.prometheus}",
        ]

    def configure(self, made_up: int) -> None:
        """Write what Prometheus and Alertmanager read; JSON is YAML."""
        jobs = [
            job("kube-prometheus-stack-prometheus", "monitoring", "prometheus-0", self.prometheus),
            job("kube-prometheus-stack-alertmanager", "monitoring", "alertmanager-0", self.alertmanager),
            job("flask-app", "flask-app", "flask-app-0", self.app),
            job("made-up", "made-up", "made-up-0", made_up) | {"honor_labels": True},
        ]
        groups = [{"name": "alerts", "rules": ALERTS}, *slo_groups()]
        (self.folder / "rules.json").write_text(json.dumps({"groups": groups}))
        alerting = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager}"]}]}]}
        content = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.folder / "rules.json")],
            "alerting": alerting,
            "scrape_configs": jobs,
        }
        (self.folder / "prometheus.json").write_text(json.dumps(content))
        routes = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
        (self.folder / "alertmanager.json").write_text(json.dumps(routes))

    def visit(self, stopped: threading.Event) -> None:
        """Ask the application for pages, one in three of which fails, until told to stop."""
        while not stopped.wait(0.1):
            for path in ("/hello/user1", "/fail", "/nothing"):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{self.app}{path}", timeout=10).read()

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """Return the series that a query gives now; raises AssertionError with Prometheus' words if it is refused."""
        body = urllib.parse.urlencode({"query": expr}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query", body, timeout=30) as answer:  # noqa: S310
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            # While Prometheus starts it answers 503.
            if error.code not in {400, 422}:
                raise
            raise AssertionError(f"{expr}: {json.load(error)['error']}") from error
        return found

    def silent(self, expressions: set[str], patience: float = PATIENCE) -> set[str]:
        """Return those of the expressions that give no number even after `patience` seconds."""
        left, until = set(expressions), time.monotonic() + patience
        while left and time.monotonic() < until:
            with contextlib.suppress(ConnectionError, urllib.error.URLError):
                left = {each for each in left if not self.answered(each)}
            time.sleep(1)
        return left

    def answered(self, expr: str) -> bool:
        """Say whether a query gives at least one series with a number."""
        return any(each["value"][1] != "NaN" for each in self.ask(expr))


def job(service: str, namespace: str, pod: str, port: int) -> dict[str, Any]:
    """Return how Prometheus scrapes one program, with the labels that a ServiceMonitor gives it."""
    labels = {"namespace": namespace, "pod": pod, "service": service, "container": service}
    return {"job_name": service, "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}]}
