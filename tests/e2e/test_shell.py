"""Whatever the shell is logged in to: on the local inventory no verb asks anybody but the embedded cluster."""

import json
import shutil
import socket
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
import yaml

from tests.e2e.machine import ROOT, Machine

pytestmark = pytest.mark.cluster

TAGS = "metrics_server,flask_app"
CERTAIN = {
    "rollback": ["-e", "rollback_to=1"],
    "drift": ["-e", json.dumps({"drift_repair": True})],
    "rotate": ["-e", json.dumps({"rotate_names": ["flask-tls"]})],
}
"""What a verb needs to do its work."""
LAST = "uninstall"
NOT_HERE = {"local_cluster", "cluster"}
"""What makes a cluster; `cluster` makes one at AWS and has tests of its own."""


class Listener:
    """A loopback address that takes note of whoever calls."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with suppress(OSError):
            while True:
                caller, _ = self.socket.accept()
                with closing(caller):
                    caller.settimeout(5)
                    with suppress(OSError):
                        self.heard.append(caller.recv(400))

    def url(self, scheme="http"):
        return f"{scheme}://{self.address}"


@pytest.fixture(scope="module")
def listener():
    made = Listener()
    yield made
    made.socket.close()


@pytest.fixture(scope="module")
def machine():
    folder = Path(tempfile.mkdtemp(prefix="lf-shell-"))
    made = Machine(folder)
    made.playbook("playbooks/local_cluster.yml")
    made.playbook("site.yml", "--tags", TAGS)
    yield made
    made.run("make", "down")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def logged_in(machine, listener, tmp_path, monkeypatch):
    """Give the machine the shell of somebody who works with a cluster and an account of their own."""
    kubeconfig = tmp_path / "kubeconfig"
    entries = {
        "clusters": [{"name": "theirs", "cluster": {"server": listener.url("https")}}],
        "users": [{"name": "theirs", "user": {"token": "theirs"}}],
        "contexts": [{"name": "theirs", "context": {"cluster": "theirs", "user": "theirs"}}],
    }
    head = {"apiVersion": "v1", "kind": "Config", "current-context": "theirs"}
    kubeconfig.write_text(yaml.safe_dump({**head, **entries}))
    listener.heard.clear()
    profile = tmp_path / "aws"
    profile.write_text(f"[profile theirs]\nendpoint_url = {listener.url()}\nregion = us-east-1\n")
    theirs = {
        "KUBECONFIG": str(kubeconfig),
        "K8S_AUTH_KUBECONFIG": str(kubeconfig),
        "AWS_ENDPOINT_URL": listener.url(),
        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": listener.url(),
        "AWS_ENDPOINT_URL_EC2": listener.url(),
        "AWS_ENDPOINT_URL_STS": listener.url(),
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_PROFILE": "theirs",
        "AWS_ACCESS_KEY_ID": "AKIATHEIRS",
        "AWS_SECRET_ACCESS_KEY": "theirs",
        "AWS_SESSION_TOKEN": "theirs",
        "AWS_REGION": "us-east-1",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), listener.url()),
    }
    for name, value in theirs.items():
        monkeypatch.setitem(machine.environment, name, value)
    return machine


def verbs():
    """Return the playbooks of the checkout, the one that takes the platform away last."""
    names = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - NOT_HERE
    return sorted(names, key=lambda name: (name == LAST, name))


def test_the_listener_hears(listener):
    with socket.create_connection(("127.0.0.1", int(listener.address.rpartition(":")[2]))) as caller:
        caller.sendall(b"control")
        caller.recv(1)
    assert listener.heard.pop() == b"control"


@pytest.mark.parametrize("name", ["K8S_AUTH_HOST", "HELM_KUBEAPISERVER"])
def test_what_no_setting_replaces_is_refused_with_what_to_run(logged_in, listener, monkeypatch, name):
    monkeypatch.setitem(logged_in.environment, name, listener.url("https"))
    status, _, said = logged_in.try_("ansible-playbook", "-i", "inventories/local", "site.yml", "--tags", TAGS)
    assert status != 0
    assert f"unset {name}" in said
    assert listener.heard == []


@pytest.mark.parametrize("verb", verbs())
def test_no_verb_asks_anybody_else(logged_in, listener, verb):
    words = ["--tags", TAGS] if verb == "site" else CERTAIN.get(verb, [])
    status, _, said = logged_in.try_("ansible-playbook", "-i", "inventories/local", f"playbooks/{verb}.yml", *words)
    assert listener.heard == []
    if verb != "verify":  # which misses what was not rolled out
        assert status == 0, said[-4000:]
