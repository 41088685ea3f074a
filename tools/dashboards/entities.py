"""The dashboard of one entity or many: hosts, pods and services, selected and grouped by variables."""

from __future__ import annotations

from dashboards.flask_app import ERRORS
from dashboards.page import Page, Row, Variable, choice, rollouts, values
from dashboards.panels import BUSY, GREEN, ORANGE, RED, YELLOW, Note, Panel, Query, Steps, lines
from dashboards.slo import BUDGET_LEFT

UID = "landfall-entities"
ZONE = "label_topology_kubernetes_io_zone"
KIND = "label_node_kubernetes_io_instance_type"
APP = "label_app_kubernetes_io_name"
LABELS = f"{{{{node}}}}{{{{{ZONE}}}}}{{{{{KIND}}}}}"
POD_LABELS = f"{{{{namespace}}}}{{{{node}}}}{{{{{APP}}}}} {{{{pod}}}}"
AT_WORK = 'mode!~"idle|iowait|steal"'

# Brings a node's labels to a series with its name, and a pod's node and application to one with the pod's name.
ON_NODE = f"on (node) group_left ({ZONE}, {KIND}) max by (node, {ZONE}, {KIND}) (kube_node_labels)"
OF_POD = (
    f"on (namespace, pod) group_left (node, {APP}) (max by (namespace, pod, node) (node_namespace_pod:kube_pod_info:) "
    f"* on (namespace, pod) group_left ({APP}) max by (namespace, pod, {APP}) (kube_pod_labels))"
)
NODE = 'node=~"$node"'
POD = 'namespace=~"$namespace",pod=~"$pod"'
SERVICE = 'namespace=~"$namespace",service=~"$service"'
READY: Steps = ((None, RED), (0.999, GREEN))


def host(series: str) -> str:
    """Return the mean of a series that has a node's name, grouped as selected."""
    return f"avg by ($host_by) (max by (node) ({series}) * {ON_NODE})"


def pod(series: str, how: str = "sum") -> str:
    """Return a series that has a pod's name, grouped as selected; `how` is PromQL's aggregation."""
    return f"{how} by ($pod_by) (sum by (namespace, pod) ({series}) * {OF_POD})"


def page() -> Page:
    """Return the dashboard."""
    return Page(
        UID,
        "Landfall / Hosts, pods, services",
        "The indicators of one entity or many. Select entities above, and the label to group them by.",
        variables(),
        (Row("Hosts by $host_by", hosts()), Row("Pods by $pod_by", pods()), Row("Services by $service_by", services())),
        tuple(rollouts("$namespace")),
        since="now-3h",
    )


def variables() -> tuple[Variable, ...]:
    """Return the variables."""
    return (
        values("node", "Host", "label_values(kube_node_info, node)", "Nodes of the cluster."),
        choice(
            "host_by",
            "Hosts by",
            {"host": "node", "zone": ZONE, "instance type": KIND, "all": "cluster"},
            "The label to group hosts by.",
        ),
        values(
            "namespace",
            "Namespace",
            "label_values(kube_namespace_created, namespace)",
            "Namespace of pods and services.",
        ),
        values(
            "pod",
            "Pod",
            'label_values(node_namespace_pod:kube_pod_info:{namespace=~"$namespace",node=~"$node"}, pod)',
            "Pods in the selected namespaces, on the selected hosts.",
        ),
        choice(
            "pod_by",
            "Pods by",
            {"pod": "namespace,pod", "application": f"namespace,{APP}", "namespace": "namespace", "host": "node"},
            "The labels to group pods by.",
        ),
        values(
            "service", "Service", 'label_values(up{namespace=~"$namespace"}, service)', "Services that are scraped."
        ),
        choice(
            "service_by",
            "Services by",
            {"service": "namespace,service", "namespace": "namespace", "job": "job"},
            "The labels to group services by.",
        ),
    )


def hosts() -> tuple[Panel, ...]:
    """Return the panels about nodes."""
    busy = f"sum by (node) (rate(node_cpu_seconds_total{{{NODE},{AT_WORK}}}[$__rate_interval]))"
    cores = f'count by (node) (node_cpu_seconds_total{{{NODE},mode="idle"}})'
    memory = f"1 - node_memory_MemAvailable_bytes{{{NODE}}} / node_memory_MemTotal_bytes{{{NODE}}}"
    root = f'{NODE},mountpoint="/",fstype!=""'
    disk = f"1 - node_filesystem_avail_bytes{{{root}}} / node_filesystem_size_bytes{{{root}}}"
    lost = " + ".join(
        f"sum by (node) (rate(node_network_{way}_{what}_total{{{NODE}}}[$__rate_interval]))"
        for way in ("receive", "transmit")
        for what in ("errs", "drop")
    )
    ready = f'kube_node_status_condition{{condition="Ready",status="true",{NODE}}}'
    pressure = f'kube_node_status_condition{{condition=~".+Pressure",status="true",{NODE}}}'
    about = ", mean of the grouped hosts."
    return (
        lines(
            Note("Ready", "The share of hosts that are ready.", "100 %.", "percentunit"),
            Query(host(ready), LABELS),
            steps=READY,
            maximum=1,
        ),
        lines(
            Note("CPU used", f"CPU utilization{about}", "below 80 %.", "percentunit"),
            Query(host(f"{busy} / {cores}"), LABELS),
            steps=BUSY,
            maximum=1,
        ),
        lines(
            Note("Memory used", f"Memory that is not available{about}", "below 80 %.", "percentunit"),
            Query(host(memory), LABELS),
            steps=BUSY,
            maximum=1,
        ),
        lines(
            Note(
                "Root volume used",
                f"Utilization of the root file system{about}",
                "below 80 %.",
                "percentunit",
            ),
            Query(host(disk), LABELS),
            steps=BUSY,
            maximum=1,
        ),
        lines(
            Note("Packets lost", f"Dropped or broken packets per second{about}", "0.", "pps"),
            Query(host(lost), LABELS),
            steps=((None, GREEN), (1, ORANGE)),
        ),
        lines(
            Note("Under pressure", "The share of hosts short of memory, disk or process IDs.", "0.", "percentunit"),
            Query(host(pressure), LABELS),
            steps=((None, GREEN), (0.01, RED)),
            maximum=1,
        ),
    )


