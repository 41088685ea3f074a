"""Loopback ports: chosen free, remembered, and chosen again when somebody else took one meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def choose(names: Iterable[str], remembered: dict[str, int], in_use: Collection[str]) -> dict[str, int]:
    """Return a port for each of `names`.

    A remembered port is kept if its name is among `in_use` (its process runs) or if it can be bound now.
    """
    with ExitStack() as held:
        chosen = {}
        for name in names:
            port = remembered.get(name, 0)
            if port and (name in in_use or _bind(held, port)):
                chosen[name] = port
            else:
                chosen[name] = _bind(held, 0)
    return chosen


def _bind(held: ExitStack, port: int) -> int:
    """Hold `port`, or any free one for 0; return its number, or 0 if it is taken."""
    listener = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(1)
    except OSError:
        return 0
    bound: int = listener.getsockname()[1]
    return bound
