"""The dashboard to begin with: is the platform healthy, and if not, where to look."""

from __future__ import annotations

from dashboards import ingress, slo
from dashboards.page import Page, Row, rollouts
from dashboards.panels import (
    BUSY,
    GOOD_IS_ZERO,
    GREEN,
    ORANGE,
    RED,
    YELLOW,
    Column,
    Note,
    Panel,
    Query,
    Rows,
    bars,
    lines,
    one,
    rows,
)

UID = "landfall-overview"
FIRING = 'alertstate="firing"'
PER_SECOND = "[$__rate_interval]"


def page() -> Page:
    """Return the dashboard."""
    return Page(
        UID,
        "Landfall / Platform overview",
        "Is the platform healthy? Start here; the menu leads to SLOs, entities, the application, ingress and logs.",
        (),
        (healthy(), objectives(), workloads(), capacity(), flow(), monitoring()),
        tuple(rollouts()),
    )


def healthy() -> Row:
    """Return the row of numbers."""
    ready = 'kube_node_status_condition{condition="Ready",status="true"}'
    return Row(
        "Health",
        (
            firing("critical", "Alerts that page somebody now.", ((None, GREEN), (1, RED))),
            firing("warning", "Alerts for working hours.", ((None, GREEN), (1, YELLOW))),
            one(
                Note(
                    "Alerting",
                    "Watchdog is an alert that always fires.",
                    "alive; otherwise no alert reaches anybody.",
                    "none",
                ),
                f'max(ALERTS{{alertname="Watchdog",{FIRING}}}) or vector(0)',
                ((None, RED), (1, GREEN)),
                words={0: "dead", 1: "alive"},
            ),
            one(
                Note("Error budgets spent", "SLOs that miss their objective.", "0.", "none"),
                "count(min by (slo) (slo:error_budget_remaining:ratio) < 0) or vector(0)",
                GOOD_IS_ZERO,
            ),
            one(
                Note("Nodes ready", "The share of nodes that are ready.", "100 %.", "percentunit"),
                f"avg(max by (node) ({ready}))",
                ((None, RED), (1, GREEN)),
                decimals=0,
            ),
            one(
                Note("Targets up", "The share of scrape targets that are up.", "100 %.", "percentunit"),
                "avg(up)",
                ((None, RED), (0.95, YELLOW), (1, GREEN)),
                decimals=0,
            ),
        ),
    )


def firing(severity: str, shows: str, steps: tuple[tuple[float | None, str], ...]) -> Panel:
    """Return the number of alerts of one severity."""
    note = Note(f"Firing, {severity}", shows, "0.", "none")
    return one(note, f'count(ALERTS{{{FIRING},severity="{severity}"}}) or vector(0)', steps)


def objectives() -> Row:
    """Return the row of SLOs and alerts."""
    alerts = f'count by (severity, alertname, namespace) (ALERTS{{{FIRING},severity=~"critical|warning"}})'
    return Row(
        "Objectives and alerts",
        (
            slo.overview("", width=16),
            rows(
                Note("Firing alerts", "All firing critical and warning alerts, with their count.", "empty.", "none"),
                Rows({"severity": "Severity", "alertname": "Alert", "namespace": "Namespace"}),
                Column("Count", alerts, "none", decimals=0),
                width=8,
                height=11,
                sort="Severity",
            ),
        ),
    )


def workloads() -> Row:
    """Return the row of what Kubernetes runs."""
    deployments = (
        "max by (namespace, deployment) (kube_deployment_spec_replicas)"
        " - max by (namespace, deployment) (kube_deployment_status_replicas_available)"
    )
    sets = (
        "max by (namespace, statefulset) (kube_statefulset_replicas)"
        " - max by (namespace, statefulset) (kube_statefulset_status_replicas_ready)"
    )
    restarts = "sum by (namespace) (increase(kube_pod_container_status_restarts_total[15m]))"
    phases = 'sum by (namespace, phase) (kube_pod_status_phase{phase=~"Pending|Unknown|Failed"})'
    return Row(
        "Workloads",
        (
            lines(
                Note(
                    "Replicas missing", "Desired replicas that are not available.", "0, except during rollouts.", "none"
                ),
                Query(f"({deployments}) > 0", "{{namespace}}/{{deployment}}"),
                Query(f"({sets}) > 0", "{{namespace}}/{{statefulset}}"),
            ),
            lines(
                Note("Restarts in 15 minutes", "Restarted containers.", "0.", "none"),
                Query(f"{restarts} > 0", "{{namespace}}"),
            ),
            lines(
                Note("Pods not running", "Pods that are pending or failed, or whose node is lost.", "0.", "none"),
                Query(f"{phases} > 0", "{{namespace}} {{phase}}"),
                stack=True,
            ),
        ),
    )


