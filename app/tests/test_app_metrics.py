"""The contract of /metrics: names, labels and what is counted."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(client: FlaskClient) -> Samples:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def labels(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(given.items()))


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("GET", "/hello/user1", ("GET", "/hello/<user>", "200")),
        ("GET", "/hello/" + "x" * 99, ("GET", "/hello/<user>", "400")),
        ("HEAD", "/", ("HEAD", "/", "200")),
        ("GET", "/nothing/here", ("GET", "unmatched", "404")),
        ("BREW", "/", ("other", "unmatched", "405")),
    ],
)
def test_requests_are_counted_by_rule(
    client: FlaskClient, method: str, path: str, counted: tuple[str, str, str]
) -> None:
    for _ in range(3):
        client.open(path, method=method)
    seen = samples(client)
    name, route, status = counted
    assert seen["http_requests_total", labels(method=name, route=route, status=status)] == 3
    assert seen["http_request_duration_seconds_count", labels(method=name, route=route)] == 3


def test_only_the_request_for_the_metrics_is_in_flight(client: FlaskClient) -> None:
    client.get("/hello/user1")
    assert samples(client)["http_requests_in_flight", ()] == 1


def test_build_info(client: FlaskClient) -> None:
    assert samples(client)["app_build_info", labels(version="1.2.3", revision="0a1b2c3")] == 1


def test_openmetrics_when_asked(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.status_code == HTTPStatus.OK
    assert answer.mimetype == "application/openmetrics-text"
    assert answer.text.endswith("# EOF\n")
