"""What a run is said to have taken is what it took."""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import pki
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import settings_from
from tests import counting

ASK = """
import sys
from kubernetes import client, config
config.load_kube_config(sys.argv[1])
for _ in range(2):
    client.VersionApi().get_code()
"""
SHELL = f"{sys.executable} -c pass & {sys.executable} -c pass; wait"
PLAY = {
    "hosts": "clusters",
    "gather_facts": False,
    "handlers": [{"name": "A handler", "ansible.builtin.debug": {}}],
    "tasks": [
        {"name": "A module", "ansible.builtin.ping": {}, "changed_when": True, "notify": "A handler"},
        {"name": "A skipped one", "ansible.builtin.ping": {}, "when": False},
        {
            "name": "Two requests",
            "ansible.builtin.command": {"argv": [sys.executable, "-c", ASK, "{{ platform_kubeconfig }}"]},
        },
        {"name": "Two more Pythons", "ansible.builtin.shell": SHELL},
        {"name": "A fork alone", "ansible.builtin.debug": {"msg": "TASK [of the output]"}},
    ],
}


class Server(BaseHTTPRequestHandler):
    """An API server that knows its version."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        content = json.dumps({"major": "1", "minor": "35"} | dict.fromkeys(VERSION, "x")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


VERSION = ("buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "platform")


@pytest.fixture
def machine(tmp_path):
    """A state folder as of a running cluster, and the environment of commands typed at it."""
    folder = tmp_path / "cluster" / "pki"
    options = dict.fromkeys(("directory", "kubeconfig", "tools", "stages"), str(tmp_path))
    pki.ensure(
        settings_from({"name": "toy", "region": "eu-west-1", "nodes": 1, "load_balancers": [], **options}), folder
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "apiserver.crt", folder / "apiserver.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"https://127.0.0.1:{server.server_address[1]}"
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "toy",
        "clusters": [{"name": "toy", "cluster": {"server": address, "certificate-authority": str(folder / "ca.crt")}}],
        "users": [
            {
                "name": "toy",
                "user": {"client-certificate": f"{folder}/admin.crt", "client-key": f"{folder}/admin.key"},
            }
        ],
        "contexts": [{"name": "toy", "context": {"cluster": "toy", "user": "toy"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(counting.ROOT / "ansible.cfg"),
        "LANDFALL_STATE_DIR": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    yield SimpleNamespace(folder=tmp_path, environment=environment)
    server.shutdown()
    server.server_close()


def test_tasks_interpreters_and_requests_of_a_run(machine, tmp_path):
    play = tmp_path / "play.yml"
    play.write_text(json.dumps([PLAY]))
    counted = counting.count(machine, str(play))
    assert counted.status == 0, counted.said
    names = ["A module", "A skipped one", "Two requests", "Two more Pythons", "A fork alone", "A handler"]
    assert counted.tasks == names, counted
    modules, children = 3, 3
    assert len(counted.pythons) == modules + children, counted
    assert sum(" -c pass" in each for each in counted.pythons) == 2
    assert counted.requests == ["GET /version/"] * 2
    assert str(counted).startswith("6 tasks, 6 Pythons, 2 API requests\n")


def test_a_command_of_another_kind_and_the_next_one_begin_at_nothing(machine):
    with counting.counter(machine.environment, {"toy": machine}) as counter:
        first = counter.run(sys.executable, "-c", ASK, str(counter.apis["toy"].kubeconfig))
        second = counter.run("true")
    assert (first.tasks, first.pythons, first.requests) == ([], [], ["GET /version/"] * 2), first.said
    assert (second.tasks, second.pythons, second.requests) == ([], [], [])
