"""A log line's way, from a real request to a search over TLS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from kubernetes.stream.ws_client import PortForward

from ansible_collections.landfall.eks.plugins.module_utils.verify import forwarding, logs
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    CheckFailedError,
    NotRunError,
    patiently,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Site
from tests.fake_cluster import FakeCluster
from tests.unit.verify import servers
from tests.unit.verify.servers import PASSWORD, USER, leaf, serving, site, trust

SEARCH = "elasticsearch-es-http.logging.svc"
WAIT: Callable[..., str] = partial(patiently, seconds=20, sleep=lambda _: None)


@contextmanager
def both(server: servers.Logs) -> Iterator[tuple[Site, Site]]:
    with (
        serving(server.application, leaf()) as application,
        serving(server.elasticsearch, leaf(SEARCH)) as elasticsearch,
    ):
        yield site(application), site(elasticsearch, SEARCH)


def store(elasticsearch: Site, password: str = PASSWORD) -> logs.Store:
    return logs.Store(elasticsearch, (USER, password), "logs-kubernetes-*")


def found(server: servers.Logs, seconds: float = 20, password: str = PASSWORD) -> str:
    with both(server) as (application, elasticsearch):
        wait = partial(WAIT, seconds=seconds)
        return logs.line_found(application, "/hello/{word}", store(elasticsearch, password), "landfallverify01", wait)


def test_a_line_is_waited_for() -> None:
    server = servers.Logs(slow=3)
    assert found(server) == "1 lines with landfallverify01 found"
    assert server.visits == ["/hello/landfallverify01"]
    assert server.searches == 4


def test_a_line_that_is_lost_fails() -> None:
    with pytest.raises(CheckFailedError, match="came to Elasticsearch in time"):
        found(servers.Logs(lost=True), seconds=0.2)


def test_a_word_that_is_there_before_proves_nothing() -> None:
    server = servers.Logs(slow=0)
    server.visits.append("/hello/landfallverify01")
    with pytest.raises(CheckFailedError, match="before it was said"):
        found(server)


def test_elasticsearch_may_refuse_or_be_half_there() -> None:
    with pytest.raises(CheckFailedError, match="with 401"):
        found(servers.Logs(), password="another")
    broken = servers.Logs()
    broken.search_status = 503
    with pytest.raises(CheckFailedError, match="with 503"):
        found(broken)
    partly = servers.Logs()
    partly.failed_shards = 1
    with pytest.raises(CheckFailedError, match="all of its shards"):
        found(partly)


def test_without_the_application_there_is_no_line() -> None:
    server = servers.Logs()
    server.application = lambda *_: (503, "")  # type: ignore[method-assign]
    with pytest.raises(NotRunError, match="answers 503"):
        found(server)


def test_words_are_new_each_time() -> None:
    words = {logs.unique_word() for _ in range(50)}
    assert len(words) == 50
    assert all(each.isalnum() for each in words)


def test_tls_goes_through_the_sockets_of_the_clients_port_forwarding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own socket, with its other end at a server: only the websocket between is left out."""
    server = servers.Logs(slow=0)
    asked: list[tuple[str, str, str]] = []

    class Forward:
        def __init__(self, port: int) -> None:
            self.end = PortForward._Port(0, 9200)
            servers.bridged(self.end.python, port)

        def socket(self, port: int) -> object:
            assert port == 9200
            return self.end.socket

    with serving(server.elasticsearch, leaf(SEARCH)) as port:

        def forward(_method: object, pod: str, namespace: str, *, ports: str) -> Forward:
            asked.append((pod, namespace, ports))
            return Forward(port)

        monkeypatch.setattr(forwarding, "portforward", forward)
        cluster = FakeCluster()
        connect = forwarding.forwarded(cluster, "logging", "elasticsearch-es-default-0", 9200)
        assert logs.hits(store(Site(SEARCH, connect, trust())), "word") == 0
        with pytest.raises(OSError, match="Hostname mismatch"):
            logs.hits(store(Site("elsewhere.svc", connect, trust())), "word")
    assert asked[0] == ("elasticsearch-es-default-0", "logging", "9200")
    cluster.api.default_headers["Impersonate-User"] = "eve"
    with pytest.raises(CheckFailedError, match="cannot be forwarded for an impersonated user"):
        connect()
