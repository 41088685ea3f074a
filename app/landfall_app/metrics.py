"""Prometheus metrics, right under one process and under several gunicorn workers."""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

# Seconds. Dense around the targets that a web page's latency SLO is set at.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)

# Anything else is counted as one, or a client could make time series at will.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The application's metrics, and the /metrics page that shows them."""

    def __init__(self, version: str, revision: str) -> None:
        """Make the metrics; `version` and `revision` say which build they are of."""
        self._registry = CollectorRegistry()
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
        app.before_request(self._start)
        app.after_request(self._finish)
        app.teardown_request(self._leave)
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

    def _start(self) -> None:
        g.started = time.perf_counter()
        self._in_flight.inc()

    def _finish(self, response: Response) -> Response:
        method = request.method if request.method in METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "unmatched"
        self._requests.labels(method, route, str(response.status_code)).inc()
        if "started" in g:
            self._seconds.labels(method, route).observe(time.perf_counter() - g.started)
        return response

    def _leave(self, _error: BaseException | None) -> None:
        if g.pop("started", None) is not None:
            self._in_flight.dec()
