"""The worked example of an automation endpoint: it is a rulebook, and answers a page and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.alerts.example import CONDITION, PLAYBOOK, RULEBOOK, answers, rule, ruleset
from tests.unit.monitoring.alerting.test_published import ALERT, WEBHOOK

PATIENCE = 180
GROUP = {"alertname": "FlaskAppAvailabilityBurn", "slo": "flask-app-availability", "severity": "critical"}
PAGE = WEBHOOK | {"groupLabels": GROUP, "groupKey": "one"}
RULEBOOK_PROGRAM = shutil.which("ansible-rulebook")
needs_rulebook = pytest.mark.skipif(
    RULEBOOK_PROGRAM is None,
    reason="not run: ansible-rulebook is not on PATH (pip install ansible-rulebook in a venv of its own; Java 17)",
)


def test_rulebook_takes_only_who_has_the_token() -> None:
    (source,) = ruleset()["sources"]
    assert source["eda.builtin.webhook"]["token"] == "{{ RULEBOOK_TOKEN }}"
    assert "--env-vars RULEBOOK_TOKEN" in RULEBOOK.read_text()
    assert str(RULEBOOK.relative_to(RULEBOOK.parents[3])) in RULEBOOK.read_text()


def test_playbook_is_there_and_patches_one_deployment() -> None:
    (play,) = yaml.safe_load(PLAYBOOK.read_text())
    (task,) = play["tasks"]
    assert task["kubernetes.core.k8s"]["state"] == "patched"
    assert PLAYBOOK.parents[3] / rule()["action"]["run_playbook"]["name"] == PLAYBOOK
    assert play["hosts"] == ruleset()["hosts"] == "clusters"


@pytest.mark.parametrize(
    ("payload", "answered"),
    [
        (PAGE, True),
        (PAGE | {"status": "resolved"}, False),
        (PAGE | {"groupLabels": GROUP | {"severity": "warning"}}, False),
        (PAGE | {"groupLabels": {"alertname": "KubePodCrashLooping"}}, False),
    ],
)
def test_condition_holds_for_the_page_alone(payload: dict[str, Any], answered: bool) -> None:
    assert answers(payload) is answered


def test_condition_reads_only_what_is_sent() -> None:
    for path, _ in CONDITION.findall(" ".join(rule()["condition"].split())):
        assert path.split(".")[0] in WEBHOOK
    assert set(ALERT) >= {"labels", "annotations"}


@contextmanager
def listening(folder: Path) -> Iterator[tuple[int, Path]]:
    """Run the example on loopback, its playbook writing a line to a file; yield its port and that file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    marker, book = folder / "restarted", [ruleset()]
    book[0]["sources"][0]["eda.builtin.webhook"] |= {"host": "127.0.0.1", "port": port}
    (folder / "rulebook.yml").write_text(yaml.safe_dump(book))
    (folder / "inventory.yml").write_text("clusters: {hosts: {one: {ansible_connection: local}}}\n")
    stub = folder / rule()["action"]["run_playbook"]["name"]
    stub.parent.mkdir(parents=True)
    line = {"path": str(marker), "create": True, "mode": "0600", "line": "{{ ansible_eda.event.payload.status }}"}
    tasks = [{"ansible.builtin.lineinfile": line}]
    stub.write_text(yaml.safe_dump([{"hosts": "clusters", "gather_facts": False, "tasks": tasks}]))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment |= {"RULEBOOK_TOKEN": "the-token", "PATH": f"{Path(str(RULEBOOK_PROGRAM)).parent}:{os.environ['PATH']}"}
    command = [str(RULEBOOK_PROGRAM), "-r", "rulebook.yml", "-i", "inventory.yml", "--env-vars", "RULEBOOK_TOKEN"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield port, marker
    finally:
        process.terminate()
        process.wait(30)


def post(port: int, payload: dict[str, Any], token: str) -> int:
    """Send what Alertmanager would; return the status, 0 while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/endpoint", json.dumps(payload), {"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@needs_rulebook
def test_ansible_rulebook_runs_the_playbook_for_the_page_alone(tmp_path: Path) -> None:
    with listening(tmp_path) as (port, marker):
        end = time.monotonic() + PATIENCE
        while not (status := post(port, PAGE, "another")) and time.monotonic() < end:
            time.sleep(0.5)
        assert status == 401
        # One after the other: what the first had led to would be there before what the second leads to.
        assert post(port, PAGE | {"status": "resolved", "groupKey": "two"}, "the-token") == 200
        assert post(port, PAGE, "the-token") == 200
        while not marker.exists() and time.monotonic() < end:
            time.sleep(0.5)
        assert marker.exists(), (tmp_path / "log").read_text()[-3000:]
        assert marker.read_text() == "firing\n"
