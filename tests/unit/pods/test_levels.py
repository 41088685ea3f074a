"""Levels of Pod Security as the components say them; the pods are judged by tests/e2e/test_2_pods.py."""

import re
from pathlib import Path

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, release, releases

LEVEL = namespaces.LABEL_LEVEL
PAGE = Path(__file__).parents[3] / "docs/pods.md"


def made(**settings):
    """Return the level and version of each namespace that a whole run makes."""
    wanted = [each for role in COMPONENTS for each in releases(role, **settings)]
    bodies = [each["metadata"] for each in namespaces.bodies(wanted)]
    return {each["name"]: each["labels"] for each in bodies}


def test_each_namespace_has_a_level_of_the_newest_kubernetes():
    newest = yaml.safe_load((CHECKOUT / "roles/platform/vars/main.yml").read_text())["platform_kubernetes"]["newest"]
    found = made()
    assert {labels.get(f"{LEVEL}-version") for labels in found.values()} == {f"v{newest}"}
    assert {name for name, labels in found.items() if labels[LEVEL] != "restricted"} == {"logging", "monitoring"}


def test_a_node_exporter_of_others_leaves_monitoring_restricted():
    theirs = {"prometheus-node-exporter": {"namespace": "x", "labels": {}}}
    spec = release("kube-prometheus-stack", platform_left_parts=theirs)
    assert spec["namespace_labels"][LEVEL] == "restricted"
    assert release("kube-prometheus-stack")["namespace_labels"][LEVEL] == "privileged"


def test_the_page_has_the_levels_and_a_reason_for_each_lower_one():
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| ([^|]*)\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    levels = {name: level for name, level, _ in rows if level in namespaces.LEVELS}
    found = {name: labels[LEVEL] for name, labels in made().items() if name != "kube-system"}
    assert levels == {**found, "landfall-system": "restricted"}
    assert all(reason.strip() for _, level, reason in rows if level in {"privileged", "baseline"})


def test_a_namespace_of_ones_own_for_the_controllers_would_be_restricted():
    found = made(metrics_server_namespace="metrics", ingress_controller_namespace="balancers")
    assert found["metrics"][LEVEL] == found["balancers"][LEVEL] == "restricted"
