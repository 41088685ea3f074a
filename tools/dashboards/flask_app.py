"""The dashboard of the Flask application: rate, errors, duration, and what it runs on."""

from __future__ import annotations

from dashboards.page import Page, Row, rollouts, values
from dashboards.panels import GOOD_IS_ZERO, GREEN, ORANGE, RED, YELLOW, Note, Panel, Query, Steps, lines, names, one
from dashboards.slo import BUDGET_LEFT

UID = "landfall-flask-app"
PODS = 'namespace=~"$namespace",service=~"$service",pod=~"$pod"'
# What people ask for: Kubernetes and Prometheus ask all the time.
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
            "One replica or several.",
        ),
        values("method", "Method", f"label_values(http_requests_total{{{PODS}}}, method)", "HTTP method."),
        values("route", "Route", f"label_values(http_requests_total{{{PODS}}}, route)", "The rule that a URL met."),
    )
    return Page(
        UID,
        "Landfall / Flask application",
        "Rate, errors and duration of the Flask application's requests, and what it runs on.",
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
                Note("Requests", "Requests answered each second.", "what is usual at this time of day.", "reqps"),
                f"sum({REQUESTS})",
                ((None, "blue"),),
                decimals=2,
            ),
            one(
                Note(
                    "Errors",
                    "The part of requests answered with a status of 500 or more.",
                    "below 0.1 %.",
                    "percentunit",
                ),
                f"(sum({FAILED}) or vector(0)) / sum({REQUESTS})",
                ERRORS,
                decimals=2,
            ),
            one(
                Note("Slowest of a hundred", "99 of 100 requests are answered faster.", "below 300 ms.", "s"),
                quantile(0.99),
                SLOW,
            ),
            one(
                Note(
                    "In flight", "Requests being answered now.", "few; many mean that something is waited for.", "none"
                ),
                f"sum(http_requests_in_flight{{{PODS}}})",
                ((None, "blue"),),
            ),
            one(
                Note(
                    "Replicas that answer",
                    "The part of the application's pods that Prometheus reads.",
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
                    "What runs, as version and commit.",
                    "one; two only while a rollout is under way.",
                    "none",
                ),
                Query(f"count by (version, revision) (app_build_info{{{PODS}}})", "{{version}} {{revision}}"),
            ),
        ),
    )


def rate() -> Row:
    """Return the row of how much is asked for."""
    shows = "Requests answered each second, by "
    good = "follows the time of day; a sudden fall is as bad as a rise."
    return Row(
        "Rate",
        tuple(
            lines(
                Note(f"Requests by {label}", f"{shows}{what}.", good, "reqps"),
                Query(f"sum by ({label}) ({REQUESTS})", f"{{{{{label}}}}}"),
                stack=True,
            )
            for label, what in (
                ("route", "the rule that their URL met"),
                ("method", "method"),
                ("status", "HTTP status"),
            )
        ),
    )


def errors() -> Row:
    """Return the row of what went wrong."""
    refused = f'rate(http_requests_total{{{ASKED},status=~"4.."}}[$__rate_interval])'
    return Row(
        "Errors",
        (
            lines(
                Note("Failed by route", "The part of each route's requests that failed (5xx).", "0.", "percentunit"),
                Query(
                    f"(sum by (route) ({FAILED}) or 0 * sum by (route) ({REQUESTS})) / sum by (route) ({REQUESTS})",
                    "{{route}}",
                ),
                steps=ERRORS,
            ),
            lines(
                Note("Refused by route", "Requests each second answered 4xx.", "little, and not rising.", "reqps"),
                Query(f"sum by (route, status) ({refused})", "{{status}} {{route}}"),
            ),
            lines(
                Note(
                    "Error budget left",
                    "Of the SLOs of the application, the worst group.",
                    "above 0; details are on the dashboard of SLOs.",
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
    """Return the row of how long it takes."""
    parts = (0.5, 0.95, 0.99)
    mean = "sum by (pod) (rate(http_request_duration_seconds_{}{{" + ASKED + "}}[$__rate_interval]))"
    return Row(
        "Duration",
        (
            lines(
                Note(
                    "Response times", "Half, 95 and 99 of 100 requests are answered faster.", "p99 below 300 ms.", "s"
                ),
                *(Query(quantile(part), f"p{part * 100:.0f}") for part in parts),
                steps=SLOW,
            ),
            lines(
                Note("p95 by route", "95 of 100 requests of the route are answered faster.", "below 300 ms.", "s"),
                Query(quantile(0.95, "route"), "{{route}}"),
                steps=SLOW,
            ),
            lines(
                Note("Mean by pod", "The mean response time of each pod.", "the pods lie close together.", "s"),
                Query(f"{mean.format('sum')} / {mean.format('count')}", "{{pod}}"),
            ),
        ),
    )


def saturation() -> Row:
    """Return the row of what the application runs on."""
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
                Note("CPU of what is requested", "The autoscaler adds pods above 80 %.", "below 100 %.", "percentunit"),
                Query(f"{used} / {asked}", "{{pod}}"),
                width=6,
                steps=fullness,
            ),
            lines(
                Note(
                    "Memory of the limit", "At 100 % the pod is killed.", "below 80 %, and not climbing.", "percentunit"
                ),
                Query(f"{memory} / {limit}", "{{pod}}"),
                width=6,
                steps=fullness,
            ),
            lines(
                Note(
                    "Replicas",
                    "How many the autoscaler wants, how many there are, and its limits.",
                    "wanted and there are equal, below the most.",
                    "none",
                ),
                Query(f"sum(kube_horizontalpodautoscaler_status_desired_replicas{{{autoscaler}}})", "wanted"),
                Query(f"sum(kube_horizontalpodautoscaler_status_current_replicas{{{autoscaler}}})", "there"),
                Query(f"sum(kube_horizontalpodautoscaler_spec_min_replicas{{{autoscaler}}})", "least"),
                Query(f"sum(kube_horizontalpodautoscaler_spec_max_replicas{{{autoscaler}}})", "most"),
                width=6,
            ),
        ),
    )


def in_flight() -> Panel:
    """Return the panel of requests being answered."""
    return lines(
        Note("In flight by pod", "Requests being answered at the same time.", "even over the pods, and low.", "none"),
        Query(f"sum by (pod) (http_requests_in_flight{{{PODS}}})", "{{pod}}"),
        width=6,
        steps=GOOD_IS_ZERO[:1],
    )
