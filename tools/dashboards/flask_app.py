"""The dashboard of the Flask application: rate, errors, duration, and what it runs on."""

from __future__ import annotations

from dashboards.page import Page, Row, rollouts, values
from dashboards.panels import GOOD_IS_ZERO, GREEN, ORANGE, RED, YELLOW, Note, Panel, Query, Steps, lines, names, one
from dashboards.slo import BUDGET_LEFT

UID = "landfall-flask-app"
PODS = 'namespace=~"$namespace",service=~"$service",pod=~"$pod"'
# Requests of users, without the probes of Kubernetes and the scrapes of Prometheus.
ASKED = f'{PODS},method=~"$method",route=~"$route",route!~"/healthz|/readyz|/metrics"'
REQUESTS = f"rate(http_requests_total{{{ASKED}}}[$__rate_interval])"
FAILED = f'rate(http_requests_total{{{ASKED},status=~"5.."}}[$__rate_interval])'
BUCKETS = f"rate(http_request_duration_seconds_bucket{{{ASKED}}}[$__rate_interval])"
ERRORS: Steps = ((None, GREEN), (0.001, YELLOW), (0.01, RED))
SLOW: Steps = ((None, GREEN), (0.3, YELLOW), (1, RED))
KUBERNETES = 'namespace=~"$namespace",pod=~"$pod"'


def quantile(part: float, by: str = "") -> str:
    """Return the query of a quantile of the response times, over all requests or by a label."""
    labels = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({part}, sum by ({labels}) ({BUCKETS}))"


def page() -> Page:
    """Return the dashboard."""
    variables = (
        values("namespace", "Namespace", "label_values(app_build_info, namespace)", "Where the application runs."),
        values("service", "Service", 'label_values(app_build_info{namespace=~"$namespace"}, service)', "Its Service."),
        values(
            "pod",
            "Pod",
            'label_values(app_build_info{namespace=~"$namespace",service=~"$service"}, pod)',
            "One or more replicas.",
        ),
        values("method", "Method", f"label_values(http_requests_total{{{PODS}}}, method)", "HTTP method."),
        values("route", "Route", f"label_values(http_requests_total{{{PODS}}}, route)", "The matched URL rule."),
    )
    return Page(
        UID,
        "Landfall / Flask application",
        "Rate, errors and duration of the Flask application's requests, and its saturation.",
        variables,
        (now(), rate(), errors(), duration(), saturation()),
        tuple(rollouts("$namespace")),
        since="now-3h",
    )


def now() -> Row:
    """Return the row of numbers."""
    return Row(
        "Now",
        (
            one(
                Note("Requests", "Requests per second.", "the usual rate at this time of day.", "reqps"),
                f"sum({REQUESTS})",
                ((None, "blue"),),
                decimals=2,
            ),
            one(
                Note(
                    "Errors",
                    "The share of requests answered with a status of 500 or more.",
                    "below 0.1 %.",
                    "percentunit",
                ),
                f"(sum({FAILED}) or vector(0)) / sum({REQUESTS})",
                ERRORS,
                decimals=2,
            ),
            one(
                Note("p99", "99 % of requests are faster.", "below 300 ms.", "s"),
                quantile(0.99),
                SLOW,
            ),
            one(
                Note("In flight", "Requests in progress.", "few; many mean that they wait for something.", "none"),
                f"sum(http_requests_in_flight{{{PODS}}})",
                ((None, "blue"),),
            ),
            one(
                Note(
                    "Replicas up",
                    "The share of the application's pods that Prometheus can scrape.",
                    "all.",
                    "percentunit",
                ),
                f"avg(up{{{PODS}}})",
                ((None, RED), (1, GREEN)),
                decimals=0,
            ),
            names(
                Note(
                    "Version",
                    "The running version and commit.",
                    "one; two only during a rollout.",
                    "none",
                ),
                Query(f"count by (version, revision) (app_build_info{{{PODS}}})", "{{version}} {{revision}}"),
            ),
        ),
    )


def rate() -> Row:
    """Return the row of request rates."""
    shows = "Requests per second, by "
    good = "follows the time of day; a sudden drop is as bad as a rise."
    return Row(
        "Rate",
        tuple(
            lines(
                Note(f"Requests by {label}", f"{shows}{what}.", good, "reqps"),
                Query(f"sum by ({label}) ({REQUESTS})", f"{{{{{label}}}}}"),
                stack=True,
            )
            for label, what in (
                ("route", "the matched URL rule"),
                ("method", "method"),
                ("status", "HTTP status"),
            )
        ),
    )


