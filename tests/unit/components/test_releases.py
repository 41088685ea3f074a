import copy
import re
from typing import Any

import pytest
import yaml

from tests.unit.components.literal_secrets import literal_secrets
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, evaluate, leaves, load, release, releases

NAMESPACES = {
    "metrics-server": "kube-system",
    "aws-load-balancer-controller": "kube-system",
    "nginx-ingress": "ingress",
    "kube-prometheus-stack": "monitoring",
    "eck-operator": "elastic-system",
    "eck-stack": "logging",
    "fluent-bit": "logging",
    "argo-cd": "argocd",
    "flask-app": "flask-app",
}


def every_release(**settings: Any) -> list[dict[str, Any]]:
    return [each for role in COMPONENTS for each in releases(role, **settings)]


def test_releases_keep_their_names_and_namespaces() -> None:
    found = [(each["name"], each["namespace"]) for each in every_release()]
    assert len(found) == len({name for name, _namespace in found})
    assert set(found) >= set(NAMESPACES.items())


@pytest.mark.parametrize("role", COMPONENTS)
def test_every_release_has_the_patience_of_its_role(role: str) -> None:
    found = [each["patience"] for each in releases(role, **{f"{role}_patience": 12})]
    assert (set(found), load(role, "defaults")[f"{role}_patience"]) == ({12}, 300)


def test_chart_pins_are_exact_and_digests_come_from_the_lock_alone() -> None:
    for each in every_release():
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", each["chart"]["version"]), each["name"]
        digest = each["chart"]["sha256"]
        assert digest is None or re.fullmatch(r"[0-9a-f]{64}", digest), each["name"]


def test_flask_app_is_the_chart_of_this_repository() -> None:
    chart = yaml.safe_load((CHECKOUT / "app/chart/Chart.yaml").read_text())
    spec = release("flask-app")["chart"]
    assert spec["ref"] == str(CHECKOUT / "app/chart")
    assert spec["version"] == chart["version"]


@pytest.mark.parametrize("role", COMPONENTS)
def test_spec_and_defaults_agree_in_name_and_value(role: str) -> None:
    spec = yaml.safe_load((CHECKOUT / "roles" / role / "meta/argument_specs.yml").read_text())
    options = spec["argument_specs"]["main"]["options"]
    defaults = load(role, "defaults")
    expressions = {name: value for name, value in defaults.items() if str(value).startswith("{{")}
    # An expression that stands for anything but a text is described, and no default of the spec.
    assert {name: option.get("default", expressions.get(name)) for name, option in options.items()} == defaults
    assert all(option["description"] for option in options.values())


@pytest.mark.parametrize("role", COMPONENTS)
def test_every_chart_has_an_override_that_replaces_one_leaf(role: str) -> None:
    overrides = [name for name in load(role, "defaults") if name.endswith("_values")]
    assert len(overrides) == len(releases(role))
    added = {"addedByUser": {"leaf": 1}}
    for before, after in zip(releases(role), releases(role, **dict.fromkeys(overrides, added)), strict=True):
        assert after["values"] == before["values"] | added


def test_an_override_keeps_the_neighbours_of_its_leaf() -> None:
    override = {"controller": {"service": {"httpPort": {"enable": True}}}}
    before = leaves(release("nginx-ingress")["values"])
    after = leaves(release("nginx-ingress", ingress_nginx_ingress_values=override)["values"])
    where = ("controller", "service", "httpPort", "enable")
    assert (before[where], after[where]) == (False, True)
    assert after == before | {where: True}


def test_values_hold_references_and_no_secrets() -> None:
    found = {each["name"]: literal_secrets(each["values"]) for each in every_release()}
    found |= {role: literal_secrets(load(role, "defaults")) for role in COMPONENTS}
    found["app/chart"] = literal_secrets(yaml.safe_load((CHECKOUT / "app/chart/values.yaml").read_text()))
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


