"""Where the pods of the platform may run: on Linux alone, and DaemonSets on nodes that run DaemonSets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.components.rendering import COMPONENTS, HELM, release, releases, rendered

pytestmark = pytest.mark.skipif(not HELM.exists(), reason="no helm: run make tools")

NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]
OS = "kubernetes.io/os"
LINUX = {OS: "linux"}
EC2 = {OS: "linux", "eks.amazonaws.com/nodegroup": "default"}
# Where the label of an EKS compute type says who runs the node.
NODES_WITH = {
    "hybrid": {OS: "linux", "eks.amazonaws.com/compute-type": "hybrid"},
    "Auto Mode": {OS: "linux", "eks.amazonaws.com/compute-type": "auto"},
    "a node group": EC2,
}
NODES_WITHOUT = {
    "Fargate": {OS: "linux", "eks.amazonaws.com/compute-type": "fargate"},
    "virtual-kubelet": {OS: "linux", "type": "virtual-kubelet"},
    "Windows": {OS: "windows", "eks.amazonaws.com/nodegroup": "windows"},
}


def pod_specs(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what an object has that pods are made of: its place, and what says where they run."""
    spec, name = found.get("spec") or {}, f"{found['kind']} {found['metadata']['name']}"
    match found["kind"]:
        case "CustomResourceDefinition":
            return
        case "Prometheus" | "Alertmanager" | "ThanosRuler":
            yield name, spec
        case "Elasticsearch":
            yield from ((name, (each.get("podTemplate") or {}).get("spec") or {}) for each in spec["nodeSets"])
        case "Kibana":
            yield name, (spec.get("podTemplate") or {}).get("spec") or {}
        case _:
            yield from ((name, each) for each in with_containers(found))


def with_containers(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every map of a tree that holds containers."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    if isinstance(tree, dict) and isinstance(tree.get("containers"), list):
        yield tree
    for each in inner:
        yield from with_containers(each)


def astray(objects: list[dict[str, Any]]) -> list[str]:
    return [
        place
        for found in objects
        for place, spec in pod_specs(found)
        if (spec.get("nodeSelector") or {}).get(OS) != LINUX[OS]
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_pod_selects_linux_nodes(name: str) -> None:
    objects = rendered(release(name))
    assert sum(len(list(pod_specs(each))) for each in objects) > 0
    assert astray(objects) == []


def test_a_pod_without_a_selector_is_found_wherever_it_hides() -> None:
    pod = {"spec": {"containers": [{"name": "a"}]}}
    specs: dict[str, dict[str, Any]] = {
        "Pod": pod["spec"],
        "CronJob": {"jobTemplate": {"spec": {"template": pod}}},
        "Prometheus": {"replicas": 1},
        "Elasticsearch": {"nodeSets": [{"podTemplate": {"spec": {"nodeSelector": LINUX}}}, {"name": "second"}]},
        "Kibana": {"count": 1},
    }
    objects = [{"kind": kind, "metadata": {"name": "a"}, "spec": spec} for kind, spec in specs.items()]
    assert astray(objects) == [f"{kind} a" for kind in specs]


def runs_on(spec: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether selector and required affinity of a pod let it on a node with some labels."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms")
    allowed = terms is None or any(all(_meets(each, labels) for each in term["matchExpressions"]) for term in terms)
    return allowed and all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())


def _meets(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    assert expression["operator"] == "NotIn"
    return labels.get(expression["key"]) not in expression["values"]


@pytest.mark.parametrize("name", ["fluent-bit", "kube-prometheus-stack"])
def test_daemon_sets_leave_nodes_out_that_run_none(name: str) -> None:
    (spec,) = [each["spec"]["template"]["spec"] for each in rendered(release(name)) if each["kind"] == "DaemonSet"]
    where = {node: runs_on(spec, labels) for node, labels in (NODES_WITH | NODES_WITHOUT).items()}
    assert where == dict.fromkeys(NODES_WITH, True) | dict.fromkeys(NODES_WITHOUT, False)


def test_no_other_release_brings_a_daemon_set() -> None:
    found = {name for name in NAMES if any(each["kind"] == "DaemonSet" for each in rendered(release(name)))}
    assert found == {"fluent-bit", "kube-prometheus-stack"}
