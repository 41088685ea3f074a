"""Every key that our values set is one that its chart knows, with a value of the right type."""

import copy
from functools import cache
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from contracts import chart
from contracts.check import problems
from contracts.tree import short

from tests.unit.components.rendering import CHECKOUT, COMPONENTS, owner, release, releases

CONTRACTS = CHECKOUT / "tests" / "contracts"
RELEASES = [each["name"] for role in COMPONENTS for each in releases(role)]
# What a user of EKS would decide, so that each branch of our values is seen once.
DECIDED: dict[str, dict[str, Any]] = {
    "eks": {
        "platform_storage_class": "gp3",
        "platform_cluster_name": "example",
        "ingress_allowed_cidrs": ["203.0.113.0/24"],
        "ingress_controller_role_arn": "arn:aws:iam::111122223333:role/example",
        "ingress_vpc_id": "vpc-0example",
        "ingress_subnets": ["subnet-a", "subnet-b"],
        "ingress_eip_allocations": ["eipalloc-a", "eipalloc-b"],
        "flask_app_image_repository": "example.org/flask-app",
        "argocd_repo_url": "https://git.example.org/team/landfall.git",
        "argocd_sso": {"dex": {"connectors": []}, "rbac": {"policy.default": "role:readonly"}},
        "argocd_receivers": [{"name": "hook", "type": "webhook", "url": "https://hook.example.org"}],
    },
    # What the running local cluster would have written: nothing is looked up here.
    "local": {"platform_state_dir": "/nowhere", "__local_aws": {"region": "eu-west-1", "vpc_id": "vpc-0example"}},
}


@cache
def settings(inventory: str) -> dict[str, Any]:
    """Return the settings of inventories/<inventory>, and what a user has decided there."""
    folder = CHECKOUT / "inventories" / inventory
    found = DataLoader().load_from_file(str(folder / "group_vars" / "clusters.yml"), trusted_as_template=True)
    return {"inventory_dir": str(folder), **found, **DECIDED[inventory]}


@cache
def contract(name: str) -> dict[str, Any]:
    """Return the keys that the chart of a release knows; those of our own chart are read from the chart itself."""
    file = CONTRACTS / f"{name}-{release(name)['chart']['version']}.yml"
    found: dict[str, Any] = (
        short(chart.contract(chart.read(CHECKOUT / "app" / "chart")))
        if name == "flask-app"
        else yaml.safe_load(file.read_text())["values"]
    )
    return found


@pytest.mark.parametrize("inventory", DECIDED)
@pytest.mark.parametrize("name", RELEASES)
def test_every_key_and_type_is_one_of_the_chart(name: str, inventory: str) -> None:
    spec = next(each for each in releases(owner(name), **settings(inventory)) if each["name"] == name)
    assert list(problems(spec["values"], contract(name))) == []
    assert list(problems((spec.get("crds") or {}).get("values", {}), contract(name))) == []


def test_each_pinned_chart_has_its_contract_and_no_other_is_kept() -> None:
    pinned = {f"{each}-{release(each)['chart']['version']}" for each in RELEASES if each != "flask-app"}
    kept = {path.stem: yaml.safe_load(path.read_text()) for path in CONTRACTS.glob("*.yml")}
    assert set(kept) == pinned
    assert all(stem == f"{each['chart']}-{each['version']}" for stem, each in kept.items())


def unknown(key: str, near: str) -> str:
    return f"{key} is not a key of the chart: the nearest known key is {near}."


MISTAKES = [
    (
        "nginx-ingress",
        ("controller", "service", "httpsPort", "prot"),
        443,
        unknown("controller.service.httpsPort.prot", "controller.service.httpsPort.port"),
    ),
    (
        "nginx-ingress",
        ("controller", "replicaCount"),
        "two",
        "controller.replicaCount is a string, the chart wants an integer.",
    ),
    (
        "kube-prometheus-stack",
        ("grafana", "ingress", "ingressclassname"),
        "nginx",
        unknown("grafana.ingress.ingressclassname", "grafana.ingress.ingressClassName"),
    ),
    (
        "eck-stack",
        ("eck-kibana", "ingress", "hosts"),
        {"host": "kibana.example.org"},
        "eck-kibana.ingress.hosts is an object, the chart wants an array.",
    ),
    ("argo-cd", ("server", "pdb"), True, "server.pdb is a boolean, the chart wants an object."),
    ("fluent-bit", ("zzz",), 1, "zzz is not a key of the chart: the chart knows nothing like it."),
    (
        "flask-app",
        ("autoscaling", "maxReplica"),
        5,
        unknown("autoscaling.maxReplica", "autoscaling.maxReplicas"),
    ),
]


@pytest.mark.parametrize(("name", "path", "value", "sentence"), MISTAKES, ids=lambda each: str(each)[:40])
def test_a_misspelt_key_and_a_wrong_type_fail(name: str, path: tuple[str, ...], value: Any, sentence: str) -> None:
    values = copy.deepcopy(dict(release(name)["values"]))
    place = values
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    assert list(problems(values, contract(name))) == [sentence]


def test_free_objects_take_any_key() -> None:
    values = {"controller": {"config": {"entries": {"whatever": "true"}}, "nodeSelector": {"example.org/pool": "a"}}}
    assert list(problems(values, contract("nginx-ingress"))) == []


def test_null_removes_a_default_wherever_it_stands() -> None:
    assert list(problems({"controller": {"replicaCount": None, "service": None}}, contract("nginx-ingress"))) == []
