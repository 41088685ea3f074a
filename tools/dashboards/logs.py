"""The dashboard of the logging pipeline: Fluent Bit from input to output, and Elasticsearch."""

from __future__ import annotations

from dashboards.page import Page, Row, rollouts, values
from dashboards.panels import BUSY, GREEN, ORANGE, RED, YELLOW, Note, Query, Steps, bars, lines, one

UID = "landfall-logging"
PODS = 'namespace=~"$namespace",pod=~"$pod"'
# What joins the lines of a stack trace is an input of its own: with it, each of them would count twice.
READERS = ',name!="joined"'
LOST: Steps = ((None, GREEN), (0.01, RED))
# How ECK names what it makes: the pods of a node set, and the claims of their volumes.
ELASTICSEARCH = 'namespace=~"$namespace",pod=~".+-es-.+"'
VOLUMES = 'namespace=~"$namespace",persistentvolumeclaim=~"elasticsearch-data-.+"'


def rate(name: str, more: str = "") -> str:
    """Return the rate of one of Fluent Bit's counters in the chosen pods."""
    return f"rate(fluentbit_{name}_total{{{PODS}{more}}}[$__rate_interval])"


def page() -> Page:
    """Return the dashboard."""
    variables = (
        values("namespace", "Namespace", "label_values(fluentbit_build_info, namespace)", "Where the pipeline runs."),
        values(
            "pod",
            "Fluent Bit",
            'label_values(fluentbit_build_info{namespace=~"$namespace"}, pod)',
            "Pods of Fluent Bit, one on each node.",
        ),
    )
    return Page(
        UID,
        "Landfall / Logging pipeline",
        "Records from the nodes through Fluent Bit to Elasticsearch, and those that are lost on the way.",
        variables,
        (now(), records(), trouble(), storage(), elasticsearch()),
        tuple(rollouts("$namespace")),
    )


def now() -> Row:
    """Return the row of numbers."""
    dropped, delivered = rate("output_dropped_records"), rate("output_proc_records")
    daemonset = 'namespace=~"$namespace",daemonset=~"fluent-bit.*"'
    return Row(
        "Now",
        (
            one(
                Note("Read", "Records read per second on all nodes.", "the usual rate at this time.", "cps"),
                f"sum({rate('input_records', READERS)})",
                ((None, "blue"),),
                decimals=1,
            ),
            one(
                Note("Delivered", "Records delivered per second.", "as many as are read.", "cps"),
                f"sum({delivered})",
                ((None, "blue"),),
                decimals=1,
            ),
            one(
                Note("Lost", "The share of records that an output dropped.", "0.", "percentunit"),
                f"sum({dropped}) / (sum({delivered}) + sum({dropped}))",
                ((None, GREEN), (0.0001, YELLOW), (0.001, RED)),
                decimals=3,
            ),
            one(
                Note("Retries", "Retried chunks per second.", "0; a few while Elasticsearch is busy.", "cps"),
                f"sum({rate('output_retries')})",
                ((None, GREEN), (0.1, YELLOW), (1, RED)),
                decimals=2,
            ),
            one(
                Note(
                    "Paused inputs",
                    "Inputs that stopped reading because the buffer is full; the logs wait on the node's disk.",
                    "0.",
                    "none",
                ),
                f"sum(fluentbit_input_ingestion_paused{{{PODS}}})",
                ((None, GREEN), (1, RED)),
            ),
            one(
                Note("Nodes covered", "The share of nodes on which Fluent Bit is ready.", "all.", "percentunit"),
                f"sum(kube_daemonset_status_number_ready{{{daemonset}}})"
                f" / sum(kube_daemonset_status_desired_number_scheduled{{{daemonset}}})",
                ((None, RED), (1, GREEN)),
                decimals=0,
            ),
        ),
    )


def records() -> Row:
    """Return the row of records."""
    return Row(
        "Records",
        (
            lines(
                Note("Read by input", "Records read per second.", "follows the load of the platform.", "cps"),
                Query(f"sum by (name) ({rate('input_records', READERS)})", "{{name}}"),
                stack=True,
            ),
            lines(
                Note("Delivered by output", "Records delivered per second.", "follows what is read.", "cps"),
                Query(f"sum by (name) ({rate('output_proc_records')})", "{{name}}"),
                stack=True,
            ),
            lines(
                Note("Volume", "Bytes read and delivered per second.", "both rise and fall together.", "Bps"),
                Query(f"sum({rate('input_bytes')})", "read"),
                Query(f"sum({rate('output_proc_bytes')})", "delivered"),
            ),
        ),
    )


