"""An API server with TLS, and a proxy in front of one; both on loopback, and both write down what they are asked."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates

NAME = "kubernetes.example.org"
"""What the certificate of the API server names, and not its address."""
TELLING = ("authorization", "impersonate-user", "impersonate-uid", "impersonate-group", "impersonate-extra-scope")
ANSWERS: dict[str, Any] = {
    "/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.4"},
    "/api": {"kind": "APIVersions", "versions": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1/namespaces/x/secrets": {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": []},
}


@dataclass
class Seen:
    """What was asked: the telling headers of each call to the API server, and targets and logins at the proxy."""

    port: int = 0
    proxy_port: int = 0
    headers: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    connected: list[tuple[str, str]] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew."""
        self.headers.clear()
        self.connected.clear()


@contextmanager
def api_server(folder: Path) -> Iterator[Seen]:
    """Serve, leave ca.crt in `folder`, and yield what is asked."""
    seen = Seen()
    ca = certificates.make_ca("wire", datetime.now(UTC), (NAME,))
    leaf = certificates.make_leaf(ca, (NAME,), datetime.now(UTC))
    (folder / "ca.crt").write_text(ca.data["tls.crt"])
    (folder / "server.pem").write_text(leaf.data["tls.crt"] + leaf.data["tls.key"])

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            found = [(name.lower(), value) for name, value in self.headers.items() if name.lower() in TELLING]
            seen.headers.append(tuple(sorted(found)))
            answer = ANSWERS.get(self.path.partition("?")[0])
            content = json.dumps(answer or {"kind": "Status", "message": "no"}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with proxy(seen):
        yield seen
    server.shutdown()
    server.server_close()


@contextmanager
def proxy(seen: Seen) -> Iterator[None]:
    """Answer CONNECT, whatever it names, with the API server on the port of `seen`."""
    listening = socket.create_server(("127.0.0.1", 0))
    seen.proxy_port = listening.getsockname()[1]
    threading.Thread(target=_accept, args=(listening, seen), daemon=True).start()
    yield
    listening.close()


def _accept(listening: socket.socket, seen: Seen) -> None:
    with suppress(OSError):
        while True:
            caller, _ = listening.accept()
            threading.Thread(target=_forward, args=(caller, seen), daemon=True).start()


def _forward(caller: socket.socket, seen: Seen) -> None:
    with closing(caller), suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            head += caller.recv(4096)
        lines = head.decode("latin-1").split("\r\n")
        login = next((line.partition(": ")[2] for line in lines if line.lower().startswith("proxy-auth")), "")
        seen.connected.append((lines[0].split()[1], login))
        with socket.create_connection(("127.0.0.1", seen.port)) as there:
            caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = threading.Thread(target=_copy, args=(there, caller), daemon=True)
            other.start()
            _copy(caller, there)
            other.join(5)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while chunk := one.recv(65536):
            other.sendall(chunk)
        other.shutdown(socket.SHUT_WR)
