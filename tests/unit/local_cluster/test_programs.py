from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import pki, program_files, programs
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import NAMES, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Program
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    METRICS_SERVER_IP,
    Settings,
)


@pytest.fixture
def written(settings: Settings, place: Place) -> Place:
    pki.ensure(settings, place.pki)
    program_files.write_files(place)
    return place


def test_every_process_comes_after_what_it_needs(place: Place) -> None:
    seen: set[str] = set()
    for each in programs.programs(place):
        assert set(each.needs) <= seen
        seen.add(each.name)
    assert seen == set(NAMES)


def test_every_listener_is_on_loopback(place: Place) -> None:
    for each in programs.programs(place):
        for word in each.command:
            if word.startswith(("--bind-address=", "--server-address=", "--listen-")):
                assert "127.0.0.1" in word


def test_what_processes_read_is_there(written: Place) -> None:
    missing = [path for each in programs.programs(written) for path in each.reads if not path.is_file()]
    assert missing == []


def test_no_key_is_in_a_command_or_environment(written: Place) -> None:
    shown = str([(each.command, each.environment) for each in programs.programs(written)])
    assert "PRIVATE" not in shown


def test_only_fake_nodes_are_kwoks(place: Place) -> None:
    kwok = next(each for each in programs.programs(place) if each.name == "kwok")
    assert "--manage-all-nodes=false" in kwok.command
    assert "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake" in kwok.command


def test_the_control_plane_has_no_other_way_out(written: Place) -> None:
    document = yaml.safe_load(written.path("egress-selector.yml").read_text())
    assert [each["name"] for each in document["egressSelections"]] == ["cluster", "controlplane"]
    assert all(each["connection"]["proxyProtocol"] == "HTTPConnect" for each in document["egressSelections"])


def test_the_proxys_program_stands_alone(written: Place) -> None:
    source = written.path("egress_proxy.py").read_text()
    assert "ansible_collections" not in source
    compile(source, "egress_proxy.py", "exec")


def test_the_kubeconfig_has_one_context(written: Place) -> None:
    document = yaml.safe_load(written.settings.kubeconfig.read_text())
    assert [each["name"] for each in document["contexts"]] == ["landfall-local"] == [document["current-context"]]
    assert document["clusters"][0]["cluster"]["server"] == written.url("kube-apiserver")
    assert written.settings.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_an_audit_is_off_unless_it_is_asked_for(
    make_settings: Callable[..., Settings], place: Place, written: Place
) -> None:
    def server(at: Place) -> Program:
        return next(each for each in programs.programs(at) if each.name == "kube-apiserver")

    assert "--audit" not in str(server(written).command)
    audited = Place(make_settings(audit=True), place.ports)
    program_files.write_files(audited)
    policy = audited.path("audit-policy.yml")
    assert policy in server(audited).reads
    words = [each for each in server(audited).command if each.startswith("--audit")]
    assert f"--audit-policy-file={policy}" in words
    assert f"--audit-log-path={audited.settings.directory}/audit.log" in words
    assert {"--audit-log-maxsize=100", "--audit-log-maxbackup=3"} <= {*words}, "it is bounded"
    rules = yaml.safe_load(policy.read_text())["rules"]
    assert {each["level"] for each in rules} == {"None", "Metadata"}, "what is in a request is never written down"


def test_written_once(written: Place) -> None:
    assert not program_files.write_files(written)


def test_routes_lead_to_kubelets_and_metrics_server(place: Place) -> None:
    routes = program_files.routes(place)
    assert routes["198.18.0.10"] == place.ports["kwok"]
    assert routes[METRICS_SERVER_IP] == place.ports["metrics-server"]


def test_routes_that_a_test_added_stay(written: Place) -> None:
    path = Path(written.path("routes.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"198.18.200.1": 4711}))
    program_files.write_files(written)
    assert json.loads(path.read_text())["198.18.200.1"] == 4711
