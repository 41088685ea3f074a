"""The shapes that messages are held against refuse what the services would refuse."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.e2e.alerts.services import shape_problems

EVENT = {
    "routing_key": "k" * 32,
    "event_action": "trigger",
    "dedup_key": "one",
    "payload": {"summary": "It burns.", "source": "test", "severity": "critical"},
    "links": [{"href": "https://example.org", "text": "Runbook"}],
}
SLACK = {"attachments": [{"fallback": "It burns.", "color": "danger", "text": "It burns."}]}
ALERT = {
    "status": "firing",
    "labels": {"alertname": "Burn"},
    "annotations": {},
    "startsAt": "2026-01-01T00:00:00.1Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "",
    "fingerprint": "a",
}
WEBHOOK = {
    "version": "4",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "automation",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://127.0.0.1:9093",
    "alerts": [ALERT],
}
RIGHT = {"/v2/enqueue": EVENT, "/api/chat.postMessage": SLACK, "/automation": WEBHOOK}
WRONG: tuple[tuple[str, tuple[str | int, ...], Any], ...] = (
    ("/v2/enqueue", ("routing_key",), "too-short"),
    ("/v2/enqueue", ("event_action",), "fire"),
    ("/v2/enqueue", ("payload", "severity"), "page"),
    ("/v2/enqueue", ("payload", "summary"), "x" * 1025),
    ("/v2/enqueue", ("payload", "source"), ""),
    ("/v2/enqueue", ("dedup_key",), "x" * 256),
    ("/v2/enqueue", ("links", 0, "href"), ""),
    ("/v2/enqueue", ("description",), "of version 1"),
    ("/api/chat.postMessage", ("attachments",), []),
    ("/api/chat.postMessage", ("attachments", 0, "color"), "red"),
    ("/api/chat.postMessage", ("attachments", 0, "title_link"), ""),
    ("/automation", ("version",), "3"),
    ("/automation", ("alerts",), []),
    ("/automation", ("alerts", 0, "labels"), {}),
    ("/automation", ("alerts", 0, "startsAt"), "today"),
)


@pytest.mark.parametrize("path", RIGHT)
def test_right_message_has_its_shape(path: str) -> None:
    assert shape_problems(path, RIGHT[path]) == []


@pytest.mark.parametrize(("path", "where", "value"), WRONG)
def test_wrong_message_has_not(path: str, where: tuple[str | int, ...], value: object) -> None:
    message: Any = deepcopy(RIGHT[path])
    inner = message
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    assert len(shape_problems(path, message)) >= 1
