"""Receivers of every kind, as a user writes them once the secrets are filled in."""

from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[4] / "roles/monitoring/files/alerting"
KEY = "0123456789abcdefABCDEF0123456789"
TOKEN = "xoxb-12345-abcdef"

ON_CALL = {"name": "on-call", "type": "pagerduty", "severities": ["critical"], "routing_key": KEY, "region": "eu"}
CHAT = {"name": "chat", "type": "slack", "token": TOKEN, "channel": "#alerts"}
TICKETS = {
    "name": "tickets",
    "type": "slack",
    "severities": ["warning", "info"],
    "url": "https://hooks.slack.example/services/T0/B0/secret",
}
AUTOMATION = {
    "name": "automation",
    "type": "webhook",
    "severities": ["critical"],
    "url": "http://rulebook.automation.svc:5000/endpoint",
    "token": "the-token",
}
BASIC = {
    "name": "basic",
    "type": "webhook",
    "severities": ["info"],
    "url": "https://basic.example.org/hook",
    "username": "landfall",
    "password": "the-password",
}
BEAT = {"name": "beat", "type": "webhook", "heartbeat": True, "url": "https://beat.example.org/secret"}
WITH_HEADER = {
    "name": "gateway",
    "type": "webhook",
    "severities": ["critical"],
    "url": "https://gateway.example.org/alerts",
    "headers": {"X-Api-Key": "the-api-key"},
}
RECEIVERS: list[dict[str, Any]] = [ON_CALL, CHAT, TICKETS, AUTOMATION, BASIC, BEAT]
"""All that Alertmanagers from 0.25 on know; WITH_HEADER takes 0.28."""
