"""Real servers on loopback: HTTPS with any certificate, and what Grafana, Kibana, Argo CD, Elasticsearch answer.

Answers have the published shapes; each server can be told to be broken in a way that a check must notice.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import (
    KeyPair,
    make_ca,
    make_leaf,
    pem,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Site, direct, trusting

HOST = "grafana.example.org"
USER, PASSWORD = "admin", "correct-horse-battery"
NOW = datetime.now(UTC)
CA = make_ca("test", NOW, ("example.org", "svc"))
Reply = tuple[int, Any]
Handler = Callable[[str, str, dict[str, str], Any], Reply]
"""Method, path, headers and decoded body of a request, to a status and what is sent back as JSON (text as it is)."""


def leaf(host: str = HOST, ca: KeyPair = CA, at: datetime = NOW) -> KeyPair:
    return make_leaf(ca, (host,), at)


def ended(host: str = HOST) -> KeyPair:
    """Return a certificate that ended long ago, of an authority that still is one."""
    return make_leaf(CA, (host,), NOW - timedelta(days=400))


@contextmanager
def serving(handler: Handler, pair: KeyPair | None = None) -> Iterator[int]:
    """Serve on a free port, with TLS if there is a certificate; yield the port."""

    class Requests(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, sent = handler(self.command, self.path, dict(self.headers), body)
            content = (sent if isinstance(sent, str) else json.dumps(sent)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A handshake that the client breaks off is what some tests are about."""

    server = Server(("127.0.0.1", 0), Requests)
    if pair is not None:
        server.socket = context_of(pair).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def context_of(pair: KeyPair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in pair.data.items():
            path = Path(folder) / name
            path.write_text(text)
            paths.append(path)
        context.load_cert_chain(*paths)
    return context


def trust(ca: KeyPair = CA) -> ssl.SSLContext:
    return trusting(pem(ca.certificate))


def site(port: int, host: str = HOST) -> Site:
    return Site(host, direct("127.0.0.1", port), trust())


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def login_of(headers: dict[str, str]) -> tuple[str, str]:
    kind, _, coded = headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return "", ""
    user, _, password = base64.b64decode(coded).decode().partition(":")
    return user, password


def fine(headers: dict[str, str]) -> bool:
    return login_of(headers) == (USER, PASSWORD)


def grafana(method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    if (method, path) != ("GET", "/api/user"):
        return 404, {"message": "Not found"}
    if not fine(headers):
        return 401, {"message": "Invalid username or password", "messageId": "password-auth.failed"}
    return 200, {"id": 1, "login": USER, "email": "admin@localhost", "isGrafanaAdmin": True, "orgId": 1}


def kibana(method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    if not fine(headers):
        return 401, {"statusCode": 401, "error": "Unauthorized", "message": "Unauthorized"}
    return 200, [{"id": "default", "name": "Default", "disabledFeatures": [], "_reserved": True}]


def argocd(method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    if path == "/api/v1/session" and method == "POST":
        if body == {"username": USER, "password": PASSWORD}:
            return 200, {"token": "a-token"}
        return 401, {"error": "Invalid username or password", "code": 16, "message": "Invalid username or password"}
    if headers.get("Authorization") == "Bearer a-token":
        return 200, {"loggedIn": True, "username": USER, "iss": "argocd"}
    return 200, {}


class Logs:
    """The application, whose visits come to Elasticsearch after `slow` searches; or never, if they are `lost`."""

    def __init__(self, slow: int = 2, lost: bool = False) -> None:
        self.slow, self.lost = slow, lost
        self.visits: list[str] = []
        self.searches = 0
        self.search_status = 200
        self.failed_shards = 0

    def application(self, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
        self.visits.append(path)
        return 200, "<h1>Hello</h1>"

    def elasticsearch(self, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
        if not fine(headers):
            return 401, {"error": {"type": "security_exception"}, "status": 401}
        if self.search_status != 200:
            return self.search_status, {"error": {}}
        assert (method, path) == ("POST", "/logs-kubernetes-*/_search")
        word = body["query"]["match"]["message"]
        said = [each for each in self.visits if word in each]
        self.searches += bool(said)
        found = len(said) if said and not self.lost and self.searches > self.slow else 0
        return 200, {
            "took": 3,
            "timed_out": False,
            "_shards": {"total": 2, "successful": 2 - self.failed_shards, "skipped": 0, "failed": self.failed_shards},
            "hits": {"total": {"value": found, "relation": "eq"}, "max_score": None, "hits": []},
        }


def bridged(one: socket.socket, port: int) -> None:
    """Carry bytes between a socket and a port of this machine until either ends, in the background."""
    other = socket.create_connection(("127.0.0.1", port))

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return
        finally:
            target.close()

    for ends in ((one, other), (other, one)):
        threading.Thread(target=carry, args=ends, daemon=True).start()
