"""How a channel is told: one of Alertmanager's configurations for PagerDuty, Slack or a webhook.

Nothing here is known to newer Alertmanagers alone, `http_headers` excepted (0.28). What the texts say is in the
templates of roles/monitoring/files/alerting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import Receiver

Config = dict[str, Any]


@dataclass(frozen=True)
class Endpoints:
    """Where the services listen, PagerDuty by the region of the account (its Events API v2), Slack for bot tokens."""

    pagerduty_us: str = "https://events.pagerduty.com/v2/enqueue"
    pagerduty_eu: str = "https://events.eu.pagerduty.com/v2/enqueue"
    slack: str = "https://slack.com/api/chat.postMessage"


def channel(receiver: Receiver, cluster: str, endpoints: Endpoints) -> Config:
    """Return an entry of Alertmanager's `receivers`; `cluster` is the source that its messages name."""
    key, make = _CHANNELS[receiver.type]
    # A heartbeat that is said to be over would be one more beat.
    common = {"send_resolved": not receiver.heartbeat}
    return {"name": receiver.name, key: [common | make(receiver, cluster, endpoints)]}


def _template(name: str) -> str:
    return f'{{{{ template "landfall.{name}" . }}}}'


def _pagerduty(receiver: Receiver, cluster: str, endpoints: Endpoints) -> Config:
    european = receiver.options.get("region") == "eu"
    return {
        "routing_key": receiver.options["routing_key"],
        "url": endpoints.pagerduty_eu if european else endpoints.pagerduty_us,
        "description": _template("pagerduty.summary"),
        "severity": _template("pagerduty.severity"),
        "source": cluster,
        "client": "Landfall",
        "client_url": _template("dashboard"),
        "class": "{{ .CommonLabels.alertname }}",
        "component": "{{ or .CommonLabels.slo .CommonLabels.service .CommonLabels.job }}",
        "group": "{{ .CommonLabels.namespace }}",
        # Those that are empty are left out by Alertmanager.
        "links": [
            {"href": _template("runbook"), "text": "Runbook"},
            {"href": _template("dashboard"), "text": "Dashboard"},
        ],
        "details": {
            "cluster": cluster,
            "owner": "{{ .CommonLabels.owner }}",
            "firing": '{{ template "landfall.list" .Alerts.Firing }}',
            "resolved": '{{ template "landfall.list" .Alerts.Resolved }}',
        },
    }


def _slack(receiver: Receiver, cluster: str, endpoints: Endpoints) -> Config:
    config: Config = {
        "username": f"Landfall {cluster}",
        "color": _template("slack.color"),
        "title": _template("slack.title"),
        "title_link": _template("dashboard"),
        "text": _template("slack.text"),
        "fallback": _template("slack.title"),
    }
    if "channel" in receiver.options:
        config["channel"] = receiver.options["channel"]
    if "token" not in receiver.options:
        return config | {"api_url": receiver.options["url"]}
    authorization = {"type": "Bearer", "credentials": receiver.options["token"]}
    return config | {"api_url": endpoints.slack, "http_config": {"authorization": authorization}}


def _webhook(receiver: Receiver, cluster: str, endpoints: Endpoints) -> Config:
    del cluster, endpoints  # A webhook gets the alerts as they are, labels and annotations.
    http = _webhook_http(receiver)
    return {"url": receiver.options["url"]} | ({"http_config": http} if http else {})


def _webhook_http(receiver: Receiver) -> Config:
    options = receiver.options
    http: Config = {}
    if "token" in options:
        kind = options.get("token_type", "Bearer")
        http["authorization"] = {"type": kind, "credentials": options["token"]}
    if "username" in options:
        http["basic_auth"] = {"username": options["username"], "password": options["password"]}
    if receiver.headers:
        http["http_headers"] = {name: {"secrets": [value]} for name, value in receiver.headers.items()}
    return http


_CHANNELS: dict[str, tuple[str, Callable[[Receiver, str, Endpoints], Config]]] = {
    "pagerduty": ("pagerduty_configs", _pagerduty),
    "slack": ("slack_configs", _slack),
    "webhook": ("webhook_configs", _webhook),
}