def trouble() -> Row:
    """Return the row of what does not arrive."""
    lost = "Records per second that "
    return Row(
        "Losses and retries",
        (
            lines(
                Note("Dropped by output", f"{lost}an output dropped.", "0: these records are lost.", "cps"),
                Query(f"sum by (name, pod) ({rate('output_dropped_records')})", "{{name}} {{pod}}"),
                width=6,
                steps=LOST,
            ),
            lines(
                Note(
                    "Retried and given up",
                    "Retried chunks, and chunks given up after the last retry.",
                    "none given up.",
                    "cps",
                ),
                Query(f"sum by (name) ({rate('output_retries')})", "{{name}} retried"),
                Query(f"sum by (name) ({rate('output_retries_failed')})", "{{name}} given up"),
                width=6,
            ),
            lines(
                Note("Output errors", "Errors per second: refused chunks, broken connections.", "0.", "cps"),
                Query(f"sum by (name) ({rate('output_errors')})", "{{name}}"),
                width=6,
                steps=LOST,
            ),
            lines(
                Note("Dropped by filters", f"{lost}a filter dropped.", "as the filters are configured.", "cps"),
                Query(f"sum by (name) ({rate('filter_drop_records')})", "{{name}}"),
                width=6,
            ),
        ),
    )


def storage() -> Row:
    """Return the row of the buffer on the nodes' disks."""
    late = "rate(fluentbit_output_latency_seconds_bucket{" + PODS + "}[$__rate_interval])"
    return Row(
        "Buffer",
        (
            lines(
                Note("Chunks", "Chunks in the buffer, in memory and on disk only.", "few, and not rising.", "none"),
                Query(f"sum(fluentbit_storage_fs_chunks_up{{{PODS}}})", "in memory"),
                Query(f"sum(fluentbit_storage_fs_chunks_down{{{PODS}}})", "on disk only"),
                stack=True,
            ),
            lines(
                Note(
                    "Buffer capacity left",
                    "Free capacity of each output's buffer.",
                    "100 %; at 0 the oldest chunks are dropped.",
                    "percent",
                ),
                Query(
                    f"min by (name, pod) (fluentbit_output_chunk_available_capacity_percent{{{PODS}}})",
                    "{{name}} {{pod}}",
                ),
                steps=((None, RED), (20, ORANGE), (50, GREEN)),
                maximum=100,
            ),
            lines(
                Note("Latency from read to delivery, p95", "95 % of chunks are delivered faster.", "below 10 s.", "s"),
                Query(f"histogram_quantile(0.95, sum by (le, output) ({late}))", "{{output}}"),
                steps=((None, GREEN), (10, ORANGE), (60, RED)),
            ),
        ),
    )


def elasticsearch() -> Row:
    """Return the row of Elasticsearch, as Kubernetes sees it: it has no metrics for Prometheus of its own."""
    ready = f'sum by (pod) (kube_pod_status_ready{{{ELASTICSEARCH},condition="true"}})'
    free = f"kubelet_volume_stats_available_bytes{{{VOLUMES}}} / kubelet_volume_stats_capacity_bytes{{{VOLUMES}}}"
    container = f'{ELASTICSEARCH},container="elasticsearch"'
    used = f"sum by (pod) (container_memory_working_set_bytes{{{container}}})"
    limit = f'sum by (pod) (kube_pod_container_resource_limits{{{container},resource="memory"}})'
    cpu = f"container_cpu_usage_seconds_total{{{container}}}"
    return Row(
        "Elasticsearch, as Kubernetes sees it",
        (
            lines(
                Note("Ready", "Whether each node of Elasticsearch is ready.", "all are 1.", "none"),
                Query(ready, "{{pod}}"),
                width=6,
                maximum=1,
            ),
            bars(
                Note(
                    "Disk used",
                    "At 85 % it takes no new shards, at 95 % it is read-only.",
                    "below 80 %.",
                    "percentunit",
                ),
                Query(f"1 - max by (persistentvolumeclaim) ({free})", "{{persistentvolumeclaim}}"),
                ((None, GREEN), (0.8, YELLOW), (0.85, RED)),
                width=6,
                maximum=1,
            ),
            lines(
                Note(
                    "Memory of limit",
                    "Heap and file cache; high is normal.",
                    "even, and no restarts.",
                    "percentunit",
                ),
                Query(f"{used} / {limit}", "{{pod}}"),
                width=6,
                steps=BUSY,
            ),
            lines(
                Note("CPU", "CPU cores used.", "below the request most of the time.", "none"),
                Query(f"sum by (pod) (rate({cpu}[$__rate_interval]))", "{{pod}}"),
                width=6,
            ),
        ),
    )
