"""PagerDuty, Slack and two webhooks in small, on loopback: they answer as the services do, and remember."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema

PUBLISHED = Path(__file__).parents[2] / "published"
ACCEPTED = {"status": "success", "message": "Event processed", "dedup_key": "x"}
Answer = tuple[int, str, str]
ANSWERS: dict[str, Answer] = {
    "/v2/enqueue": (202, "application/json", json.dumps(ACCEPTED)),
    "/services/T0/B0/slack": (200, "text/html", "ok"),
    "/api/chat.postMessage": (200, "application/json", '{"ok": true, "channel": "C0", "ts": "1.2"}'),
    "/automation": (200, "text/plain", ""),
    "/heartbeat": (200, "text/plain", ""),
}
"""What each path answers: status, content type, body."""
SHAPES = {
    "/v2/enqueue": "pagerduty-event.json",
    "/services/T0/B0/slack": "slack-message.json",
    "/api/chat.postMessage": "slack-message.json",
    "/automation": "alertmanager-webhook.json",
    "/heartbeat": "alertmanager-webhook.json",
}
PAGED = {
    "/v2/enqueue": "PagerDuty",
    "/services/T0/B0/slack": "Slack by webhook",
    "/api/chat.postMessage": "Slack by bot",
    "/automation": "automation",
}
"""Who is called, by path."""


@dataclass(frozen=True)
class Message:
    """One request: when it came (monotonic seconds), where to, with which Authorization, and its body."""

    at: float
    path: str
    authorization: str
    body: Any

    @property
    def status(self) -> str:
        """Whether it says `firing` or `resolved`, each service in its own words."""
        if self.path == "/v2/enqueue":
            return {"trigger": "firing", "resolve": "resolved"}[self.body["event_action"]]
        if "attachments" in self.body:
            return "resolved" if self.body["attachments"][0]["color"] == "good" else "firing"
        return str(self.body["status"])


def shape_problems(path: str, body: Any) -> list[str]:
    """Say how a message differs from the shape that the service has published."""
    schema = json.loads((PUBLISHED / SHAPES[path]).read_text())
    found = jsonschema.Draft202012Validator(schema).iter_errors(body)
    return [f"{path}: {'.'.join(map(str, each.absolute_path))}: {each.message}" for each in found]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        status, kind, answer = ANSWERS.get(self.path, (404, "text/plain", ""))
        authorization = self.headers.get("Authorization", "")
        self.server.got.append(Message(time.monotonic(), self.path, authorization, json.loads(text)))  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Services(ThreadingHTTPServer):
    """All services on one port, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[Message] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def to(self, *paths: str) -> list[Message]:
        return [each for each in self.got if each.path in paths]

    def first(self, path: str, status: str, wanted: Callable[[Message], bool] = lambda _: True) -> Message | None:
        return next((each for each in self.to(path) if each.status == status and wanted(each)), None)


@contextmanager
def serving() -> Iterator[Services]:
    """Run the services."""
    services = Services()
    threading.Thread(target=services.serve_forever, daemon=True).start()
    try:
        yield services
    finally:
        services.shutdown()
        services.server_close()
