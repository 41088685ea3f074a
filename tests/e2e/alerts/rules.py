"""The rules that the tests alert by: those that role monitoring makes, with shorter windows."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.unit.components.rendering import evaluate

SLO = "flask-app-availability"
_MADE = "__monitoring_slo_rules"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RANGE = re.compile(r"\[(\d+[smhd])(?::(\d+[smhd]))?\]")


def alert_rules(factor: float) -> dict[str, Any]:
    """Return the content of a rule file with the rules of SLO and a Watchdog, windows and intervals times `factor`.

    What the rules record keeps its name: of `slo:sli_error:ratio_rate1h` at 1/60, the window is a minute. How long an
    alert has to be due (`for`) stays: on a busy machine a target may well be gone for a second.
    """
    groups = [*_groups(), {"name": "watchdog", "rules": [WATCHDOG]}]
    return {"groups": [_shorter(group, factor) for group in groups]}


def _groups() -> list[dict[str, Any]]:
    made = evaluate("monitoring", _MADE)[f"slo-{SLO}"]["groups"]
    # As plain texts: a template's carry marks of Ansible's.
    groups: list[dict[str, Any]] = json.loads(json.dumps(made))
    return groups


def _shorter(group: dict[str, Any], factor: float) -> dict[str, Any]:
    rules = [rule | {"expr": _RANGE.sub(lambda found: _range(found, factor), rule["expr"])} for rule in group["rules"]]
    return group | {"interval": span(group.get("interval", "1m"), factor), "rules": rules}


def _range(found: re.Match[str], factor: float) -> str:
    return f"[{':'.join(span(each, factor) for each in found.groups() if each)}]"


def span(text: str, factor: float) -> str:
    """Return a span of time multiplied by `factor`, in Prometheus' notation.

    >>> span("5m", 1 / 60)
    '5000ms'
    """
    return f"{max(round(int(text[:-1]) * _UNITS[text[-1]] * factor * 1000), 1)}ms"


WATCHDOG = {
    "alert": "Watchdog",
    "expr": "vector(1)",
    "labels": {"severity": "none"},
    "annotations": {"summary": "Alerts get through."},
}
"""As kube-prometheus-stack brings it."""
