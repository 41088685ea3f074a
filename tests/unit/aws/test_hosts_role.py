"""Role hosts as a play runs it, between an API server and a simulated account: into Route 53 and back."""

import json
import os
import sys
import threading
from pathlib import Path

import boto3
import pytest

from tests import commands
from tests.unit.aws import network
from tests.unit.aws.test_dns_records import GRAFANA, make_zone, there
from tests.unit.bad_input.fake_clusters import Handler, Server
from tests.unit.bad_input.test_bad_input import kubeconfig

ROOT = Path(__file__).parents[3]
NAMESPACE = "/api/v1/namespaces/landfall-system"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
OWN = [{"host": GRAFANA, "namespace": "monitoring", "release": "kube-prometheus-stack"}]


class Kept(Handler):
    """Keeps the annotations of the one namespace."""

    def do_PATCH(self):  # noqa: N802
        change = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        metadata = self.server.states["shop"][NAMESPACE]["metadata"]
        given = metadata["annotations"] | change["metadata"]["annotations"]
        metadata["annotations"] = {key: value for key, value in given.items() if value is not None}
        self.server.changes.append(metadata["annotations"])
        self._answer(self.server.states["shop"][NAMESPACE])


def ingress(namespace, host, point, release):
    return {
        "metadata": {"namespace": namespace, "name": release, "labels": {"app.kubernetes.io/instance": release}},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": host}]},
        "status": {"loadBalancer": {"ingress": [point] if point else []}},
    }


@pytest.fixture
def server():
    made = Server({"shop": {NAMESPACE: {"metadata": {"name": "landfall-system", "annotations": {}}}}})
    made.RequestHandlerClass = Kept
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


def play(name, folder, *, check=False, **variables):
    """Return a play of the role, which leaves what it has recorded in a file."""
    parts = {"settings": {"names": OWN}, "planned": [{"name": OWN[0]["release"]}]}
    recorded = {"content": "{{ platform_run.hosts | to_json }}", "dest": str(folder / f"{name}.json")}
    return {
        "hosts": "clusters",
        "gather_facts": False,
        "check_mode": check,
        "vars": variables,
        "module_defaults": {"group/landfall.eks.cluster": {"kubeconfig": "{{ platform_kubeconfig }}"}},
        "tasks": [
            {"ansible.builtin.import_role": {"name": "landfall.eks.preflight"}, "when": False},
            {"landfall.eks.run_record": {"new": True, "parts": parts}, "register": "platform_run"},
            {"ansible.builtin.include_role": {"name": "landfall.eks.hosts", "rolespec_validate": False}},
            {"ansible.builtin.copy": recorded, "check_mode": False},
        ],
    }


def test_names_go_into_route53_and_back_into_the_file(tmp_path, server):
    zone = make_zone()
    balancer = network.balancer("shop", network.make()["subnets"])
    server.states["shop"][INGRESSES] = {
        "items": [
            ingress("monitoring", GRAFANA, {"hostname": balancer}, OWN[0]["release"]),
            ingress("team-a", "github.com", None, OWN[0]["release"]),
            ingress("team-a", GRAFANA, {"ip": "198.51.100.66"}, OWN[0]["release"]),
        ]
    }
    in_dns = {"platform_dns": "route53"}
    in_file = {"hosts_addresses": ["203.0.113.7"]}
    plays = [
        play("planned", tmp_path, check=True, **in_dns),
        play("written", tmp_path, **in_dns),
        play("again", tmp_path, **in_dns),
        play("back", tmp_path, **in_file),
        play("forth", tmp_path, **in_dns),
        play("gone", tmp_path, platform_state="absent", **in_file),
    ]
    settings = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "platform_kubeconfig": kubeconfig(f"http://127.0.0.1:{server.server_port}/shop"),
        "platform_state_dir": str(tmp_path),
        "platform_cluster_name": "shop",
        "ingress_addresses": "auto",
        "hosts_file": str(tmp_path / "hosts"),
        "hosts_probe": False,
        "hosts_timeout": 5,
    }
    (tmp_path / "plays.json").write_text(json.dumps(plays))
    (tmp_path / "inventory.json").write_text(json.dumps({"clusters": {"hosts": {"shop": settings}}}))
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")}
    seen = []
    server.changes = Changes(lambda: seen.append(there(zone, "A")))
    program = Path(sys.executable).parent / "ansible-playbook"
    done = commands.run(
        [program, "-i", tmp_path / "inventory.json", tmp_path / "plays.json", "--diff"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = {each: json.loads((tmp_path / f"{each}.json").read_text()) for each in ("planned", "written", "again")}
    told |= {each: json.loads((tmp_path / f"{each}.json").read_text()) for each in ("back", "forth", "gone")}
    assert [each["records_changed"] for each in told.values()] == [True, True, False, True, True, True]
    assert told["planned"]["advice"] == [f"{GRAFANA}: Route 53, zone example.org ({zone})"]
    assert f"+{GRAFANA} A alias {balancer}" in done.stdout
    assert told["back"]["lines"] == [f"203.0.113.7 {GRAFANA}"]
    assert told["forth"]["changed"], "the block is removed, which would hide what DNS says"
    assert (tmp_path / "hosts").read_text() == ""
    assert there(zone, "A", "TXT") == {}
    note = {"landfall.eks/dns-zones": zone}
    assert list(server.changes) == [note, {}, note, {}]
    # The note is there before the first record, and after the last one.
    assert seen == [{}, {}, {}, {}]
    assert boto3.client("route53").list_hosted_zones()["HostedZones"], "the zone itself is nobody's to remove"


class Changes(list):
    """A list that calls somebody for each thing that is added to it."""

    def __init__(self, called):
        super().__init__()
        self.called = called

    def append(self, item):
        self.called()
        super().append(item)
