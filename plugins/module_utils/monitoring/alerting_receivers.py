"""What a receiver can say, by its type; and a receiver as the rest of this package sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

SEVERITIES = ("critical", "warning", "info")
DEFAULT_SEVERITIES = ("critical", "warning")
COMMON_FIELDS = ("name", "type", "severities")
FIELDS: dict[str, tuple[str, ...]] = {
    "pagerduty": ("routing_key", "region"),
    "slack": ("url", "token", "channel"),
    "webhook": ("url", "token", "token_type", "username", "password", "headers", "heartbeat"),
}
"""What a receiver of each type may say besides COMMON_FIELDS."""
SECRET_FIELDS = ("routing_key", "url", "token", "password", "headers")
NOBODY = "nobody"
"""Alertmanager's receiver of whatever is sent to no one."""


@dataclass(frozen=True)
class Receiver:
    """One receiver; `options` holds the fields of its type, `headers` those of a webhook."""

    name: str
    type: str
    severities: tuple[str, ...] = DEFAULT_SEVERITIES
    heartbeat: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def parse(receivers: Sequence[Mapping[str, Any]]) -> list[Receiver]:
    """Read monitoring_receivers; whether it is right has been judged before (checks.receiver_problems)."""
    return [_parse(each) for each in receivers]


def alert_receivers(receivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return {name, type, severities} of each receiver, without its secrets."""
    return [{"name": each.name, "type": each.type, "severities": list(each.severities)} for each in parse(receivers)]


def _parse(given: Mapping[str, Any]) -> Receiver:
    heartbeat = boolean(given.get("heartbeat") or False)
    texts = [name for name in FIELDS[given["type"]] if name not in {"headers", "heartbeat"} and given.get(name)]
    return Receiver(
        name=str(given["name"]),
        type=str(given["type"]),
        severities=() if heartbeat else tuple(str(each) for each in given.get("severities") or DEFAULT_SEVERITIES),
        heartbeat=heartbeat,
        options={name: str(given[name]) for name in texts},
        headers={str(name): str(value) for name, value in (given.get("headers") or {}).items()},
    )
