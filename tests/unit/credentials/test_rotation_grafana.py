"""Grafana's password, changed at a server of the published shape, behind a proxy that does as the API server does."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import rotation
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import client_from
from tests.fake_cluster import Call, FakeCluster
from tests.unit.components.rendering import evaluate
from tests.unit.credentials.fake_store import NOW, FakeStore, text_of
from tests.unit.credentials.platform import KilledError, cluster_of, cut_off, workload

HOME = "landfall-system"
LATER = NOW + timedelta(days=1)
SERVICE = "http:kube-prometheus-stack-grafana:80"
PREFIX = f"/api/v1/namespaces/monitoring/services/{SERVICE}/proxy/"
LOCKED_OUT_AFTER = 5


class Grafana(BaseHTTPRequestHandler):
    """Grafana's login and its change of one's own password; before it the API server, which keeps Authorization."""

    def do_POST(self) -> None:
        asked, self.server.seen = self._body(), [*self.server.seen, self.path]  # type: ignore[attr-defined]
        if self.path != f"{PREFIX}login":
            return self._answer(404, {"message": "Not found"})
        if self.server.away:  # type: ignore[attr-defined]
            return self._answer(503, {"kind": "Status", "message": "no endpoints available for service"})
        if self.server.wrong >= LOCKED_OUT_AFTER or asked != {"user": "admin", "password": self.server.password}:  # type: ignore[attr-defined]
            self.server.wrong += 1  # type: ignore[attr-defined]
            return self._answer(401, {"message": "Invalid username or password"})
        self.server.session = secrets.token_hex(16)  # type: ignore[attr-defined]
        cookies = f"grafana_session={self.server.session}; Path=/; HttpOnly; SameSite=Lax"  # type: ignore[attr-defined]
        return self._answer(200, {"message": "Logged in"}, cookies)

    def do_PUT(self) -> None:
        asked, self.server.seen = self._body(), [*self.server.seen, self.path]  # type: ignore[attr-defined]
        if self.path != f"{PREFIX}api/user/password":
            return self._answer(404, {"message": "Not found"})
        # What came with it as Authorization is gone by now: a password there opens nothing.
        if f"grafana_session={self.server.session}" not in (self.headers["Cookie"] or ""):  # type: ignore[attr-defined]
            return self._answer(401, {"message": "Unauthorized"})
        if asked["oldPassword"] != self.server.password or asked["newPassword"] != asked["confirmNew"]:  # type: ignore[attr-defined]
            return self._answer(401, {"message": "Invalid old password"})
        self.server.password = asked["newPassword"]  # type: ignore[attr-defined]
        return self._answer(200, {"message": "User password changed"})

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _answer(self, status: int, body: dict[str, str], cookies: str = "") -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if cookies:
            self.send_header("Set-Cookie", "redirect_to=; Path=/; Max-Age=0")
            self.send_header("Set-Cookie", cookies)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def real_api(server: ThreadingHTTPServer) -> Any:
    """Return the client library with a real connection."""
    access = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "test", "user": {"token": "of-the-cluster"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    return client_from({"kubeconfig": access})


@contextmanager
def serving() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Grafana)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with serving() as server:
        yield server


def cluster(server: ThreadingHTTPServer) -> FakeCluster:
    """Return a cluster after a rollout, and let Grafana have its password."""
    (given,) = [each for each in evaluate("monitoring", "__monitoring_credentials") if each["name"] == "grafana-admin"]
    secret = given["secret"]
    item = Item(
        given["name"],
        given["kind"],
        secret["name"],
        secret["namespace"],
        data=secret["data"],
        login=given["login"],
        rotation=given["rotation"],
    )
    store = FakeStore()
    store.run([item])
    grafana = workload("Deployment", "monitoring", "kube-prometheus-stack-grafana")
    made, real = cluster_of([*store.secrets.values(), grafana]), real_api(server)

    def through_the_proxy(call: Call) -> Any:
        headers = {"auth_settings": ["BearerToken"], "header_params": call.headers}
        return real.call_api(*real.param_serialize(call.method, call.path, body=call.body, **headers))

    made.answers[f"{PREFIX}*"] = through_the_proxy
    server.password, server.session, server.seen = password(made), "none", []  # type: ignore[attr-defined]
    server.wrong, server.away = 0, False  # type: ignore[attr-defined]
    return made


def password(api: FakeCluster, key: str = "password") -> str:
    return text_of(api.objects["Secret", HOME, "grafana-admin"]).get(key, "")


def delivered(api: FakeCluster) -> str:
    return text_of(api.objects["Secret", "monitoring", "grafana-admin"])["admin-password"]


def rotate(api: FakeCluster) -> list[str]:
    return list(rotation.rotate(RotationContext(api, HOME, LATER), ["grafana-admin"], "test"))


def test_password_is_changed_at_grafana_then_in_the_secret(server: ThreadingHTTPServer) -> None:
    api = cluster(server)
    old = password(api)
    assert rotate(api) == ["grafana-admin: rotated."]
    assert server.password == password(api) == delivered(api) != old  # type: ignore[attr-defined]
    assert [path.removeprefix(PREFIX) for path in server.seen] == ["login", "api/user/password", "login"]  # type: ignore[attr-defined]
    template = api.objects["Deployment", "monitoring", "kube-prometheus-stack-grafana"]["spec"]["template"]
    assert "landfall.eks/rotated-grafana-admin" in template["metadata"]["annotations"]


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_killed_at_each_call_the_password_that_grafana_takes_is_known(server: ThreadingHTTPServer, after: bool) -> None:
    whole = cluster(server)
    rotate(whole)
    seen = set()
    for number in range(1, len(whole.log) + 1):
        api = cluster(server)
        old = password(api)
        cut_off(api, number, after=after)
        with pytest.raises(KilledError):
            rotate(api)
        takes = server.password  # type: ignore[attr-defined]
        assert takes in {password(api), password(api, "next.password")}, f"lost after call {number}"
        seen.add((takes == old, delivered(api) == old, bool(password(api, "next.password"))))
        rotate(api)
        assert server.password == password(api) == delivered(api) != old  # type: ignore[attr-defined]
        assert not password(api, "next.password")
        assert server.wrong < LOCKED_OUT_AFTER - 2  # type: ignore[attr-defined]
    # The controls: killed with Grafana before and after its change, and with the Secret behind it.
    assert {(True, True, True), (False, True, True), (False, False, True)} <= seen


def test_password_changed_by_hand_is_said_and_nothing_is_lost(server: ThreadingHTTPServer) -> None:
    api = cluster(server)
    kept = password(api)
    server.password = "by-hand"  # type: ignore[attr-defined]
    with pytest.raises(RotationError, match=r"takes neither the old nor the new .*grafana cli admin reset") as caught:
        rotate(api)
    assert password(api) == delivered(api) == kept
    assert not [each for each in (kept, password(api, "next.password")) if each in str(caught.value)]
    server.password = kept  # type: ignore[attr-defined]
    rotate(api)
    assert server.password == password(api) != kept  # type: ignore[attr-defined]


def test_grafana_that_is_away_is_said(server: ThreadingHTTPServer) -> None:
    api = cluster(server)
    server.away = True  # type: ignore[attr-defined]
    with pytest.raises(RotationError, match=r"does not answer at its Service http:kube-prometheus-stack-grafana:80"):
        rotate(api)
    assert password(api) == delivered(api) == server.password  # type: ignore[attr-defined]


def test_a_password_as_authorization_opens_nothing_here(server: ThreadingHTTPServer) -> None:
    """The control: this server would notice a method that relies on what the API server keeps for itself."""
    api = cluster(server)
    basic = base64.b64encode(f"admin:{password(api)}".encode()).decode()
    body = {"oldPassword": password(api), "newPassword": "x", "confirmNew": "x"}
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    real = real_api(server)
    serialized = real.param_serialize("PUT", f"{PREFIX}api/user/password", header_params=headers, body=body)
    answer = real.call_api(*serialized)
    answer.read()
    assert answer.status == 401
