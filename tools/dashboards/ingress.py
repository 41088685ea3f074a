"""The dashboard of the ingress controller, F5's NGINX: what comes in, how it is answered, and NGINX itself."""

from __future__ import annotations

from dashboards.flask_app import ERRORS
from dashboards.page import Page, Row, rollouts, values
from dashboards.panels import GREEN, ORANGE, RED, YELLOW, Note, Query, Steps, bars, lines, one

UID = "landfall-ingress"
# Each answer of an upstream, if the chart's enableLatencyMetrics is set. What NGINX answers itself is not counted.
LATENCY = "nginx_ingress_controller_upstream_server_response_latency_ms"
CONTROLLERS = 'class=~"$class",pod=~"$controller"'
RESOURCES = 'class=~"$class",resource_namespace=~"$namespace",resource_name=~"$ingress"'
ANSWERS = f"rate({LATENCY}_count{{{RESOURCES}}}[$__rate_interval])"
FAILED = f'rate({LATENCY}_count{{{RESOURCES},code=~"5.."}}[$__rate_interval])'
BUCKETS = f"rate({LATENCY}_bucket{{{RESOURCES}}}[$__rate_interval])"
BY = "resource_namespace, resource_name"
NAME = "{{resource_namespace}}/{{resource_name}}"
SLOW: Steps = ((None, GREEN), (500, YELLOW), (2000, RED))


def quantile(part: float, by: str = "") -> str:
    """Return the query of a quantile of the upstreams' response times, in milliseconds."""
    labels = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({part}, sum by ({labels}) ({BUCKETS}))"


def page() -> Page:
    """Return the dashboard."""
    counts = f"{LATENCY}_count"
    variables = (
        values("class", "Class", "label_values(nginx_ingress_nginx_up, class)", "The controller's ingress class."),
        values(
            "controller",
            "Controller",
            'label_values(nginx_ingress_nginx_up{class=~"$class"}, pod)',
            "Pods of the controller, for the panels about NGINX itself.",
        ),
        values(
            "namespace",
            "Namespace",
            f'label_values({counts}{{class=~"$class"}}, resource_namespace)',
            "Namespace of the Ingress.",
        ),
        values(
            "ingress",
            "Ingress",
            f'label_values({counts}{{class=~"$class",resource_namespace=~"$namespace"}}, resource_name)',
            "The Ingress.",
        ),
    )
    return Page(
        UID,
        "Landfall / Ingress",
        "Traffic through NGINX, the responses of the services behind it, and the health of NGINX.",
        variables,
        (now(), traffic(), latency(), nginx()),
        tuple(rollouts()),
        since="now-3h",
    )


def now() -> Row:
    """Return the row of numbers."""
    seen = "nginx_ingress_controller_nginx_last_reload_status"
    return Row(
        "Now",
        (
            one(
                Note("Requests", "All requests to NGINX per second.", "the usual rate at this time.", "reqps"),
                f"sum(rate(nginx_ingress_nginx_http_requests_total{{{CONTROLLERS}}}[$__rate_interval]))",
                ((None, "blue"),),
                decimals=1,
            ),
            one(
                Note("Errors", "The share of the services' responses that were 5xx.", "below 0.1 %.", "percentunit"),
                f"(sum({FAILED}) or vector(0)) / sum({ANSWERS})",
                ERRORS,
                decimals=2,
            ),
            one(
                Note("p99", "99 % of responses are faster.", "below 500 ms.", "ms"),
                quantile(0.99),
                SLOW,
                decimals=0,
            ),
            one(
                Note("Connections", "Open connections of clients.", "far below the workers' limit.", "none"),
                f"sum(nginx_ingress_nginx_connections_active{{{CONTROLLERS}}})",
                ((None, "blue"),),
            ),
            one(
                Note("NGINX up", "The share of controllers whose NGINX is up.", "all.", "percentunit"),
                f"avg(nginx_ingress_nginx_up{{{CONTROLLERS}}})",
                ((None, RED), (1, GREEN)),
                decimals=0,
            ),
            one(
                Note(
                    "Configuration",
                    "Whether the last reload succeeded everywhere; if not, NGINX keeps its previous configuration.",
                    "loaded.",
                    "none",
                ),
                f"min({seen}{{{CONTROLLERS}}})",
                ((None, RED), (1, GREEN)),
                words={0: "refused", 1: "loaded"},
            ),
        ),
    )


