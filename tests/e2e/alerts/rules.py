"""The rules that the tests alert by: those that role monitoring makes, with shorter windows."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.unit.components.rendering import evaluate, load

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
    if _MADE not in load("monitoring", "vars"):
        return SMALL
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

_REQUESTS = 'http_requests_total{namespace="flask-app", route!~"/healthz|/readyz|/metrics"'
_LABELS = {"slo": SLO, "entity": "service", "owner": "platform"}


def _ratio(window: str) -> dict[str, Any]:
    failed = f'sum(rate({_REQUESTS}, status=~"5.."}}[{window}])) or vector(0)'
    expression = f"({failed}) / (sum(rate({_REQUESTS}}}[{window}])) > 0)"
    return {"record": f"slo:sli_error:ratio_rate{window}", "expr": expression, "labels": _LABELS}


SMALL: list[dict[str, Any]] = [
    {
        "name": "slo",
        "interval": "1m",
        "rules": [
            _ratio("5m"),
            _ratio("1h"),
            {
                "alert": "FlaskAppAvailabilityBurn",
                "expr": f'slo:sli_error:ratio_rate1h{{slo="{SLO}"}} > 0.0144 '
                f'and slo:sli_error:ratio_rate5m{{slo="{SLO}"}} > 0.0144',
                "labels": _LABELS | {"severity": "critical", "long_window": "1h"},
                "annotations": {
                    "summary": f"{SLO}: {{{{ $value | humanizePercentage }}}} failed over 1h, 0.1% may.",
                    "description": "The Flask application answers without a server error.",
                    "runbook_url": f"https://docs.example.org/runbooks/{SLO}.md",
                    "dashboard_url": f"https://grafana.example.org/d/landfall-slo?var-slo={SLO}",
                },
            },
        ],
    }
]
"""The same in small, for as long as the role makes none."""