PLANTED: dict[str, Any] = {
    "adminPassword": "prom-operator",
    "password": "correct-horse",
    "redis-passwd": 123456,
    "bearerToken": "abcdef",
    "clientSecret": "abcdef",
    "aws_secret_access_key": "abcdef",
    "tls.key": "abcdef",
    "anything": "prom-operator",
    "certificate": "-----BEGIN PRIVATE KEY-----",
    "url": "https://elastic:correct-horse@elasticsearch:9200",
    "args": ["--password=correct-horse"],
    "env": [{"name": "ELASTIC_PASSWORD", "value": "correct-horse"}],
    "text": "[OUTPUT]\n    HTTP_User shipper\n    HTTP_Passwd correct-horse\n",
    "json": '{"security": {"password": "correct-horse"}}',
}
REFERENCES: dict[str, Any] = {
    "passwordKey": "admin-password",
    "existingSecret": "grafana-admin",
    "topologyKey": "kubernetes.io/hostname",
    "automountServiceAccountToken": False,
    "env": [{"name": "ELASTIC_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "elastic", "key": "password"}}}],
    "text": "[OUTPUT]\n    HTTP_User shipper\n    HTTP_Passwd ${ELASTIC_PASSWORD}\n",
}


def maps(tree: Any) -> list[dict[str, Any]]:
    """Return every map of a tree, itself included."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [*([tree] if isinstance(tree, dict) else []), *(found for each in inner for found in maps(each))]


@pytest.mark.parametrize("name", [each["name"] for each in every_release()])
def test_a_secret_planted_anywhere_in_values_is_found(name: str) -> None:
    values = copy.deepcopy(release(name)["values"])
    places = maps(values)
    for each in places:
        each["planted"] = copy.deepcopy(PLANTED)
    found = [path[path.index("planted") + 1] for path in literal_secrets(values)]
    assert sorted(map(str, found)) == sorted([*PLANTED] * len(places))


def test_a_reference_to_a_secret_is_none() -> None:
    assert literal_secrets(REFERENCES) == {}


def test_values_are_the_same_at_each_rendering() -> None:
    for role in COMPONENTS:
        assert evaluate(role, f"{role}_component.releases") == releases(role)


def test_without_their_kind_nobody_brings_service_monitors() -> None:
    for each in every_release(platform_service_monitors=False):
        switched_on = {
            path
            for path, leaf in leaves(each["values"]).items()
            if leaf is True and any(str(part).lower() in {"servicemonitor", "podmonitor"} for part in path)
        }
        assert not switched_on, each["name"]


def test_definitions_are_the_workers_and_off_in_the_charts() -> None:
    sources = {each["name"]: (each.get("crds") or {}).get("source", "none") for each in every_release()}
    assert (
        sources.items()
        >= {
            "aws-load-balancer-controller": "chart",
            "nginx-ingress": "chart",
            "kube-prometheus-stack": "chart",
            "eck-operator": "templates",
            "argo-cd": "templates",
            "metrics-server": "none",
        }.items()
    )
    assert release("kube-prometheus-stack")["values"]["crds"]["enabled"] is False
    assert release("eck-operator")["values"]["installCRDs"] is False
    assert release("argo-cd")["values"]["crds"]["install"] is False


def test_needs_name_releases_that_come_before() -> None:
    seen: set[str] = set()
    for name in ("ingress", *COMPONENTS):
        for each in releases(name):
            assert set(each.get("needs", [])) <= seen, each["name"]
            seen.add(each["name"])
    assert release("nginx-ingress")["needs"] == ["aws-load-balancer-controller"]


def test_what_helm_does_not_wait_for_has_a_row() -> None:
    rows = {(row["kind"], row["name"]) for each in every_release() for row in each.get("ready", [])}
    assert rows >= {
        ("APIService", "v1beta1.metrics.k8s.io"),
        ("Service", "nginx-ingress-controller"),
        ("Prometheus", "kube-prometheus-stack-prometheus"),
        ("Alertmanager", "kube-prometheus-stack-alertmanager"),
        ("Elasticsearch", "elasticsearch"),
        ("Kibana", "kibana"),
    }


def test_only_the_operators_own_products_are_not_awaited_where_no_operator_runs() -> None:
    differing = []
    for real, simulated in zip(every_release(), every_release(platform_simulated=True), strict=True):
        differing += [real["name"]] if real.get("ready") != simulated.get("ready") else []
        assert all(row in real["ready"] for row in simulated.get("ready", []))
    assert "kube-prometheus-stack" in differing
    assert "eck-stack" not in differing


def test_the_values_are_those_of_eks_but_for_how_pods_behind_a_load_balancer_end() -> None:
    differing = {}
    for real, simulated in zip(every_release(), every_release(platform_simulated=True), strict=True):
        ours, theirs = leaves(real["values"]), leaves(simulated["values"])
        differing[real["name"]] = {path[-1] for path in ours.keys() | theirs if ours.get(path) != theirs.get(path)}
    ending = {"seconds", "terminationGracePeriodSeconds"}
    assert {name: found for name, found in differing.items() if found} == {"nginx-ingress": ending, "argo-cd": ending}


def test_volumes_take_the_clusters_default_class_unless_one_is_set() -> None:
    def classes(**settings: Any) -> list[Any]:
        found = [leaves(release(name, **settings)["values"]) for name in ("eck-stack", "kube-prometheus-stack")]
        return [leaf for each in found for path, leaf in each.items() if path[-1] == "storageClassName"]

    assert classes() == []
    assert classes(platform_storage_class="gp3") == ["gp3"] * 4


@pytest.mark.parametrize(("size", "nodes", "memory"), [("small", 1, "2Gi"), ("medium", 3, "4Gi"), ("large", 3, "16Gi")])
def test_sizes_of_elasticsearch(size: str, nodes: int, memory: str) -> None:
    (node_set,) = release("eck-stack", efk_size=size)["values"]["eck-elasticsearch"]["nodeSets"]
    assert node_set["count"] == nodes
    (container,) = node_set["podTemplate"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == memory
