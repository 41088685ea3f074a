"""What kwok's kubelets say about usage: the resource metrics that metrics-server reads, and the usage behind them."""

from __future__ import annotations

from typing import Any

API_VERSION = "kwok.x-k8s.io/v1alpha1"
PATH_ANNOTATION = "metrics.k8s.io/resource-metrics-path"
CPU_ANNOTATION = "kwok.x-k8s.io/usage-cpu"
MEMORY_ANNOTATION = "kwok.x-k8s.io/usage-memory"
IDLE_CPU = "10m"
IDLE_MEMORY = "32Mi"

OF_POD = {"namespace": "pod.metadata.namespace", "pod": "pod.metadata.name"}
OF_CONTAINER = {"container": "container.name", **OF_POD}


def path(node: str) -> str:
    """Return the path below which kwok serves a node's resource metrics."""
    return f"/metrics/nodes/{node}/metrics/resource"


def documents() -> list[dict[str, Any]]:
    """Return kwok's configuration: the metrics, and usage as annotations on pods say, or that of an idle process."""
    usage = {
        "cpu": {"expression": _annotated(CPU_ANNOTATION, IDLE_CPU)},
        "memory": {"expression": _annotated(MEMORY_ANNOTATION, IDLE_MEMORY)},
    }
    return [
        _document("Metric", "metrics-resource", {"path": path("{nodeName}"), "metrics": _metrics()}),
        _document("ClusterResourceUsage", "usage", {"usages": [{"usage": usage}]}),
    ]


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _annotated(annotation: str, otherwise: str) -> str:
    value = f'pod.metadata.annotations["{annotation}"]'
    return f'"{annotation}" in pod.metadata.annotations ? Quantity({value}) : Quantity("{otherwise}")'


def _metrics() -> list[dict[str, Any]]:
    return [
        _metric("scrape_error", "node", "gauge", "0", {}),
        _metric("node_cpu_usage_seconds_total", "node", "counter", 'node.CumulativeUsage("cpu")', {}),
        _metric("node_memory_working_set_bytes", "node", "gauge", 'node.Usage("memory")', {}),
        _metric("pod_cpu_usage_seconds_total", "pod", "counter", 'pod.CumulativeUsage("cpu")', OF_POD),
        _metric("pod_memory_working_set_bytes", "pod", "gauge", 'pod.Usage("memory")', OF_POD),
        _metric(
            "container_start_time_seconds",
            "container",
            "gauge",
            "pod.metadata.creationTimestamp.UnixSecond()",
            OF_CONTAINER,
        ),
        _metric(
            "container_cpu_usage_seconds_total",
            "container",
            "counter",
            'pod.CumulativeUsage("cpu", container.name)',
            OF_CONTAINER,
        ),
        _metric(
            "container_memory_working_set_bytes",
            "container",
            "gauge",
            'pod.Usage("memory", container.name)',
            OF_CONTAINER,
        ),
    ]


def _metric(name: str, dimension: str, kind: str, value: str, labels: dict[str, str]) -> dict[str, Any]:
    pairs = [{"name": label, "value": expression} for label, expression in labels.items()]
    return {"name": name, "dimension": dimension, "kind": kind, "value": value, "labels": pairs}
