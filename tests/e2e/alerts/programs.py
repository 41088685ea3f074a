"""The programs of the test, all on loopback: the application under gunicorn, Prometheus, Alertmanager, and a client."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PATIENCE = 120
"""Seconds after which something that should happen soon has not: long, for busy machines."""
SEARCHED = f"{os.environ['PATH']}:/usr/bin"
NEEDED = ("prometheus", "prometheus-alertmanager")


def needed() -> None:
    """Skip the test if a program is missing."""
    missing = [each for each in NEEDED if not shutil.which(each, path=SEARCHED)]
    if missing:
        pytest.skip(f"not run: {' and '.join(missing)} not installed (make system-packages)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, reached: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until `reached` returns something true, and return it; fails with `what` was waited for."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException, ValueError):
            if found := reached():
                return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {patience} s")


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@contextmanager
def running(folder: Path, name: str, command: list[str], ready: tuple[int, str], **more: Any) -> Iterator[None]:
    """Run a program in the background until it is left, once `ready`, a port and a path, answers."""
    log = folder / f"{name}.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=more.pop("cwd", folder), **more)
    try:

        def answers() -> bool:
            assert process.poll() is None, f"{name} ended:\n{log.read_text()[-3000:]}"
            return get(*ready)[0] == 200

        wait_until(f"{name} answering", answers)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def application(folder: Path, faults: Path) -> Iterator[int]:
    """Run the Flask application as its container does, two workers, with the switch for errors."""
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("APP_", "PROMETHEUS_"))}
    environment |= {"APP_PORT": str(port), "APP_WORKERS": "2", "FAULTS_FILE": str(faults), "TMPDIR": str(folder)}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    command = [sys.executable, "-m", "gunicorn", "faulty:create_app()"]
    with running(folder, "app", command, (port, "/readyz"), cwd=ROOT / "app", env=environment):
        yield port


@contextmanager
def prometheus(folder: Path, rules: dict[str, Any], targets: dict[str, int], alertmanager: int) -> Iterator[int]:
    """Run Prometheus, scraping `targets` (job and namespace by one name: port) each second."""
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "external_labels": {"cluster": "test"}},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{at}"], "labels": {"namespace": name}}]}
            for name, at in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    command = [
        str(shutil.which("prometheus", path=SEARCHED)),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=1s",
    ]
    with running(folder, "prometheus", command, (port, "/-/ready")):
        yield port


@contextmanager
def alertmanager(folder: Path, config: dict[str, Any]) -> Iterator[int]:
    """Run Alertmanager, alone."""
    port = free_port()
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(config))
    command = [
        str(shutil.which("prometheus-alertmanager", path=SEARCHED)),
        f"--config.file={folder}/alertmanager.yaml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(folder, "alertmanager", command, (port, "/-/ready")):
        yield port


def query(port: int, expression: str) -> list[float]:
    """Return the values that Prometheus gives for an expression now."""
    status, text = get(port, f"/api/v1/query?query={quote(expression)}")
    assert status == 200, text
    return [float(each["value"][1]) for each in json.loads(text)["data"]["result"]]


class Visitor:
    """Asks the application for a greeting again and again, and counts the answers."""

    def __init__(self, port: int) -> None:
        self.answers = {200: 0, 500: 0}
        self._port = port
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._done.wait(0.02):
            with suppress(OSError, http.client.HTTPException):
                status, _ = get(self._port, "/hello/user1")
                self.answers[status] = self.answers.get(status, 0) + 1


def send_alerts(port: int, alerts: list[dict[str, str]]) -> None:
    """Give alerts, each its labels, to Alertmanager."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps([{"labels": each} for each in alerts])
        connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def alert_states(port: int) -> list[tuple[dict[str, str], str]]:
    """Return (labels, state) of the alerts that Alertmanager knows; an inhibited one is `suppressed`."""
    status, text = get(port, "/api/v2/alerts")
    assert status == 200, text
    return [(each["labels"], each["status"]["state"]) for each in json.loads(text)]