def pods() -> tuple[Panel, ...]:
    """Return the panels about pods."""
    used = f'{{{POD},container!=""}}'
    throttled = f"rate(container_cpu_cfs_throttled_periods_total{used}[$__rate_interval])"
    periods = f"rate(container_cpu_cfs_periods_total{used}[$__rate_interval])"
    running = 'kube_pod_status_phase{phase="Running"} == 1'
    ready = f'kube_pod_status_ready{{condition="true",{POD}}} and on (namespace, pod) {running}'
    limit = f'kube_pod_container_resource_limits{{resource="memory",{POD}}}'
    restarts = f"increase(kube_pod_container_status_restarts_total{{{POD}}}[15m])"
    return (
        lines(
            Note("Ready", "The share of running pods that are ready.", "100 %.", "percentunit"),
            Query(pod(ready, "avg"), POD_LABELS),
            steps=READY,
            maximum=1,
        ),
        lines(
            Note("Restarts in 15 minutes", "Restarts of containers.", "0.", "none"),
            Query(pod(restarts), POD_LABELS),
            steps=((None, GREEN), (1, YELLOW), (3, RED)),
        ),
        lines(
            Note("CPU", "CPU cores used.", "even across replicas.", "none"),
            Query(pod(f"rate(container_cpu_usage_seconds_total{used}[$__rate_interval])"), POD_LABELS),
        ),
        lines(
            Note(
                "CPU throttling",
                "The share of CPU periods in which the pod was throttled by its limit.",
                "below 10 %.",
                "percentunit",
            ),
            Query(f"{pod(throttled)} / {pod(periods)}", POD_LABELS),
            steps=((None, GREEN), (0.1, YELLOW), (0.25, RED)),
            maximum=1,
        ),
        lines(
            Note("Memory", "Working set: memory that cannot be reclaimed.", "steady, not climbing.", "bytes"),
            Query(pod(f"container_memory_working_set_bytes{used}"), POD_LABELS),
        ),
        lines(
            Note("Memory of limit", "At 100 % a container is killed.", "below 80 %.", "percentunit"),
            Query(f"{pod(f'container_memory_working_set_bytes{used}')} / {pod(limit)}", POD_LABELS),
            steps=BUSY,
        ),
    )


def services() -> tuple[Panel, ...]:
    """Return the panels about services."""
    by = "by ($service_by)"
    asked = f"sum {by} (rate(http_requests_total{{{SERVICE}}}[$__rate_interval]))"
    failed = f'sum {by} (rate(http_requests_total{{{SERVICE},status=~"5.."}}[$__rate_interval]))'
    buckets = f"rate(http_request_duration_seconds_bucket{{{SERVICE}}}[$__rate_interval])"
    legend = "{{namespace}} {{service}}{{job}}"
    return (
        lines(
            Note("Targets up", "The share of a service's pods that can be scraped.", "100 %.", "percentunit"),
            Query(f"avg {by} (up{{{SERVICE}}})", legend),
            steps=READY,
            maximum=1,
        ),
        lines(
            Note("Requests", "Requests per second, where a service counts them.", "follows the time of day.", "reqps"),
            Query(asked, legend),
        ),
        lines(
            Note("Failed requests", "The share of requests answered 5xx.", "below 0.1 %.", "percentunit"),
            Query(f"({failed} or 0 * {asked}) / {asked}", legend),
            steps=ERRORS,
        ),
        lines(
            Note("Response times, p99", "99 % of requests are faster.", "below 300 ms.", "s"),
            Query(f"histogram_quantile(0.99, sum by (le, $service_by) ({buckets}))", legend),
            steps=((None, GREEN), (0.3, YELLOW), (1, RED)),
        ),
        lines(
            Note("Scrape duration", "How long a scrape of the service takes.", "below 1 s.", "s"),
            Query(f"max {by} (scrape_duration_seconds{{{SERVICE}}})", legend),
            steps=((None, GREEN), (1, ORANGE)),
        ),
        lines(
            Note(
                "Error budget left",
                "All SLOs by entity: hosts, pods or services.",
                "above 0; see the SLO dashboard for details.",
                "percentunit",
            ),
            Query("min by (entity, slo) (slo:error_budget_remaining:ratio)", "{{entity}} {{slo}}"),
            steps=BUDGET_LEFT,
            maximum=1,
            minimum=None,
        ),
    )
