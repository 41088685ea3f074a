"""Whatever the shell is logged in to: no verb asks anybody but the cluster that the settings or the shell name."""

import base64
import json
import re
import shutil
import socket
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.e2e.machine import ROOT, Machine
from tests.unit.access.wire import Seen, proxy

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


CHARTS = tuple(
    f"CONNECT {urlsplit(ref).hostname}:443 ".encode()
    for path in ROOT.glob("roles/*/vars/main.yml")
    for ref in re.findall(r"\bref: ((?:https|oci)://\S+)", path.read_text())
)
"""How Helm asks the shell's proxy for the hosts of charts, as it should."""


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
        "K8S_AUTH_HOST": listener.url("https"),
        "K8S_AUTH_API_KEY": "theirs",
        "K8S_AUTH_CONTEXT": "theirs",
        "K8S_AUTH_IMPERSONATE_USER": "theirs",
        **dict.fromkeys(("HELM_KUBECONTEXT", "HELM_KUBETOKEN", "HELM_KUBEASUSER", "HELM_NAMESPACE"), "theirs"),
        "HELM_KUBEAPISERVER": listener.url("https"),
        "HELM_MAX_HISTORY": "1",
        "HELM_DEBUG": "true",
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


GET_CRED = """#!/bin/sh
cat "$(dirname "$0")/cred"
"""
PASSWORD = "p@ss/w:rd"


@pytest.fixture
def way_in(machine, listener, tmp_path):
    """A kubeconfig of somebody's: through a proxy with a login, a program beside it, and another name than its own."""
    ours = yaml.safe_load((machine.folder / "kubeconfig").read_text())
    cluster, user = ours["clusters"][0]["cluster"], ours["users"][0]["user"]
    pair = [base64.b64decode(user[f"client-{each}-data"]).decode() for each in ("certificate", "key")]
    api = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    status = dict(zip(("clientCertificateData", "clientKeyData"), pair, strict=True))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/cred").write_text(json.dumps({**api, "status": status}))
    (tmp_path / "bin/get-cred").write_text(GET_CRED)
    (tmp_path / "bin/get-cred").chmod(0o755)
    command = {"command": "./bin/get-cred", "apiVersion": api["apiVersion"], "interactiveMode": "Never"}
    seen = Seen(port=int(cluster["server"].rpartition(":")[2]))
    with proxy(seen):
        url = f"http://eve:p%40ss%2Fw%3Ard@127.0.0.1:{seen.proxy_port}"
        other = {"server": listener.url("https")}
        content = {
            "clusters": [
                {"name": "ours", "cluster": cluster | {"proxy-url": url}},
                {"name": "other", "cluster": other},
            ],
            "users": [{"name": "ours", "user": {"exec": command, "as": "eve", "as-groups": ["system:masters"]}}],
            "contexts": [{"name": each, "context": {"cluster": each, "user": "ours"}} for each in ("ours", "other")],
        }
        (tmp_path / "config").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **content}))
        yield tmp_path / "config", seen


def labelled(**labels):
    """Return the words that make Helm change a release."""
    return ["-e", json.dumps({"metrics_server_values": {"service": {"labels": labels}}})]


def test_a_context_of_the_shells_kubeconfig_is_the_one_for_all_calls(machine, listener, way_in, monkeypatch):
    path, seen = way_in
    elsewhere = {"HELM_KUBECONTEXT": "other", "HELM_KUBEAPISERVER": listener.url("https"), "HELM_NAMESPACE": "default"}
    for name, value in {"KUBECONFIG": str(path), "K8S_AUTH_CONTEXT": "ours", **elsewhere}.items():
        monkeypatch.setitem(machine.environment, name, value)
    listener.heard.clear()
    words = ["site.yml", "--tags", "metrics_server", "-e", "platform_kubeconfig=", *labelled(way="in")]
    said = machine.playbook(*words, "-vvv")
    assert listener.heard == []
    login = base64.b64encode(f"eve:{PASSWORD}".encode()).decode()
    assert {*seen.connected} == {(f"127.0.0.1:{seen.port}", f"Basic {login}")}
    assert not [each for each in ("p@ss", "p%40ss", login) if each in said]
    at = ["-n", "kube-system", f"--kubeconfig={machine.folder}/kubeconfig"]
    labels = machine.get("service/metrics-server", *at)["metadata"]["labels"]
    assert labels["way"] == "in", "and Helm has been there"


def test_records_of_helm_elsewhere_are_refused_with_what_to_run(machine, monkeypatch):
    monkeypatch.setitem(machine.environment, "HELM_DRIVER", "configmap")
    status, _, said = machine.try_("ansible-playbook", "-i", "inventories/local", "site.yml", "--tags", "preflight")
    assert status != 0
    assert "run `unset HELM_DRIVER`" in " ".join(said.split())


def test_two_hosts_that_are_one_cluster_are_refused_before_any_change(machine, tmp_path):
    inventory = tmp_path / "inventories/two"
    shutil.copytree(ROOT / "inventories/local", inventory)
    (tmp_path / "roles").symlink_to(ROOT / "roles")
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())["clusters"]["hosts"]
    both = {"clusters": {"hosts": dict.fromkeys(("blue", "green"), hosts["local"])}}
    (inventory / "hosts.yml").write_text(json.dumps(both))
    before = machine.get("secrets", "-A", "-l", "owner=helm")["items"], machine.holder()
    words = ["site.yml", "--tags", "metrics_server", *labelled(way="two")]
    status, _, said = machine.try_("ansible-playbook", "-i", str(inventory), *words)
    assert status != 0
    assert " ".join(said.split()).count("blue and green are the same cluster") >= len(("blue", "green"))
    assert (machine.get("secrets", "-A", "-l", "owner=helm")["items"], machine.holder()) == before


@pytest.mark.parametrize("verb", verbs())
def test_no_verb_asks_anybody_else(logged_in, listener, verb):
    words = ["--tags", TAGS] if verb == "site" else CERTAIN.get(verb, [])
    status, _, said = logged_in.try_("ansible-playbook", "-i", "inventories/local", f"playbooks/{verb}.yml", *words)
    assert [each for each in listener.heard if not each.startswith(CHARTS)] == []
    if verb != "verify":  # which misses what was not rolled out
        assert status == 0, said[-4000:]
