"""What the API itself says: versions, Services, names, the autoscaler; each with the broken case beside it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.status.addresses import Addresses
from ansible_collections.landfall.eks.plugins.module_utils.verify import autoscaling, objects
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    FAILED,
    NOT_RUN,
    PASSED,
    Check,
    CheckFailedError,
    NotRunError,
    patiently,
    run,
    run_all,
)
from tests.fake_cluster import FakeCluster

AUTOSCALING = {"enabled": True, "minReplicas": 2, "maxReplicas": "5", "targetCPUUtilizationPercentage": 80}
HPA: dict[str, Any] = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "flask-app", "namespace": "flask-app"},
    "spec": {
        "minReplicas": 2,
        "maxReplicas": 5,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
    },
    "status": {
        "currentReplicas": 2,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 11}}}],
        "conditions": [{"type": "AbleToScale", "status": "True"}, {"type": "ScalingActive", "status": "True"}],
    },
}


def judged(found: dict[str, Any]) -> str:
    return autoscaling.right_numbers(FakeCluster(found), "flask-app", "flask-app", AUTOSCALING)


def test_the_autoscaler_as_the_settings_have_it() -> None:
    assert judged(HPA) == "2 to 5 at 80 %; 2 replicas at 11 %"


@pytest.mark.parametrize(
    ("where", "value", "why"),
    [
        (("spec", "maxReplicas"), 6, "2 to 6 at 80 %, wanted 2 to 5 at 80 %"),
        (("spec", "minReplicas"), 1, "1 to 5 at 80 %, wanted"),
        (("spec", "metrics"), [], "2 to 5 at None %, wanted"),
        (("status", "currentMetrics"), None, "it has no current metrics"),
        (("status", "conditions"), [], "it has no condition AbleToScale yet"),
        (("status", "currentReplicas"), 1, "1 replicas are outside of its limits"),
        (
            ("status", "conditions"),
            [{"type": "AbleToScale", "status": "True"}, {"type": "ScalingActive", "status": "False", "message": "no"}],
            "ScalingActive is False: no",
        ),
    ],
)
def test_an_autoscaler_that_is_not_right(where: tuple[str, str], value: Any, why: str) -> None:
    broken = copy.deepcopy(HPA)
    broken[where[0]][where[1]] = value
    with pytest.raises(CheckFailedError, match=why):
        judged(broken)


def test_no_autoscaler_is_right_only_if_none_is_wanted() -> None:
    with pytest.raises(CheckFailedError, match="there is no HorizontalPodAutoscaler"):
        autoscaling.right_numbers(FakeCluster(), "flask-app", "flask-app", AUTOSCALING)
    with pytest.raises(NotRunError, match="switched off"):
        autoscaling.right_numbers(FakeCluster(), "flask-app", "flask-app", {"enabled": False})


def node(name: str, ready: str = "True") -> dict[str, Any]:
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_usage_of_each_ready_node_is_known() -> None:
    measured = {"kind": "NodeMetrics", "metadata": {"name": "one"}}
    assert autoscaling.metrics_api(FakeCluster(node("one"), node("gone", "Unknown"), measured))
    with pytest.raises(CheckFailedError, match="of 1 of 2 nodes, such as two"):
        autoscaling.metrics_api(FakeCluster(node("one"), node("two"), measured))
    with pytest.raises(CheckFailedError, match="no ready node"):
        autoscaling.metrics_api(FakeCluster(measured))


def test_version() -> None:
    cluster = FakeCluster()
    assert objects.version(cluster, "1.33", "1.36") == "v1.35.4, within 1.33 to 1.36"
    cluster.answers["/version"] = {"gitVersion": "v1.31.0"}
    with pytest.raises(CheckFailedError, match="upgrade the cluster"):
        objects.version(cluster, "1.33", "1.36")


def service(name: str, namespace: str = "monitoring", release: str = "", **spec: Any) -> dict[str, Any]:
    annotations = {"meta.helm.sh/release-name": release} if release else {}
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"selector": {"app": name}, **spec},
    }


def points(name: str, ready: bool = True, namespace: str = "monitoring") -> dict[str, Any]:
    return {
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-x",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "endpoints": [{"conditions": {"ready": ready}}],
    }


def test_services_lead_to_ready_pods() -> None:
    services = [service("grafana"), service("prometheus")]
    assert objects.endpoints(FakeCluster(points("grafana"), points("prometheus")), services)
    with pytest.raises(CheckFailedError, match="no ready pod is behind monitoring/prometheus"):
        objects.endpoints(FakeCluster(points("grafana"), points("prometheus", ready=False)), services)
    with pytest.raises(CheckFailedError, match="monitoring/prometheus"):
        objects.endpoints(FakeCluster(points("grafana"), points("prometheus", namespace="other")), services)


def test_services_of_ours_alone_are_looked_at() -> None:
    cluster = FakeCluster(
        service("grafana"),
        service("made-by-helm", "kube-system", "kube-prometheus-stack"),
        service("foreign", "kube-system", "shop"),
        service("elsewhere", "shop"),
        service("outside", type="ExternalName"),
        service("by-hand", selector=None),
    )
    found = objects.leading(cluster, ["kube-prometheus-stack"], ["monitoring"])
    assert [each["metadata"]["name"] for each in found] == ["made-by-helm", "grafana"]


def test_services_without_any_pod() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "p", "namespace": "monitoring", "labels": {"app": "grafana", "x": "y"}}}
    services = [service("grafana"), service("prometheus"), service("grafana", "other")]
    found = objects.without_pods(FakeCluster(pod), services)
    assert [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found] == [
        ("monitoring", "prometheus"),
        ("other", "grafana"),
    ]


def names(**more: Any) -> Addresses:
    fields: dict[str, Any] = {
        "names": ["flask.example.org"],
        "points": ["nlb"],
        "ips": ["203.0.113.1", "203.0.113.2"],
        "hosts_file": "/etc/hosts",
        "state": "current",
    }
    return Addresses(**(fields | more))


def test_names_lead_to_the_load_balancer() -> None:
    assert objects.names_agree(names(), lambda _: ["203.0.113.1"])
    assert objects.names_agree(names(hosts_file=""), lambda _: ["203.0.113.2"])
    # Another file than the system's says nothing of what this machine makes of a name.
    assert objects.names_agree(names(hosts_file="/tmp/hosts"), lambda _: [])


@pytest.mark.parametrize(
    ("more", "answer", "error", "why"),
    [
        ({"state": "stale", "why": "old"}, ["203.0.113.1"], CheckFailedError, "is stale: old"),
        ({}, ["198.51.100.7"], CheckFailedError, "leads to 198.51.100.7, and the load balancer is"),
        ({}, [], CheckFailedError, "does not resolve here"),
        ({"names": []}, [], CheckFailedError, "no Ingress names a host"),
        ({"ips": []}, [], NotRunError, "nlb does not resolve here"),
    ],
)
def test_names_that_do_not(more: dict[str, Any], answer: list[str], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        objects.names_agree(names(**more), lambda _: answer)


def test_a_release_that_is_not_ready_fails() -> None:
    row = {"chart": "argo-cd", "version": "10.1.1", "health": "ready", "simulated": False}
    assert objects.ready(row) == "argo-cd 10.1.1"
    with pytest.raises(CheckFailedError, match="0 of 2 replicas"):
        objects.ready({**row, "health": "0 of 2 replicas available"})


def test_outcomes() -> None:
    def failing(error: Exception) -> Check:
        def look() -> str:
            raise error

        return Check("g", "n", look)

    results = run_all(
        [
            Check("g", "n", lambda: "seen"),
            failing(CheckFailedError("not so")),
            failing(NotRunError("cannot", "try this")),
            failing(TimeoutError()),
            failing(ConnectionRefusedError(111, "Connection refused")),
            failing(ValueError("odd")),
        ]
    )
    assert [(each.outcome, each.detail, each.command) for each in results] == [
        (PASSED, "seen", ""),
        (FAILED, "not so", ""),
        (NOT_RUN, "cannot", "try this"),
        (FAILED, "no answer in time", ""),
        (FAILED, "[Errno 111] Connection refused", ""),
        (FAILED, "odd", ""),
    ]


def test_a_mistake_of_ours_is_no_result() -> None:
    with pytest.raises(KeyError):
        run(Check("g", "n", lambda: {}["missing"]))


def test_patience_has_an_end() -> None:
    times = iter([0.0, 1.0, 2.0, 5.0])
    tries: list[int] = []

    def look() -> str:
        tries.append(1)
        raise CheckFailedError("not yet")

    with pytest.raises(CheckFailedError):
        patiently(look, 3, lambda: next(times), lambda _: None)
    assert len(tries) == 3
