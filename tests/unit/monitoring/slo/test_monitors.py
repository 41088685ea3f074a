"""Whatever Landfall installs is scraped, Alertmanager can lose a pod, and no alert asks for what EKS hides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.components.rendering import CHECKOUT, COMPONENTS, release, releases
from tests.unit.contracts.upstream import HELM, NO_HELM, rendered

STAND_INS = CHECKOUT / "roles" / "local_cluster" / "files" / "stand_ins"
NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]
# Elasticsearch and Kibana have no page of metrics that Prometheus reads; the operator that runs them has.
WITHOUT = {"eck-stack"}
with_helm = pytest.mark.skipif(not HELM, reason=NO_HELM)


def chart(name: str) -> Path:
    return CHECKOUT / "app" / "chart" if name == "flask-app" else STAND_INS / name


def of_kind(name: str, *kinds: str, **settings: Any) -> list[dict[str, Any]]:
    return [each for each in rendered(chart(name), release(name, **settings)) if each["kind"] in kinds]


@with_helm
@pytest.mark.parametrize("name", [each for each in NAMES if each not in WITHOUT])
def test_each_release_is_scraped(name: str) -> None:
    assert of_kind(name, "ServiceMonitor", "PodMonitor")
    # The control: where their kind is missing there are none.
    if name != "kube-prometheus-stack":
        assert not of_kind(name, "ServiceMonitor", "PodMonitor", platform_service_monitors=False)


@with_helm
def test_alertmanager_can_lose_a_pod() -> None:
    (alertmanager,) = of_kind("kube-prometheus-stack", "Alertmanager")
    (budget,) = of_kind("kube-prometheus-stack", "PodDisruptionBudget")
    assert alertmanager["spec"]["replicas"] == 2
    assert alertmanager["spec"]["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"
    assert "affinity" in alertmanager["spec"]
    assert budget["spec"]["minAvailable"] == 1
    assert budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == "alertmanager"


@with_helm
def test_each_objective_is_an_object_of_its_own() -> None:
    names = {each["metadata"]["name"] for each in of_kind("kube-prometheus-stack", "PrometheusRule")}
    mapped = release("kube-prometheus-stack")["values"]["additionalPrometheusRulesMap"]
    assert names >= {f"kube-prometheus-stack-{each}" for each in mapped}
    assert len([each for each in mapped if each.startswith("slo-")]) == 13


def test_nothing_asks_for_what_eks_hides() -> None:
    values = release("kube-prometheus-stack")["values"]
    hidden = ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy")
    assert [values[each]["enabled"] for each in hidden] == [False] * 4
    rules = values["defaultRules"]["rules"]
    off = {name for name, wanted in rules.items() if wanted is False}
    assert off >= {"etcd", "kubeControllerManager", "kubeProxy", "kubeSchedulerAlerting", "kubeSchedulerRecording"}
    # These would call people a second time for what our own objectives see.
    assert off >= {"kubeApiserverBurnrate", "kubeApiserverSlos"}
