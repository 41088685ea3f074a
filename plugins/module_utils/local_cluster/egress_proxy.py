"""The one way out of the control plane: a CONNECT proxy that knows a few addresses, all on loopback, and no other.

Runs as a program of its own with the standard library alone: `egress_proxy.py --routes FILE --socket PATH --port N`.
The routes are one JSON object, `{"198.18.255.1": 10251, "198.18.0.10:10250": 10252}`: an address, with or without a
port, and the loopback port that answers in its place. It is read again for each connection.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

LOOPBACK = "127.0.0.1"
HEAD_LIMIT = 16 * 1024
HEAD_SECONDS = 10
CHUNK = 64 * 1024


class RefusedError(Exception):
    """A request that is not forwarded: its status line."""


def route(routes: dict[str, int], target: str) -> int:
    """Return the loopback port for `target` (`address:port`); RefusedError if no route names it."""
    address, _unused, _unused = target.rpartition(":")
    port = routes.get(target) or routes.get(address)
    if not port:
        raise RefusedError("403 Forbidden")
    return port


def requested(head: bytes) -> str:
    """Return what a CONNECT request's head asks for, or `/healthz`; RefusedError for any other request."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
    if words[:1] == ["CONNECT"] and len(words) > 1:
        return words[1]
    if words[:2] == ["GET", "/healthz"]:
        return words[1]
    raise RefusedError("405 Method Not Allowed")


class Proxy:
    """Answers connections, on a socket and on a port alike."""

    def __init__(self, routes: Path) -> None:
        """`routes` is the path of the JSON file."""
        self.routes = routes

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        try:
            await self._serve(reader, writer)
        except RefusedError as refusal:
            await _say(writer, str(refusal))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            await _say(writer, "502 Bad Gateway")
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        target = requested(head)
        if target == "/healthz":
            await _say(writer, "200 OK")
            return
        port = route(json.loads(self.routes.read_text()), target)
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until the source ends, then tell the sink so."""
    try:
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        sink.close()
        return
    if sink.can_write_eof() and not sink.is_closing():
        sink.write_eof()


async def _say(writer: asyncio.StreamWriter, status: str) -> None:
    """Answer with a bare status line, if anybody still listens."""
    try:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
    except OSError:
        return


async def serve(routes: Path, socket: Path, port: int) -> None:
    """Listen on the Unix socket and on the loopback port until the program ends."""
    proxy = Proxy(routes)
    socket.unlink(missing_ok=True)
    unix = await asyncio.start_unix_server(proxy.answer, socket, limit=HEAD_LIMIT)
    tcp = await asyncio.start_server(proxy.answer, LOOPBACK, port, limit=HEAD_LIMIT)
    async with unix, tcp:
        await asyncio.gather(unix.serve_forever(), tcp.serve_forever())


def main() -> None:
    """Run the proxy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routes", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.routes, options.socket, options.port))


if __name__ == "__main__":
    main()