def traffic() -> Row:
    """Return the row of what is asked for, and how it is answered."""
    rated = f"sum by ({BY}) ({ANSWERS})"
    return Row(
        "Traffic by Ingress",
        (
            lines(
                Note(
                    "Responses by Ingress", "Responses of the services per second.", "follows the time of day.", "reqps"
                ),
                Query(rated, NAME),
                stack=True,
            ),
            lines(
                Note("Responses by status", "Responses of the services by HTTP status.", "almost no 5xx.", "reqps"),
                Query(f"sum by (code) ({ANSWERS})", "{{code}}"),
                stack=True,
            ),
            lines(
                Note("Failed by Ingress", "The share of each Ingress' responses that were 5xx.", "0.", "percentunit"),
                Query(f"(sum by ({BY}) ({FAILED}) or 0 * {rated}) / {rated}", NAME),
                steps=ERRORS,
            ),
        ),
    )


def latency() -> Row:
    """Return the row of how long the services take."""
    return Row(
        "Response times of the services",
        (
            lines(
                Note("Response times", "Half, 95 and 99 of 100 answers come faster.", "p99 below 500 ms.", "ms"),
                *(Query(quantile(part), f"p{part * 100:.0f}") for part in (0.5, 0.95, 0.99)),
                steps=SLOW,
            ),
            lines(
                Note("p95 by Ingress", "95 of 100 answers of the Ingress come faster.", "below 500 ms.", "ms"),
                Query(quantile(0.95, BY), NAME),
                steps=SLOW,
            ),
            bars(
                Note("Slowest pods, p95", "The ten upstream pods that answer slowest.", "close together.", "ms"),
                Query(f"topk(10, {quantile(0.95, 'pod_name')})", "{{pod_name}}"),
                SLOW,
            ),
        ),
    )


def nginx() -> Row:
    """Return the row of NGINX and its controller."""
    connections = "nginx_ingress_nginx_connections_{}{{" + CONTROLLERS + "}}"
    lost = " - ".join(
        f"sum by (pod) (rate({connections.format(each)}[$__rate_interval]))" for each in ("accepted", "handled")
    )
    reloads = f"nginx_ingress_controller_nginx_reload{{}}_total{{{{{CONTROLLERS}}}}}"
    old = f'nginx_ingress_controller_nginx_worker_processes_total{{{CONTROLLERS},generation="old"}}'
    return Row(
        "NGINX and its controller",
        (
            lines(
                Note("Requests by controller", "Requests per pod.", "even across pods.", "reqps"),
                Query(
                    f"sum by (pod) (rate(nginx_ingress_nginx_http_requests_total{{{CONTROLLERS}}}[$__rate_interval]))",
                    "{{pod}}",
                ),
            ),
            lines(
                Note("Connections", "Client connections by state.", "most of them waiting.", "none"),
                *(Query(f"sum({connections.format(each)})", each) for each in ("reading", "writing", "waiting")),
                stack=True,
            ),
            lines(
                Note("Dropped connections", "Accepted, but not handled: a limit was reached.", "0.", "cps"),
                Query(lost, "{{pod}}"),
                steps=((None, GREEN), (0.1, RED)),
            ),
            lines(
                Note("Reloads", "Reloads of NGINX, and failed reloads.", "few, and none failed.", "none"),
                Query(f"sum by (reason) (increase({reloads.format('s')}[$__rate_interval]))", "{{reason}}"),
                Query(f"sum(increase({reloads.format('_errors')}[$__rate_interval]))", "failed"),
            ),
            lines(
                Note("Duration of the last reload", "How long the last reload took.", "below a second.", "ms"),
                Query(
                    f"max by (pod) (nginx_ingress_controller_nginx_last_reload_milliseconds{{{CONTROLLERS}}})",
                    "{{pod}}",
                ),
                steps=((None, GREEN), (1000, ORANGE)),
            ),
            lines(
                Note(
                    "Old workers and queued changes",
                    "Workers that end once their connections close, and changes that wait for the controller.",
                    "both return to 0.",
                    "none",
                ),
                Query(f"sum({old})", "old workers"),
                Query(f"sum(nginx_ingress_controller_workqueue_depth{{{CONTROLLERS}}})", "queued changes"),
            ),
        ),
    )
