"""Synthetic series of what the default SLOs are measured by, from when how much of it fails.

A shape says, minute by minute, which share fails: 0 nothing, 1 everything. What is counted fails by that share; what
can only be or not be (a node's readiness, say) fails in that share of all slots of five minutes, evenly spread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, count

Shape = Sequence[float]
Series = dict[str, list[float | None]]
PER_MINUTE = 600
SLOT = 5


def phases(*parts: tuple[int, float]) -> list[float]:
    """Return a shape of (minutes, failing share)."""
    return [share for minutes, share in parts for _ in range(minutes)]


def slots(shape: Shape) -> list[bool]:
    """Return for each minute whether its slot of five fails, so that the shape's share of slots does."""
    failing, due = [], 0.0
    for start in range(0, len(shape), SLOT):
        due += shape[start]
        fails = due >= 1 - 1e-9
        due -= fails
        failing += [fails] * len(shape[start : start + SLOT])
    return failing


def counter(increases: Iterable[float]) -> list[float | None]:
    return [round(each, 6) for each in accumulate(increases)]


def split(good: str, bad: str) -> Callable[[Shape], Series]:
    """What succeeds and what fails are counted in two series."""
    return lambda shape: {
        good: counter(PER_MINUTE * (1 - share) for share in shape),
        bad: counter(PER_MINUTE * share for share in shape),
    }


def part(total: str, some: str, good: bool) -> Callable[[Shape], Series]:
    """Everything is counted in one series, and what succeeds, or what fails, once more in another."""
    return lambda shape: {
        total: counter(PER_MINUTE for _ in shape),
        some: counter(PER_MINUTE * ((1 - share) if good else share) for share in shape),
    }


def node_readiness(shape: Shape) -> Series:
    def series(node: str, status: str) -> str:
        return f'kube_node_status_condition{{node="{node}", condition="Ready", status="{status}"}}'

    failing = slots(shape)
    return {
        series("a", "true"): [float(not each) for each in failing],
        series("a", "false"): [0.0 for _ in failing],
        series("a", "unknown"): [float(each) for each in failing],
        series("b", "true"): [1.0 for _ in failing],
        series("b", "false"): [0.0 for _ in failing],
        series("b", "unknown"): [0.0 for _ in failing],
    }


def node_saturation(shape: Shape) -> Series:
    failing = slots(shape)
    found: Series = {}
    for node, busy in (("a", failing), ("b", [False] * len(failing))):
        for cpu in ("0", "1"):
            name = f'node_cpu_seconds_total{{node="{node}", cpu="{cpu}", mode="idle"}}'
            found[name] = counter(60 * (0.01 if each else 0.3) for each in busy)
        found[f'node_memory_MemTotal_bytes{{node="{node}"}}'] = [100.0 for _ in busy]
        found[f'node_memory_MemAvailable_bytes{{node="{node}"}}'] = [40.0 for _ in busy]
    return found


def pod_readiness(shape: Shape) -> Series:
    failing = slots(shape)
    where = 'namespace="logging"'
    return {
        f'kube_statefulset_replicas{{{where}, statefulset="a"}}': [2.0 for _ in failing],
        f'kube_statefulset_status_replicas_ready{{{where}, statefulset="a"}}': [0.0 if each else 2 for each in failing],
        f'kube_deployment_spec_replicas{{{where}, deployment="b"}}': [2.0 for _ in failing],
        f'kube_deployment_status_replicas_ready{{{where}, deployment="b"}}': [2.0 for _ in failing],
        f'kube_daemonset_status_desired_number_scheduled{{{where}, daemonset="c"}}': [3.0 for _ in failing],
        f'kube_daemonset_status_number_ready{{{where}, daemonset="c"}}': [3.0 for _ in failing],
    }


def pod_restarts(shape: Shape) -> Series:
    failing = slots(shape)
    name = 'kube_pod_container_status_restarts_total{namespace="logging", pod="p", container="%s"}'
    # Once in each failing slot.
    return {
        name % "a": counter(float(each and minute % SLOT == 1) for each, minute in zip(failing, count(), strict=False)),
        name % "b": [3.0 for _ in failing],
    }


FLASK = 'namespace="flask-app", pod="p", method="GET", route="/hello/<user>"'
NGINX = "nginx_ingress_controller_upstream_server_response_latency_ms"
INGRESS = 'namespace="ingress", resource_namespace="flask-app", resource_name="flask-app"'
FLUENT = 'namespace="logging", pod="p", name="es.0"'
API = 'job="apiserver", verb="GET", resource="pods"'
ALERTING = 'namespace="monitoring", integration="pagerduty"'

SAMPLES: dict[str, Callable[[Shape], Series]] = {
    "flask-app-availability": split(
        f'http_requests_total{{{FLASK}, status="200"}}', f'http_requests_total{{{FLASK}, status="500"}}'
    ),
    "flask-app-latency": part(
        f"http_request_duration_seconds_count{{{FLASK}}}",
        f'http_request_duration_seconds_bucket{{{FLASK}, le="0.3"}}',
        good=True,
    ),
    "ingress-availability": split(f'{NGINX}_count{{{INGRESS}, code="200"}}', f'{NGINX}_count{{{INGRESS}, code="502"}}'),
    "ingress-latency": part(
        f'{NGINX}_count{{{INGRESS}, code="200"}}', f'{NGINX}_bucket{{{INGRESS}, code="200", le="1000"}}', good=True
    ),
    "log-delivery": lambda shape: (
        split(
            f"fluentbit_output_proc_records_total{{{FLUENT}}}", f"fluentbit_output_retried_records_total{{{FLUENT}}}"
        )(shape)
        | {f"fluentbit_output_dropped_records_total{{{FLUENT}}}": [0.0 for _ in shape]}
    ),
    "prometheus-availability": part(
        'prometheus_rule_evaluations_total{namespace="monitoring", rule_group="g"}',
        'prometheus_rule_evaluation_failures_total{namespace="monitoring", rule_group="g"}',
        good=False,
    ),
    "alertmanager-delivery": part(
        f"alertmanager_notifications_total{{{ALERTING}}}",
        f'alertmanager_notifications_failed_total{{{ALERTING}, reason="serverError"}}',
        good=False,
    ),
    "api-server-availability": split(
        f'apiserver_request_total{{{API}, code="200"}}', f'apiserver_request_total{{{API}, code="503"}}'
    ),
    "api-server-latency": part(
        f"apiserver_request_sli_duration_seconds_count{{{API}}}",
        f'apiserver_request_sli_duration_seconds_bucket{{{API}, le="1.0"}}',
        good=True,
    ),
    "node-readiness": node_readiness,
    "node-saturation": node_saturation,
    "pod-readiness": pod_readiness,
    "pod-restarts": pod_restarts,
}
"""By the name of the SLO. Names and labels are those that docs/slos.md found in the programs' sources."""

PRESENT = {
    "flask-app-availability": 'up{namespace="flask-app", service="flask-app", pod="p"}',
    "ingress-availability": 'up{namespace="ingress", service="nginx-ingress-prometheus-service", pod="p"}',
    "log-delivery": 'up{namespace="logging", service="fluent-bit", pod="p"}',
    "pod-readiness": 'up{job="kube-state-metrics", pod="p"}',
}
"""What has to be there for an SLO to see anything."""