def errors() -> Row:
    """Return the row of errors."""
    refused = f'rate(http_requests_total{{{ASKED},status=~"4.."}}[$__rate_interval])'
    return Row(
        "Errors",
        (
            lines(
                Note("Failed by route", "The share of each route's requests that failed (5xx).", "0.", "percentunit"),
                Query(
                    f"(sum by (route) ({FAILED}) or 0 * sum by (route) ({REQUESTS})) / sum by (route) ({REQUESTS})",
                    "{{route}}",
                ),
                steps=ERRORS,
            ),
            lines(
                Note("Refused by route", "Requests per second answered 4xx.", "few, and not rising.", "reqps"),
                Query(f"sum by (route, status) ({refused})", "{{status}} {{route}}"),
            ),
            lines(
                Note(
                    "Error budget left",
                    "The worst group of each SLO of the application.",
                    "above 0; see the SLO dashboard for details.",
                    "percentunit",
                ),
                Query('min by (slo) (slo:error_budget_remaining:ratio{slo=~"flask-app-.*"})', "{{slo}}"),
                steps=BUDGET_LEFT,
                maximum=1,
                minimum=None,
            ),
        ),
    )


def duration() -> Row:
    """Return the row of response times."""
    parts = (0.5, 0.95, 0.99)
    mean = "sum by (pod) (rate(http_request_duration_seconds_{}{{" + ASKED + "}}[$__rate_interval]))"
    return Row(
        "Duration",
        (
            lines(
                Note("Response times", "50, 95 and 99 % of requests are faster.", "p99 below 300 ms.", "s"),
                *(Query(quantile(part), f"p{part * 100:.0f}") for part in parts),
                steps=SLOW,
            ),
            lines(
                Note("p95 by route", "95 % of the route's requests are faster.", "below 300 ms.", "s"),
                Query(quantile(0.95, "route"), "{{route}}"),
                steps=SLOW,
            ),
            lines(
                Note("Mean by pod", "The mean response time of each pod.", "similar across pods.", "s"),
                Query(f"{mean.format('sum')} / {mean.format('count')}", "{{pod}}"),
            ),
        ),
    )


def saturation() -> Row:
    """Return the row of saturation."""
    autoscaler = 'namespace=~"$namespace",horizontalpodautoscaler=~"$service"'
    used = f'sum by (pod) (rate(container_cpu_usage_seconds_total{{{KUBERNETES},container!=""}}[$__rate_interval]))'
    asked = f'sum by (pod) (kube_pod_container_resource_requests{{{KUBERNETES},resource="cpu"}})'
    memory = f'sum by (pod) (container_memory_working_set_bytes{{{KUBERNETES},container!=""}})'
    limit = f'sum by (pod) (kube_pod_container_resource_limits{{{KUBERNETES},resource="memory"}})'
    fullness: Steps = ((None, GREEN), (0.8, ORANGE), (1, RED))
    return Row(
        "Saturation",
        (
            in_flight(),
            lines(
                Note("CPU of requests", "The autoscaler adds pods above 80 %.", "below 100 %.", "percentunit"),
                Query(f"{used} / {asked}", "{{pod}}"),
                width=6,
                steps=fullness,
            ),
            lines(
                Note("Memory of limit", "At 100 % the pod is killed.", "below 80 %, and not climbing.", "percentunit"),
                Query(f"{memory} / {limit}", "{{pod}}"),
                width=6,
                steps=fullness,
            ),
            lines(
                Note(
                    "Replicas",
                    "Desired and current replicas of the autoscaler, and its limits.",
                    "desired equals current, below the maximum.",
                    "none",
                ),
                Query(f"sum(kube_horizontalpodautoscaler_status_desired_replicas{{{autoscaler}}})", "desired"),
                Query(f"sum(kube_horizontalpodautoscaler_status_current_replicas{{{autoscaler}}})", "current"),
                Query(f"sum(kube_horizontalpodautoscaler_spec_min_replicas{{{autoscaler}}})", "minimum"),
                Query(f"sum(kube_horizontalpodautoscaler_spec_max_replicas{{{autoscaler}}})", "maximum"),
                width=6,
            ),
        ),
    )


def in_flight() -> Panel:
    """Return the panel of requests in progress."""
    return lines(
        Note("In flight by pod", "Requests in progress at the same time.", "even across pods, and low.", "none"),
        Query(f"sum by (pod) (http_requests_in_flight{{{PODS}}})", "{{pod}}"),
        width=6,
        steps=GOOD_IS_ZERO[:1],
    )
