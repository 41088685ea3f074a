"""Instant queries to Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries)."""

from __future__ import annotations

from typing import Any, Protocol

Sample = tuple[dict[str, str], float]
"""The labels of a series and its value."""


class PrometheusError(Exception):
    """What Prometheus said against a query."""


class Getter(Protocol):
    """How Prometheus is reached."""

    def get(self, rest: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the decoded answer to a path below its root."""


def instant(prometheus: Getter, query: str) -> list[Sample]:
    """Return the series that a query gives now. Raises PrometheusError, and what the getter raises."""
    answer = prometheus.get("/api/v1/query", {"query": query})
    if answer.get("status") != "success":
        raise PrometheusError(str(answer.get("error") or "an answer that is none of Prometheus"))
    return [
        ({str(key): str(value) for key, value in each["metric"].items()}, float(each["value"][1]))
        for each in answer["data"]["result"]
    ]