def capacity() -> Row:
    """Return the row of what is left of the machines."""
    cpu = f'avg by (node) (rate(node_cpu_seconds_total{{mode="idle"}}{PER_SECOND}))'
    memory = "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    volumes = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes"
    asked = (
        'sum(kube_pod_container_resource_requests{{resource="{0}"}})'
        ' / sum(kube_node_status_allocatable{{resource="{0}"}})'
    )
    return Row(
        "Capacity",
        (
            lines(
                Note("CPU of nodes", "CPU utilization.", "below 80 %.", "percentunit"),
                Query(f"1 - {cpu}", "{{node}}"),
                width=6,
                steps=BUSY,
                maximum=1,
            ),
            lines(
                Note("Memory of nodes", "Memory utilization.", "below 80 %.", "percentunit"),
                Query(f"1 - min by (node) ({memory})", "{{node}}"),
                width=6,
                steps=BUSY,
                maximum=1,
            ),
            lines(
                Note(
                    "Requested",
                    "Resource requests of pods, as a share of what nodes can allocate.",
                    "room for the pods of one lost node.",
                    "percentunit",
                ),
                Query(asked.format("cpu"), "CPU"),
                Query(asked.format("memory"), "memory"),
                width=6,
                steps=BUSY,
            ),
            bars(
                Note("Fullest volumes", "The ten fullest persistent volumes.", "below 80 %.", "percentunit"),
                Query(
                    f"topk(10, 1 - max by (namespace, persistentvolumeclaim) ({volumes}))",
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
                BUSY,
                width=6,
                maximum=1,
            ),
        ),
    )


def flow() -> Row:
    """Return the row of what passes through."""
    answers = f"sum by (code) (rate({ingress.LATENCY}_count{PER_SECOND}))"
    requests = f"sum by (status) (rate(http_requests_total{PER_SECOND}))"
    logs = {
        "read": "input_records",
        "delivered": "output_proc_records",
        "dropped": "output_dropped_records",
    }
    return Row(
        "Traffic",
        (
            lines(
                Note("Ingress", "Responses through NGINX by status.", "almost no 5xx.", "reqps"),
                Query(answers, "{{code}}"),
                stack=True,
            ),
            lines(
                Note("Flask application", "Responses of the application by status.", "almost no 5xx.", "reqps"),
                Query(requests, "{{status}}"),
                stack=True,
            ),
            lines(
                Note(
                    "Logs", "Records read, delivered and dropped per second.", "delivered as read, none dropped.", "cps"
                ),
                *(Query(f"sum(rate(fluentbit_{name}_total{PER_SECOND}))", word) for word, name in logs.items()),
            ),
        ),
    )


def monitoring() -> Row:
    """Return the row of Prometheus and Alertmanager themselves."""
    failures = {
        "rules": "prometheus_rule_evaluation_failures_total",
        "alerts dropped": "prometheus_notifications_dropped_total",
        "notifications failed": "alertmanager_notifications_failed_total",
    }
    return Row(
        "Monitoring",
        (
            lines(
                Note(
                    "Series",
                    "Time series in Prometheus' memory.",
                    "steady; a jump means a label with too many values.",
                    "short",
                ),
                Query("sum by (pod) (prometheus_tsdb_head_series)", "{{pod}}"),
                width=6,
            ),
            lines(
                Note("Samples", "Samples that Prometheus ingests per second.", "steady.", "cps"),
                Query(f"sum by (pod) (rate(prometheus_tsdb_head_samples_appended_total{PER_SECOND}))", "{{pod}}"),
                width=6,
            ),
            lines(
                Note(
                    "Stored", "Size of the stored blocks, without the last hours.", "below its retention size.", "bytes"
                ),
                Query("sum by (pod) (prometheus_tsdb_storage_blocks_bytes)", "{{pod}}"),
                width=6,
            ),
            lines(
                Note("Failures", "Rule evaluations, alerts and notifications that failed in 15 minutes.", "0.", "none"),
                *(Query(f"sum(increase({name}[15m]))", word) for word, name in failures.items()),
                width=6,
                steps=((None, GREEN), (1, ORANGE)),
            ),
        ),
    )
