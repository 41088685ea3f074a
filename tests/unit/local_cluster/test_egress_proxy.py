from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.egress_proxy import (
    Proxy,
    RefusedError,
    route,
)

Talk = Callable[[int, int], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data)
    writer.close()


def with_proxy(tmp_path: Path, talk: Talk) -> None:
    """Run an echo server and a proxy that routes 198.18.255.1 to it; `talk` gets the ports of both."""

    async def run() -> None:
        far = await asyncio.start_server(echo, "127.0.0.1", 0)
        echo_port = far.sockets[0].getsockname()[1]
        routes = tmp_path / "routes.json"
        routes.write_text(json.dumps({"198.18.255.1": echo_port, "198.18.0.10:10250": echo_port}))
        near = await asyncio.start_server(Proxy(routes).answer, "127.0.0.1", 0)
        async with far, near:
            await talk(near.sockets[0].getsockname()[1], echo_port)

    asyncio.run(asyncio.wait_for(run(), 20))


async def ask(port: int, request: bytes) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0], reader, writer


@pytest.mark.parametrize("target", ["198.18.255.1:10250", "198.18.255.1:443", "198.18.0.10:10250"])
def test_a_known_address_is_answered_on_loopback(tmp_path: Path, target: str) -> None:
    async def talk(port: int, _echo_port: int) -> None:
        status, reader, writer = await ask(port, f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert status == b"HTTP/1.1 200 Connection established"
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"hello"
        writer.close()

    with_proxy(tmp_path, talk)


def test_large_data_passes_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096

    async def talk(port: int, _echo_port: int) -> None:
        _, reader, writer = await ask(port, b"CONNECT 198.18.255.1:1 HTTP/1.1\r\n\r\n")

        async def send() -> None:
            writer.write(data)
            await writer.drain()
            writer.write_eof()

        _, received = await asyncio.gather(send(), reader.read(-1))
        assert received == data
        writer.close()

    with_proxy(tmp_path, talk)


@pytest.mark.parametrize(
    "target", ["203.0.113.7:443", "198.18.0.10:22", "example.org:443", "127.0.0.1:{echo}", "nonsense"]
)
def test_every_other_address_is_refused(tmp_path: Path, target: str) -> None:
    async def talk(port: int, echo_port: int) -> None:
        request = f"CONNECT {target.format(echo=echo_port)} HTTP/1.1\r\n\r\n".encode()
        status, reader, writer = await ask(port, request)
        assert status == b"HTTP/1.1 403 Forbidden"
        assert await reader.read() == b""
        writer.close()

    with_proxy(tmp_path, talk)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET /healthz HTTP/1.1", b"200 OK"), (b"GET http://x/ HTTP/1.1", b"405 Method Not Allowed"), (b"", b"405")],
)
def test_other_requests(tmp_path: Path, request_line: bytes, status: bytes) -> None:
    async def talk(port: int, _echo_port: int) -> None:
        answer, _, writer = await ask(port, request_line + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status)
        writer.close()

    with_proxy(tmp_path, talk)


def test_routes_are_read_anew_for_each_connection(tmp_path: Path) -> None:
    async def talk(port: int, echo_port: int) -> None:
        request = b"CONNECT 198.18.9.9:443 HTTP/1.1\r\n\r\n"
        before, _, first = await ask(port, request)
        (tmp_path / "routes.json").write_text(json.dumps({"198.18.9.9": echo_port}))
        after, _, second = await ask(port, request)
        assert (before, after) == (b"HTTP/1.1 403 Forbidden", b"HTTP/1.1 200 Connection established")
        first.close()
        second.close()

    with_proxy(tmp_path, talk)


def test_a_process_that_is_down_is_a_bad_gateway(tmp_path: Path) -> None:
    async def talk(port: int, _echo_port: int) -> None:
        (tmp_path / "routes.json").write_text(json.dumps({"198.18.9.9": 1}))
        status, _, writer = await ask(port, b"CONNECT 198.18.9.9:443 HTTP/1.1\r\n\r\n")
        assert status == b"HTTP/1.1 502 Bad Gateway"
        writer.close()

    with_proxy(tmp_path, talk)


def test_a_route_with_a_port_holds_for_that_port_alone() -> None:
    assert route({"198.18.0.10:10250": 7}, "198.18.0.10:10250") == 7
    with pytest.raises(RefusedError):
        route({"198.18.0.10:10250": 7}, "198.18.0.10:10251")
