"""Which calls are made again when an API server stumbles, seen at one on loopback that does."""

import socket
import struct
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube import builtin
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import (
    APPLY_PATCH,
    MERGE_PATCH,
    MORE_TRIES,
    Cluster,
    client_from,
    looking,
)
from ansible_collections.landfall.eks.plugins.module_utils.preflight import cluster as preflight
from ansible_collections.landfall.eks.plugins.modules import cluster_facts
from tests.fake_api import KINDS
from tests.fake_cluster import FakeCluster
from tests.helm_values import TEXTS

GONE = "no answer"
ASKED = {
    "oldest_version": "1.33",
    "newest_version": "1.36",
    "cluster_role": {},
    "storage_class": "",
    "releases": [],
    "check_capacity": False,
    "installing": True,
    "network_policies": True,
    "identify": False,
}


class Handler(BaseHTTPRequestHandler):
    """Answers with what the server has left of its answers, and 200 from then on."""

    def log_message(self, *_):
        """Say nothing."""

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.command)
        self.server.calls.append((f"{self.command} {self.path}", self.headers["Content-Type"], body.decode()))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == GONE:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = b'{"kind": "Status", "message": "stumbled"}'
        self.send_response(answer)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 http.server's names


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen, made.answers, made.calls = [], [], []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The seconds waited between tries, which are not waited here."""
    waited = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waited.append)
    return waited


def kubeconfig_at(address):
    url = f"http://127.0.0.1:{address[1]}"
    named = {"clusters": "cluster", "users": "user", "contexts": "context"}
    content = {"cluster": {"server": url}, "user": {}, "context": {"cluster": "one", "user": "one"}}
    kubeconfig = {key: [{"name": "one", name: content[name]}] for key, name in named.items()}
    return {"kubeconfig": {**kubeconfig, "current-context": "one"}, "context": ""}


def cluster(server, **options):
    return Cluster(client_from(kubeconfig_at(server.server_address), **options))


@pytest.mark.parametrize("answer", [429, 500, 502, 504, GONE])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_what_was_not_answered_is_asked_again(server, method, answer):
    server.answers = [answer, answer]
    cluster(server).request(method, "/api", body=None if method == "GET" else {})
    assert server.seen == [method] * 3


@pytest.mark.parametrize("answer", [400, 403, 404, 409, 422, 503])
def test_an_answer_is_taken_as_one(server, answer):
    server.answers = [answer]
    with pytest.raises(ApiException, match="stumbled") as raised:
        cluster(server).request("GET", "/api")
    assert (raised.value.status, server.seen) == (answer, ["GET"])


def test_it_gives_up_with_the_servers_own_words(server, pauses):
    server.answers = [500] * 100
    with pytest.raises(ApiException, match="stumbled"):
        cluster(server).request("GET", "/api")
    assert len(server.seen) == MORE_TRIES + 1
    assert 5 < sum(pauses) < 10


def test_who_tries_again_himself_is_told_at_once(server, pauses):
    server.answers = [429]
    with pytest.raises(ApiException):
        cluster(server, more_tries=0).request("GET", "/api")
    assert (len(server.seen), pauses) == (1, [])


@pytest.mark.parametrize("answer", [429, 500, GONE])
def test_the_first_look_at_a_cluster_outlasts_a_stumble_too(server, answer, monkeypatch):
    monkeypatch.setattr(
        preflight, "gather", lambda found, _: preflight.Facts(lines={"api": found.request("GET", "/api")["message"]})
    )
    server.answers = [answer]
    assert cluster_facts.ask_cluster(ASKED | kubeconfig_at(server.server_address)).lines == {"api": "stumbled"}
    assert server.seen == ["GET", "GET"]


def test_where_nobody_listens_the_first_look_is_one_try(pauses):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = nobody.getsockname()
    (problem,) = cluster_facts.ask_cluster(ASKED | kubeconfig_at(address)).problems
    assert "refuses connections" in problem
    assert pauses == []


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, "fieldManager=landfall&force=true"),
        ({"manager": "helm", "force": False}, "fieldManager=helm"),
        ({"dry_run": True}, "fieldManager=landfall&force=true&dryRun=All"),
    ],
)
def test_apply_is_server_side_and_names_its_manager(server, options, query):
    cluster(server).apply("/one", {"a": 1}, **options)
    assert server.calls == [(f"PATCH /one?{query}", APPLY_PATCH, '{"a": 1}')]


def test_what_is_applied_is_yaml_too(server):
    """The API server reads it as such; JSON's two escapes for a character beyond U+FFFF are none in YAML."""
    cluster(server).apply("/one", {"data": dict(enumerate(TEXTS))})
    ((_, _, body),) = server.calls
    assert yaml.safe_load(body) == {"data": {str(index): text for index, text in enumerate(TEXTS)}}


@pytest.mark.parametrize(("manager", "query"), [("", ""), ("landfall", "?fieldManager=landfall")])
def test_patch_merges(server, manager, query):
    cluster(server).patch("/one", {"a": None}, manager=manager)
    assert server.calls == [(f"PATCH /one{query}", MERGE_PATCH, '{"a": null}')]


