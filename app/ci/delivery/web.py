"""HTTP with JSON, as the pipeline needs it: one question, one answer, and one sentence where there is none."""

import http.client
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from delivery.errors import DeliveryError, RefusedError, UnreachableError
from delivery.git import is_loopback

SECONDS = 30.0
LARGEST = 16 << 20
"""Bytes; an Application with its whole resource tree is far below that."""
REFUSALS = {401, 403}
TROUBLE = 500


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection leads elsewhere with the token; it is told instead of followed."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Web:
    """Asks one server; a token is sent over https alone, but for this machine itself."""

    def __init__(self, base: str, token: str = "", environ: Mapping[str, str] = os.environ) -> None:
        """Take the server's URL; PLATFORM_CA (PEM) or PLATFORM_CA_FILE of `environ` name an authority to trust too."""
        url = urlsplit(base)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise DeliveryError(f"{base!r} is no address of a server: write https:// and its name.")
        if token and url.scheme == "http" and not is_loopback(url.hostname):
            raise DeliveryError(f"{base} is not encrypted, so no token is sent there: write https.")
        self._base, self._token = base.rstrip("/"), token
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if is_loopback(url.hostname):
            handlers.append(urllib.request.ProxyHandler({}))
        if url.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=_trust(environ)))
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, path: str = "", body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON that `path` answers with; with `body` it is posted.

        Raises RefusedError (401, 403), UnreachableError (no answer, or a server's own trouble), else DeliveryError.
        """
        address = self._base + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data)  # noqa: S310 - the scheme was looked at above
        request.add_header("Accept", "application/json")
        if data:
            request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                return json.loads(response.read(LARGEST))
        except urllib.error.HTTPError as error:
            with error:
                raise _failure(address, error) from error
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"{address} does not answer: {getattr(error, 'reason', error)}.") from error
        except ValueError as error:
            raise UnreachableError(f"{address} answers something else than JSON.") from error


def _failure(address: str, error: urllib.error.HTTPError) -> DeliveryError:
    said = ""
    try:
        answer = json.loads(error.read(LARGEST))
        if isinstance(answer, dict):
            details = [each.get("message") for each in answer.get("errors") or [] if isinstance(each, dict)]
            said = ": " + "; ".join(str(each) for each in [answer.get("message"), *details] if each)
    except (OSError, http.client.HTTPException, ValueError):
        pass
    sentence = f"{address} answers {error.code}{said}."
    if error.code in REFUSALS:
        return RefusedError(sentence)
    return UnreachableError(sentence) if error.code >= TROUBLE else DeliveryError(sentence)


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    file, text = environ.get("PLATFORM_CA_FILE", ""), environ.get("PLATFORM_CA", "")
    try:
        text = text or (Path(file).read_text(encoding="utf-8") if file else "")
        if text:
            context.load_verify_locations(cadata=text)
    except (OSError, ValueError, ssl.SSLError) as error:
        name = "PLATFORM_CA" if environ.get("PLATFORM_CA") else "PLATFORM_CA_FILE"
        raise DeliveryError(f"{name} holds no certificate in PEM that can be read: {error}.") from error
    return context
