"""Bad input given to the real site.yml: every problem in a sentence, all at once, before any change."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

REPOSITORY = Path(__file__).parents[3]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
CHART = "apiVersion: v2\nname: metrics-server\nversion: 9.9.9\n"


class OldCluster(BaseHTTPRequestHandler):
    """An API server of Kubernetes 1.30 that forbids one thing, has no storage, and remembers changes asked of it."""

    changes: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        answers: dict[str, Any] = {"/version": {"gitVersion": "v1.30.1"}, "/apis": {"groups": []}}
        self._answer(answers.get(self.path, {"resources": [], "items": []}))

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if review.get("kind") != "SelfSubjectAccessReview":
            self.changes.append(self.path)
        allowed = review["spec"]["resourceAttributes"]["resource"] != "namespaces"
        self._answer({"status": {"allowed": allowed}})

    def _answer(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def old_cluster() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OldCluster)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(folder: Path, tags: str, settings: dict[str, Any], server: str = "http://127.0.0.1:1") -> str:
    """Run site.yml on a cluster at `server` with settings; return what it says, after checking that it failed early."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": {}}],
    }
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    given = {"platform_kubeconfig": kubeconfig, "platform_state_dir": str(folder / "state"), **settings}
    inventory, variables = folder / "hosts.json", folder / "settings.json"
    inventory.write_text(json.dumps({"clusters": {"hosts": {"test": host}}}))
    variables.write_text(json.dumps(given))
    done = subprocess.run(
        [PLAYBOOK, "-i", inventory, "site.yml", "--tags", tags, "-e", f"@{variables}"],
        cwd=REPOSITORY,
        env=os.environ | {"LANDFALL_CHART_CACHE": str(folder), "ANSIBLE_FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Nothing was changed, since this is in the way:" in said
    assert "changed=0" in said
    assert not (folder / "state").exists()
    return said


def sentences(said: str) -> list[str]:
    """Return the sentences of the report on standard error."""
    report = said.rpartition("[ERROR]")[2].partition("\nOrigin:")[0]
    return [line.removeprefix("- ") for line in report.splitlines() if line.startswith("- ")]


def test_settings_and_tags(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        "nonsense,efk",
        {
            "efk_sise": "small",
            "flask_app_min_replicas": 9,
            "metrics_server_replicas": "two",
            "monitoring_host": "graf_ana.example.org",
            "platform_simulated": "perhaps",
        },
    )
    begins = [sentence.split(" ")[0] for sentence in sentences(said)]
    assert begins == [
        "nonsense",
        "efk_sise",
        "metrics_server_replicas",
        "platform_simulated",
        "monitoring_host",
        "flask_app_min_replicas",
    ]
    assert "did you mean efk_size?" in said


def test_cluster_charts_and_hosts_file(tmp_path: Path, old_cluster: str) -> None:
    with tarfile.open(tmp_path / "metrics-server-9.9.9.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("metrics-server/Chart.yaml")
        member.size = len(CHART)
        archive.addfile(member, io.BytesIO(CHART.encode()))
    pins = [
        {"name": name, "namespace": "x", "chart": {"ref": f"https://charts.invalid/{name}", "version": "9.9.9"} | pin}
        for name, pin in {"metrics-server": {"sha256": "0" * 64}, "absent": {}}.items()
    ]
    said = sentences(
        run(
            tmp_path,
            "metrics_server,hosts",
            {"__metrics_server_releases": pins, "hosts_file": "/proc/hosts", "platform_simulated": True},
            old_cluster,
        )
    )
    assert OldCluster.changes == []
    for part in (
        "runs Kubernetes v1.30.1, Landfall knows 1.33 to 1.36",
        "may not create namespaces, needed for",
        "The chart metrics-server 9.9.9",
        "The chart absent 9.9.9",
        "hosts_file (/proc/hosts) cannot be written",
    ):
        assert len([sentence for sentence in said if part in sentence]) == 1, (part, said)


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    said = sentences(run(tmp_path, "preflight", {"platform_simulated": True}))
    assert "The cluster at http://127.0.0.1:1 refuses connections: start it, or check the address" in " ".join(said)
