"""The addresses of a name that may not be in DNS yet."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

BETWEEN_TRIES = 5.0
"""Seconds; resolvers remember for a minute that a name was not there, so asking more often gains nothing."""
BETWEEN_ANSWERS = 1.0
"""Seconds; a load balancer's zones appear one by one, so an answer counts once it was given twice."""


def lookup(name: str) -> list[str]:
    """Return the IPv4 addresses of a name, sorted; none if it does not resolve."""
    try:
        answers = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return sorted({str(answer[4][0]) for answer in answers})


def wait_for_addresses(
    name: str,
    timeout: float,
    ask: Callable[[str], list[str]] = lookup,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Ask for a name until two answers in a row agree; return the last answer once `timeout` seconds are over."""
    deadline = clock() + timeout
    before: list[str] = []
    while True:
        now = ask(name)
        if (now and now == before) or clock() >= deadline:
            return now
        before = now
        sleep(BETWEEN_ANSWERS if now else BETWEEN_TRIES)
