"""Ways to charts on loopback: a proxy and a chart repository, both with a login, and a host that never answers."""

from __future__ import annotations

import base64
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from tests.unit.contracts.lock_stubs import archive, sha256

USER, PASSWORD = "acme", "not-to-be-seen"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
NAMES = ("127.0.0.1", "localhost", "registry.test", "charts.test")


def certificate(folder: Path) -> dict[str, str]:
    """Write a certificate for NAMES; return the paths {ca, certificate, key}."""
    now = datetime.now(UTC)
    ca = certificates.make_ca("test", now, NAMES)
    leaf = certificates.make_leaf(ca, NAMES, now)
    texts = {"ca": ca.data["tls.crt"], "certificate": leaf.data["tls.crt"], "key": leaf.data["tls.key"]}
    for name, text in texts.items():
        (folder / f"{name}.pem").write_text(text)
    return {name: str(folder / f"{name}.pem") for name in texts}


@dataclass
class Tunnels:
    """What a proxy was asked for: `targets`, and how often it refused somebody without a login."""

    address: str
    to: str
    targets: list[str] = field(default_factory=list)
    refused: int = 0


class Proxy(http.server.BaseHTTPRequestHandler):
    """Opens tunnels to one address, whatever name it is asked for."""

    tunnels: Tunnels

    def do_CONNECT(self) -> None:
        if self.headers.get("Proxy-Authorization") != BASIC:
            self.tunnels.refused += 1
            self.send_response_only(407, "Proxy Authentication Required")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.tunnels.targets.append(self.path)
        host, _, port = self.tunnels.to.partition(":")
        with socket.create_connection((host, int(port))) as far:
            self.send_response_only(200)
            self.end_headers()
            back = threading.Thread(target=copy, args=(far, self.connection), daemon=True)
            back.start()
            copy(self.connection, far)
            back.join(5)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def proxy(to: str) -> Iterator[Tunnels]:
    """Run a proxy to an address."""
    handler = type("Handler", (Proxy,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.tunnels = Tunnels(f"127.0.0.1:{server.server_port}", to)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler.tunnels  # type: ignore[attr-defined]
        server.shutdown()


class Repository(http.server.BaseHTTPRequestHandler):
    """A chart repository with `demo` 1.0.0, for who logs in."""

    content = archive("demo", "1.0.0")

    def do_GET(self) -> None:
        row = {"apiVersion": "v2", "name": "demo", "version": "1.0.0", "urls": ["demo-1.0.0.tgz"]}
        index = {"apiVersion": "v1", "entries": {"demo": [row | {"digest": sha256(self.content)}]}}
        files = {"/charts/index.yaml": yaml.safe_dump(index).encode(), "/charts/demo-1.0.0.tgz": self.content}
        known = self.headers.get("Authorization") == BASIC
        body = files.get(self.path, b"") if known else b""
        self.send_response(200 if body else 404 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@contextmanager
def repository(tls: dict[str, str]) -> Iterator[str]:
    """Run the chart repository and yield its URL."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls["certificate"], tls["key"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/charts"
        server.shutdown()


@contextmanager
def silence() -> Iterator[str]:
    """Yield the address of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
