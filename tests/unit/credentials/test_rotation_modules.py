"""The two modules around it: what they return and warn of, and that looking changes nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.credentials import rotation, rotation_steps
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
)
from ansible_collections.landfall.eks.plugins.modules import credentials, rotate
from tests.fake_cluster import FakeCluster
from tests.unit.credentials.fake_store import NOW, text_of
from tests.unit.credentials.platform import cluster_of, workload

HOME = "landfall-system"
WANTED = [
    {
        "name": "shipper",
        "kind": "password",
        "secret": {"name": "shipper", "namespace": "logging", "data": {"password": "{password}"}},
        "rotation": {"restart": ["DaemonSet/fluent-bit"], "means": "Lines come late."},
    },
    {
        "name": "kibana-tls",
        "kind": "certificate",
        "hosts": ["kibana.example.org"],
        "secret": {"name": "kibana-tls", "namespace": "logging"},
    },
]


class Module:
    """What the modules ask of Ansible."""

    def __init__(self, check_mode: bool = False, **params: Any) -> None:
        self.check_mode = check_mode
        given = {"namespace": HOME, "cluster_name": "test", "timeout": 5, "ca_file": None, "tls": {}}
        reached = {"permitted": [], "releases": [], "region": "eu-central-1", "kubeconfig": None, "context": None}
        self.params = given | reached | params
        self.no_log_values: set[str] = set()
        self.warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


@pytest.fixture
def api() -> FakeCluster:
    namespaces = [{"kind": "Namespace", "metadata": {"name": name, "namespace": ""}} for name in (HOME, "logging")]
    api = cluster_of([*namespaces, workload("DaemonSet", "logging", "fluent-bit")])
    made = site(api)
    assert made["changed"]
    return api


def site(api: FakeCluster, check_mode: bool = False, module: Module | None = None) -> dict[str, Any]:
    asked = module or Module(check_mode, credentials=copy.deepcopy(WANTED))
    found: dict[str, Any] = credentials.run(asked, api)
    return found


def look(api: FakeCluster, names: list[str], check_mode: bool = False, older_than: int | None = None) -> dict[str, Any]:
    module = Module(check_mode, names=names, older_than=older_than)
    found: dict[str, Any] = rotate.run(module, api)
    return found


def stage(api: FakeCluster) -> None:
    context = RotationContext(api, HOME, NOW, timeout=0, sleep=lambda _: None)
    rotation_steps.stage(context, rotation.read_subjects(context)["shipper"])


def values(api: FakeCluster) -> set[str]:
    """Return all that is secret."""
    found = [text_of(each) for (kind, *_), each in api.objects.items() if kind == "Secret"]
    return {value for each in found for key, value in each.items() if "password" in key or key.endswith("tls.key")}


def test_a_rollout_keeps_leases_and_a_second_one_changes_nothing(api: FakeCluster) -> None:
    assert ("Lease", HOME, "expires-kibana-tls") in api.objects
    before = copy.deepcopy(api.objects)
    assert not site(api)["changed"]
    assert not site(api, check_mode=True)["changed"]
    assert api.objects == before


def test_a_rollout_returns_what_is_documented(api: FakeCluster) -> None:
    assert set(site(api)) == {"changed", "diff", *yaml.safe_load(credentials.RETURN)}


def test_looking_and_planning_change_nothing(api: FakeCluster) -> None:
    before = copy.deepcopy(api.objects)
    found = look(api, [])
    assert (found["changed"], found["rotated"], found["said"]) == (False, [], [])
    assert [each["name"] for each in found["credentials"]] == ["landfall-ca", "kibana-tls", "shipper"]
    planned = look(api, ["shipper", "landfall-ca"], check_mode=True)
    assert (planned["changed"], planned["rotated"], planned["said"]) == (True, ["shipper", "landfall-ca"], [])
    assert look(api, [], check_mode=True, older_than=-1)["rotated"] == ["kibana-tls", "shipper"]
    assert api.objects == before


def test_nothing_secret_is_returned(api: FakeCluster) -> None:
    secret = values(api)
    found = look(api, ["shipper", "kibana-tls", "landfall-ca"])
    assert len(found["said"]) == 3
    secret |= values(api)
    assert len(secret) == 6
    returned = json.dumps([found, site(api)])
    assert not [value for value in secret if value in returned or json.dumps(value)[1:-1] in returned]


def test_a_rollout_ends_what_was_begun_and_says_what_has_to_wait(api: FakeCluster) -> None:
    stage(api)
    assert site(api)["rotated"] == ["shipper"]
    assert not site(api)["changed"]
    stage(api)
    daemon_set = api.objects.pop(("DaemonSet", "logging", "fluent-bit"))
    module = Module(credentials=copy.deepcopy(WANTED))
    assert site(api, module=module)["rotated"] == []
    assert "The rotation of shipper is unfinished" in module.warnings[0]
    api.objects["DaemonSet", "logging", "fluent-bit"] = daemon_set
    assert site(api)["rotated"] == ["shipper"]


def test_a_rollout_that_moves_the_authority_returns_the_one_that_is_left(api: FakeCluster) -> None:
    both = look(api, ["landfall-ca"])["ca_certificate"]
    assert both.count("BEGIN CERTIFICATE") == 2
    original = api.objects["Secret", HOME, "landfall-ca"]
    original["data"]["next.moving"] = "eWVz"
    after = site(api)
    assert after["rotated"] == ["landfall-ca"]
    assert after["ca_certificate"].count("BEGIN CERTIFICATE") == 1
    assert both.endswith(after["ca_certificate"])
    assert text_of(api.objects["Secret", "logging", "kibana-tls"])["ca.crt"] == after["ca_certificate"]


def test_a_cluster_without_any_is_said(api: FakeCluster) -> None:
    for place in [each for each in api.objects if each[0] == "Secret"]:
        del api.objects[place]
    with pytest.raises(RotationError, match=r"has no credentials in namespace landfall-system: run site\.yml first"):
        look(api, [])
