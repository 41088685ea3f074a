"""Serves a folder of repositories over HTTP on loopback by git's own `http-backend`, to those with a token."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

EXEC_PATH = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())
BACKEND = EXEC_PATH / "git-http-backend"
NO_BACKEND = f"{BACKEND} is missing: a git with http-backend serves the repositories of these tests"


@dataclass
class Server:
    """Where it listens, and what each token may do: "read", "write", or, for every request, a status to answer.

    `pushed` is called after each push that went through.
    """

    url: str
    rights: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    seen: list[str] = field(default_factory=list)
    pushed: Callable[[], None] = lambda: None


class Handler(BaseHTTPRequestHandler):
    """Lets git's own program answer whoever may ask."""

    server: Listener
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = self.server.said
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        credentials = base64.b64decode(self.headers.get("Authorization", "")[len("Basic ") :]).decode()
        user, _, token = credentials.partition(":")
        said.seen.append(f"{self.command} {self.path} {user}")
        status = said.status or self._status(said.rights.get(token))
        if status is not None:
            self._answer(status, [("WWW-Authenticate", "Basic")] if status == 401 else [], b"")
            return
        self._answer(*_backend(self.server.folder, self, body))
        if self.command == "POST" and self.path.endswith("/git-receive-pack"):
            said.pushed()

    do_POST = do_GET  # noqa: N815 - the name that is called

    def _status(self, right: str | None) -> int | None:
        if right is None:
            return 401
        return 403 if right == "read" and "git-receive-pack" in self.path else None

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Listener(ThreadingHTTPServer):
    """Knows the repositories and what was said of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.said = Server(f"http://127.0.0.1:{self.server_port}")


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    listener = Listener(folder)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield listener.said
    listener.shutdown()
    listener.server_close()


def _backend(folder: Path, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    url = urlsplit(request.path)
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "REMOTE_USER": "somebody",
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run([str(BACKEND)], env=environment, input=body, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in head.decode().split("\r\n"))]
    status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
    return status, [each for each in headers if each[0] != "Status"], content
