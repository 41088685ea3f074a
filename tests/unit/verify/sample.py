"""Results of each kind."""

from __future__ import annotations

from typing import Any


def row(group: str, name: str, outcome: str, detail: str, command: str = "") -> dict[str, Any]:
    return {"group": group, "name": name, "outcome": outcome, "detail": detail, "seconds": 0.25, "command": command}


ROWS = [
    row("https", "grafana.example.org", "passed", "valid until 2027-11-26 at 203.0.113.10, 203.0.113.11"),
    row(
        "https",
        "kibana.example.org",
        "failed",
        "203.0.113.11: the certificate is not the right one: certificate has expired",
    ),
    row("logins", "Grafana", "passed", "admin is let in, and nobody without a password"),
    row(
        "alerts",
        "a test alert at each receiver",
        "not run",
        "it would call people",
        "ansible-playbook playbooks/verify.yml -e verify_alerts=true",
    ),
    row("logs", "a line of the application", "not run", "the application answers 503, so there is no line to look for"),
]
