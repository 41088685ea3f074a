"""What a rolling replacement loses behind a Network Load Balancer, by what our releases render; old values lose."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.aws.stricter.balancer_model import (
    Rollout,
    deregistration,
    lost_in_a_rollout,
    lost_on_a_spot_node,
    rollout,
)
from tests.unit.components.rendering import evaluate, release


def nginx(**settings: Any) -> tuple[Rollout, int]:
    """Return NGINX's rollout, and the deregistration delay of its targets."""
    spec = release("nginx-ingress", **settings)
    controller = spec["values"]["controller"]
    annotations = controller["service"]["annotations"]
    (gate,) = [value for key, value in spec["namespace_labels"].items() if key.endswith("readiness-gate-inject")]
    drain = int(controller["config"]["entries"]["worker-shutdown-timeout"].removesuffix("s"))
    more = {"replicas": controller["replicaCount"], "gates": gate == "enabled", "drain": drain}
    return rollout(controller, annotations, controller["strategy"]["rollingUpdate"], **more), deregistration(
        annotations
    )


def argocd(**settings: Any) -> tuple[Rollout, int]:
    """Return the rollout of Argo CD's server, and the deregistration delay of its targets."""
    spec = release("argo-cd", **settings)
    server = spec["values"]["server"]
    annotations = evaluate("argocd", "__argocd_service", **settings)["metadata"]["annotations"]
    (gate,) = [value for key, value in spec["namespace_labels"].items() if key.endswith("readiness-gate-inject")]
    more = {"replicas": server["replicas"], "gates": gate == "enabled"}
    return rollout(server, annotations, server.get("strategy", {}), **more), deregistration(annotations)


OURS = {"nginx": nginx, "argocd": argocd}
SIZES: list[dict[str, Any]] = [{}, {"ingress_replicas": 5, "argocd_server_replicas": 5}]


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("settings", SIZES, ids=["two", "five"])
def test_nothing_is_lost_on_eks(name: str, settings: dict[str, Any]) -> None:
    rules, delay = OURS[name](**settings)
    assert delay < rules.pre_stop < rules.grace
    assert lost_in_a_rollout(rules) == 0
    assert lost_in_a_rollout(replace(rules, lasts=60)) == 0, "connections that are open for a minute, too"


BEFORE: dict[str, dict[str, Any]] = {"nginx": {"pre_stop": 60, "grace": 120}, "argocd": {"pre_stop": 30, "grace": 60}}


@pytest.mark.parametrize("name", OURS)
def test_control_the_values_of_before_lose(name: str) -> None:
    rules, _delay = OURS[name]()
    assert lost_in_a_rollout(replace(rules, **BEFORE[name])) > 50


@pytest.mark.parametrize("name", OURS)
def test_control_the_embedded_clusters_values_are_not_for_aws(name: str) -> None:
    rules, _delay = OURS[name](platform_simulated=True)
    assert lost_in_a_rollout(rules) > 50


WORSE: dict[str, dict[str, Any]] = {
    "a preStop of less than AWS takes": {"pre_stop": 115},
    "a grace period that ends before the preStop": {"grace": 100},
    "pods that count before their target is healthy": {"gates": False},
    "all replaced at once": {"gates": False, "surge": 2, "unavailable": 2},
    "targets in other zones that are not sent to": {"cross_zone": False, "zones": 3},
    "connections longer than the grace period": {"lasts": 300},
}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("worse", WORSE.values(), ids=WORSE)
def test_control_each_rule_loses_what_breaks_it(name: str, worse: dict[str, Any]) -> None:
    rules, _delay = OURS[name]()
    assert lost_in_a_rollout(replace(rules, **worse)) > 0


def test_slower_health_checks_only_make_it_slower() -> None:
    rules, _delay = nginx()
    assert lost_in_a_rollout(replace(rules, interval=30, healthy=10)) == 0


def test_what_a_spot_node_loses() -> None:
    """Drained at its notice, what AWS opens in the last seconds and what is open; else all until its checks fail."""
    rules, _delay = nginx()
    drained = lost_on_a_spot_node(rules, drained=True)
    assert 0 < drained < 20
    assert lost_on_a_spot_node(rules, drained=False) > 3 * drained