def test_create_and_replace_send_the_object(server):
    cluster(server).create("/all", {"a": 1})
    cluster(server).replace("/all/one", {"a": 2})
    plain = "application/json"
    assert server.calls == [("POST /all", plain, '{"a": 1}'), ("PUT /all/one", plain, '{"a": 2}')]


def test_delete_takes_an_object_that_is_gone_for_deleted(server):
    server.answers = [200, 404, 409]
    cluster(server).delete("/one", preconditions={"uid": "1"})
    cluster(server).delete("/one")
    with pytest.raises(ApiException):
        cluster(server).delete("/one")
    assert [body for _, _, body in server.calls] == ['{"preconditions": {"uid": "1"}}', "", ""]


def test_wait_gone_says_whether_it_is(server, monkeypatch):
    monkeypatch.setattr("ansible_collections.landfall.eks.plugins.module_utils.kube.client.POLL_SECONDS", 0)
    server.answers = [200, 200, 404]
    assert cluster(server).wait_gone("/one", 60)
    assert server.seen == ["GET"] * 3
    assert not cluster(server).wait_gone("/one", -1)


def test_where_a_built_in_kind_is_served_is_not_asked():
    cluster = FakeCluster()
    assert cluster.list("apps/v1", "Deployment") == []
    assert cluster.get("v1", "Node", "a") is None
    assert not cluster.is_namespaced("v1", "Namespace")
    assert [call.path for call in cluster.log] == ["/apis/apps/v1/deployments", "/api/v1/nodes/a"]
    # A control: that of any other kind is.
    assert cluster.list("argoproj.io/v1alpha1", "Application") == []
    assert [call.path for call in cluster.log[2:]] == [
        "/apis/argoproj.io/v1alpha1",
        "/apis/argoproj.io/v1alpha1/applications",
    ]


def test_built_in_kinds_are_those_of_the_tests_cluster_too():
    served = {(each.api_version, kind): (each.plural, each.namespaced) for kind, each in KINDS.items()}
    assert builtin.PLACES.items() <= served.items()


def test_the_time_of_the_server_is_in_what_it_answers():
    cluster, behind = FakeCluster(), timedelta(hours=1)
    cluster.now = lambda: datetime.now(UTC) - behind
    assert abs(cluster.server_time() + behind - datetime.now(UTC)) < timedelta(seconds=2)
    assert [call.path for call in cluster.log] == ["/version"]
    behind = timedelta(hours=2)
    cluster.get("v1", "Node", "a")
    assert abs(cluster.server_time() + behind - datetime.now(UTC)) < timedelta(seconds=2)
    assert len(cluster.log) == 2


def test_one_request_tells_the_kinds_of_all_api_groups():
    cluster = FakeCluster()
    cluster.define("Thing", "example.org/v1", "things")
    assert {"apps", "example.org"} <= set(cluster.api_groups())
    assert cluster.resource_path("example.org/v1", "Thing", "shop") == "/apis/example.org/v1/namespaces/shop/things"
    assert cluster.kinds("monitoring.coreos.com/v1") == {"Alertmanager", "PodMonitor", "Prometheus", "ServiceMonitor"}
    assert cluster.resource_path("eks.amazonaws.com/v1", "NodeClass", None) is None
    assert [call.path for call in cluster.log] == ["/apis"]
    # Until what is new is looked up.
    cluster.define("NodeClass", "eks.amazonaws.com/v1", "nodeclasses", namespaced=False)
    cluster.forget_kinds()
    assert cluster.resource_path("eks.amazonaws.com/v1", "NodeClass", None) is not None


def test_an_older_cluster_tells_its_groups_alone():
    cluster = FakeCluster()
    cluster.answers["/apis"] = {"groups": [{"name": "apps"}]}
    assert cluster.api_groups() == ("apps",)
    assert cluster.resource_path("argoproj.io/v1alpha1", "Application", None) is not None


def test_looks_of_one_moment_read_once(server):
    one, other = cluster(server), cluster(server)
    with looking():
        for each in (one, other, one):
            each.request("GET", "/api", query={"limit": "1"})
        one.request("GET", "/api")
        other.request("GET", "/api", query={})
        one.apply("/one", {}, dry_run=True)
        other.request("GET", "/api", query={"limit": "1"})
    assert server.seen == ["GET", "GET", "PATCH"]


def test_what_is_written_or_asked_for_in_another_way_is_read_again(server):
    found = cluster(server)
    with looking():
        found.request("GET", "/api")
        found.request("GET", "/api", query={"limit": "1"})
        found.request("GET", "/api", accept="application/yaml")
        found.patch("/one", {})
        found.request("GET", "/api")
    assert server.seen == ["GET", "GET", "GET", "PATCH", "GET"]


def test_a_control_without_a_look_each_read_is_made_and_none_is_kept_after_one(server):
    found = cluster(server)
    with looking():
        found.request("GET", "/api")
    found.request("GET", "/api")
    found.request("GET", "/api")
    assert server.seen == ["GET"] * 3


def test_an_answer_that_fails_is_not_kept(server):
    server.answers = [404]
    with looking():
        with pytest.raises(ApiException):
            cluster(server).request("GET", "/api")
        cluster(server).request("GET", "/api")
    assert server.seen == ["GET", "GET"]
