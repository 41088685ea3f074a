"""HTTPS with the right certificate, and nothing without it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import x509
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    CheckFailedError,
    NotRunError,
    broken,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import SECONDS, Site, direct


def right_certificate(host: str, addresses: Sequence[str], context: ssl.SSLContext, port: int = 443) -> str:
    """Shake hands for `host` at each address: name, time and chain must be right. Returns what was seen.

    Raises CheckFailedError with the first address at which they are not.
    """
    if not addresses:
        raise CheckFailedError(f"no address is known for {host}")
    until = [_until(host, address, context, port) for address in addresses]
    return f"valid until {min(until):%Y-%m-%d} at {', '.join(addresses)}"


def _until(host: str, address: str, context: ssl.SSLContext, port: int) -> datetime:
    try:
        connection = Site(host, direct(address, port), context).open()
    except OSError as error:
        raise CheckFailedError(f"{address}: {broken(error)}") from error
    with connection:
        shown = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
    if not shown:
        raise CheckFailedError(f"{address}: no certificate was shown")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc.astimezone(UTC)


def plain_http_refused(host: str, addresses: Sequence[str], port: int = 80, https_port: int = 443) -> str:
    """Ask for a page without TLS at each address: whatever answers, even a redirect, fails. Returns what was seen.

    Raises NotRunError where HTTPS does not answer either, since silence then says nothing.
    """
    if not addresses:
        raise NotRunError(f"no address is known for {host}")
    for address in addresses:
        if not _accepts(address, https_port):
            raise NotRunError(f"{address} does not answer at all, so that it refuses says nothing")
        _refuse(host, address, port)
    return f"nothing answers without TLS at {', '.join(addresses)}"


def _refuse(host: str, address: str, port: int) -> None:
    try:
        answer = Site(host, direct(address, port)).ask("/")
    except (OSError, ValueError):
        return
    except Exception as error:
        raise CheckFailedError(f"{address} accepts a request without TLS, and answers oddly") from error
    raise CheckFailedError(f"{address} answers a request without TLS with {answer.status}")


def _accepts(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=SECONDS):
            return True
    except OSError:
        return False
