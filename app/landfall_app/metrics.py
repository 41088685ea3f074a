"""Prometheus metrics, right under one process and under several gunicorn workers."""

import os
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

# Seconds. Dense around the targets that a web page's latency SLO is set at.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)

# Anything else is counted as one, or a client could make time series at will.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# The route of what no rule is for.
UNMATCHED = "unmatched"


class Metrics:
    """The application's metrics, and the /metrics page that shows them."""

    def __init__(self, version: str, revision: str) -> None:
        """Make the metrics; `version` and `revision` say which build they are of."""
        self._registry = CollectorRegistry()
        # By method, route and status: finding them anew takes as long as counting.
        self._children: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "http_requests",
            "Requests answered, by method, route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to answer a request, by method and route.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "http_requests_in_flight",
            "Requests being answered now.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        Gauge(
            "app_build_info",
            "Always 1; the labels say what runs.",
            ["version", "revision"],
            multiprocess_mode="max",
            registry=self._registry,
        ).labels(version, revision).set(1)

    def init_app(self, app: Flask) -> None:
        """Measure every request of `app`, and show the result at /metrics."""
        app.wsgi_app = self.measured(app.wsgi_app)  # type: ignore[assignment, method-assign]
        app.add_url_rule("/metrics", view_func=self.show, endpoint="metrics")

    def show(self) -> Response:
        """Render the metrics of all workers in the format that the client asks for."""
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(self._collected()), content_type=content_type)

    def _collected(self) -> CollectorRegistry:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry

    def measured(self, application: WSGIApplication) -> WSGIApplication:
        """Wrap `application`: every request is counted and timed, one that ends in an exception as a 500."""

        def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            route, status = UNMATCHED, "500"

            def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
                nonlocal route, status
                # Flask's request knows the rule; it is gone from the environ after the answer.
                rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
                route, status = rule.rule if rule else UNMATCHED, line[:3]
                return start_response(line, headers, *error)

            self._in_flight.inc()
            started = time.perf_counter()
            try:
                return application(environ, start)
            finally:
                self._finish(environ["REQUEST_METHOD"], route, status, time.perf_counter() - started)
                self._in_flight.dec()

        return call

    def _finish(self, method: str, route: str, status: str, seconds: float) -> None:
        key = (method if method in METHODS else "other", route, status)
        if key not in self._children:
            self._children[key] = (self._requests.labels(*key), self._seconds.labels(*key[:2]))
        requests, histogram = self._children[key]
        requests.inc()
        histogram.observe(seconds)
