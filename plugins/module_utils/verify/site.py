"""A web site at an address that is known beforehand: TLS is asked for its name, whatever DNS says."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError

SECONDS = 10.0
"""How long a connection and each part of an answer may take."""
MOST_BYTES = 4_000_000

Connect = Callable[[], socket.socket]


@dataclass(frozen=True)
class Answer:
    """Status, headers and the body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body. Raises CheckFailedError if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise CheckFailedError(f"the answer ({self.status}) is no JSON") from error


@dataclass(frozen=True)
class Site:
    """`host` is the name that is asked for, `connect` opens a connection, `context` makes TLS of it or is None."""

    host: str
    connect: Connect
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def open(self) -> socket.socket:
        """Return a connection. Raises OSError, of which ssl.SSLError is one."""
        plain = self.connect()
        if self.context is None:
            return plain
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def ask(
        self, path: str, *, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request, `body` as JSON, over a connection of its own. Raises OSError and HTTPException."""
        connection = http.client.HTTPConnection(self.host)
        connection.sock = self.open()
        try:
            sent = {"Connection": "close", "Accept": "application/json", **(headers or {})}
            content = None if body is None else json.dumps(body).encode()
            if content is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, body=content, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read(MOST_BYTES))
        finally:
            connection.close()


def direct(address: str, port: int = 443) -> Connect:
    """Return what connects to an address."""
    return lambda: socket.create_connection((address, port), timeout=SECONDS)


def trusting(pem: str, *, system: bool = False) -> ssl.SSLContext:
    """Return a context that trusts the CAs in `pem`, and those of this system if it is empty or `system` says so.

    Raises ssl.SSLError if that is no certificate.
    """
    context = ssl.create_default_context(cadata=pem or None)
    if system:
        context.load_default_certs()
    return context


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of a login (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
