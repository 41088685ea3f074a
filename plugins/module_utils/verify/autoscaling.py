"""Autoscaling: the figures that were asked for, and live usage behind them."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError, NotRunError

WORKING = ("AbleToScale", "ScalingActive")


def right_numbers(cluster: Cluster, namespace: str, name: str, wanted: dict[str, Any]) -> str:
    """Compare a HorizontalPodAutoscaler with the chart's `autoscaling` values, and see that it has current metrics.

    `wanted` is {enabled, minReplicas, maxReplicas, targetCPUUtilizationPercentage}.
    """
    if not wanted.get("enabled"):
        raise NotRunError("autoscaling is switched off in the settings")
    found = cluster.get("autoscaling/v2", "HorizontalPodAutoscaler", name, namespace)
    if found is None:
        raise CheckFailedError(f"there is no HorizontalPodAutoscaler {namespace}/{name}")
    spec = found["spec"]
    have = (spec.get("minReplicas"), spec.get("maxReplicas"), _cpu(spec.get("metrics"), "target"))
    asked = tuple(int(wanted[each]) for each in ("minReplicas", "maxReplicas", "targetCPUUtilizationPercentage"))
    if have != asked:
        raise CheckFailedError(f"minimum, maximum and target are {_words(have)}, wanted {_words(asked)}")
    return f"{_words(have)}; {_live(found)}"


def metrics_api(cluster: Cluster) -> str:
    """See that the metrics API knows what each ready node uses."""
    nodes = {each["metadata"]["name"] for each in cluster.list("v1", "Node") if readiness.pod_is_ready(each)}
    measured = {each["metadata"]["name"] for each in cluster.list("metrics.k8s.io/v1beta1", "NodeMetrics")}
    missing = sorted(nodes - measured)
    if not nodes:
        raise CheckFailedError("the cluster has no ready node")
    if missing:
        raise CheckFailedError(f"no usage is known of {len(missing)} of {len(nodes)} nodes, such as {missing[0]}")
    return f"the usage of {len(nodes)} nodes is known"


def _live(found: dict[str, Any]) -> str:
    status = found.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions") or []}
    for each in WORKING:
        condition = conditions.get(each)
        if condition is None:
            raise CheckFailedError(f"it has no condition {each} yet")
        if condition["status"] != "True":
            raise CheckFailedError(f"{each} is {condition['status']}: {condition.get('message', '')}")
    usage = _cpu(status.get("currentMetrics"), "current")
    if usage is None:
        raise CheckFailedError("it has no current metrics")
    replicas = status.get("currentReplicas", 0)
    if not found["spec"]["minReplicas"] <= replicas <= found["spec"]["maxReplicas"]:
        raise CheckFailedError(f"{replicas} replicas are outside of its limits")
    return f"{replicas} replicas at {usage} %"


def _cpu(metrics: list[dict[str, Any]] | None, side: str) -> int | None:
    for each in metrics or []:
        resource = each.get("resource") or {}
        if resource.get("name") == "cpu":
            value: int | None = (resource.get(side) or {}).get("averageUtilization")
            return value
    return None


def _words(numbers: tuple[Any, ...]) -> str:
    return "{} to {} at {} %".format(*numbers)
