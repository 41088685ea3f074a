"""HTTP as the lock needs it: small documents, whole, the digests of large ones, or one reason why not."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from locking.outcome import NotServedError, OutOfReachError

OPENER = urllib.request.build_opener()
SECONDS = 15.0
LARGEST = 64 << 20
"""Bytes. The largest index of a chart repository in use here has 3 MB."""
CHUNK = 1 << 20
GONE = {404, 410}
UNAUTHORIZED = 401
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Answer:
    """A document and its headers."""

    body: bytes
    headers: Message


class UnauthorizedError(Exception):
    """The server wants a token first; `challenge` says where it is had."""

    def __init__(self, challenge: str) -> None:
        """Keep the WWW-Authenticate header."""
        super().__init__(challenge)
        self.challenge = challenge


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return what a URL serves. Raises OutOfReachError, NotServedError or UnauthorizedError."""
    with _opened(url, headers or {}) as response:
        body = response.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise OutOfReachError(f"{url} serves more than {LARGEST >> 20} MB")
        return Answer(body, response.headers)


def sha256(url: str) -> str:
    """Return the SHA-256, in hex, of what a URL serves, however large. Raises what `get` raises."""
    digest = hashlib.sha256()
    with _opened(url, {}) as response:
        while chunk := response.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _opened(url: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
    """Yield the answer to a request; trouble with it, then or while it is read, becomes one of our errors."""
    request = urllib.request.Request(url)  # noqa: S310 - http alone is used on loopback, by tests
    for name, value in headers.items():
        # A redirection leads to another host, which must not see a token.
        request.add_unredirected_header(name, value)
    host = urlsplit(url).netloc
    try:
        with OPENER.open(request, timeout=SECONDS) as response:
            yield response
    except urllib.error.HTTPError as error:
        with error:
            if error.code == UNAUTHORIZED:
                raise UnauthorizedError(error.headers.get("WWW-Authenticate", "")) from error
            if error.code in GONE:
                raise NotServedError(f"{url} answers {error.code}") from error
            raise OutOfReachError(f"{url} answers {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise OutOfReachError(f"{host} does not answer: {getattr(error, 'reason', error)}") from error


def is_loopback(host: str) -> bool:
    """Say whether a host, perhaps with a port, is this machine itself, where no certificate is needed."""
    return urlsplit(f"//{host}").hostname in LOOPBACK
