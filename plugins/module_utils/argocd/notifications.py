"""Who is told how a deployment ends: the receivers of alerts, as Argo CD's notifications controller reads them.

It has a catalogue of services of its own (docs/operator-manual/notifications, v3.4.4). PagerDuty and Slack's incoming
webhooks are called as webhooks here: its PagerDuty service knows neither the European region nor the end of an
incident, and its Slack service takes tokens alone. Secrets are named `$key` in a service and `.secrets` in a template,
and are in the Secret that the controller reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml

DEFAULT_SEVERITIES = ("critical", "warning")
PAGERDUTY = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""Of PagerDuty's Events API v2, by the region of the account."""
COLOURS = {"critical": "#d72b3f", "warning": "#e8a317", "info": "#2f7d4f"}
RECOVERED = "recovered"

Receiver = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """What may become of an Application: when (an expression of the controller), and the words for it (Go templates).

    `once_per` keeps a state that is seen again and again, such as that of one commit, from being told twice.
    """

    name: str
    severity: str
    when: str
    summary: str
    detail: str
    once_per: str = ""


_REVISION = "app.status.operationState?.syncResult?.revision"
EVENTS = (
    Event(
        "health-degraded",
        "critical",
        "app.status.health.status == 'Degraded'",
        'printf "%s is degraded" .app.metadata.name',
        'dig "status" "health" "message" "see its resources in Argo CD" .app',
    ),
    Event(
        "sync-failed",
        "warning",
        "app.status.operationState != nil and app.status.operationState.phase in ['Error', 'Failed']",
        'printf "%s could not be deployed" .app.metadata.name',
        'dig "status" "operationState" "message" "no reason given" .app',
        _REVISION,
    ),
    Event(
        "sync-unknown",
        "warning",
        "app.status.sync.status == 'Unknown'",
        'printf "%s cannot be compared with its repository" .app.metadata.name',
        'dig "status" "conditions" (list) .app | toJson',
    ),
    Event(
        "deployed",
        "info",
        "app.status.operationState != nil and app.status.operationState.phase == 'Succeeded' "
        "and app.status.health.status == 'Healthy'",
        'printf "%s is deployed" .app.metadata.name',
        'dig "status" "sync" "revision" "" .app',
        _REVISION,
    ),
    Event(
        RECOVERED,
        "info",
        "app.status.sync.status == 'Synced' and app.status.health.status == 'Healthy'",
        'printf "%s is healthy" .app.metadata.name',
        'dig "status" "sync" "revision" "" .app',
    ),
)


@dataclass(frozen=True)
class Text:
    """A Go template's expression instead of a text."""

    expression: str


APPLICATION = Text(".app.metadata.name")
LINK = Text('printf "%s/applications/%s/%s" .context.argocdUrl .app.metadata.namespace .app.metadata.name')
REVISION = Text('dig "status" "sync" "revision" "" .app')
NOW = Text('now | date "2006-01-02T15:04:05Z07:00"')


def notifications(receivers: Sequence[Receiver], cluster: str) -> dict[str, Any]:
    """Return what the chart's `notifications` are given, under `chart`, and the texts of its Secret, under `secret`.

    `receivers` are as monitoring_receivers has them, {name, type, severities, ...}; heartbeats and types that are none
    of pagerduty, slack and webhook are left out. `cluster` is the source that messages name. Without receivers nobody
    is told: all parts of `chart` are empty.
    """
    channels = [Channel(index, each, cluster) for index, each in enumerate(receivers) if _is_told(each)]
    told = [event for event in EVENTS if any(channel.wants(event) for channel in channels)]
    return {
        "chart": {
            "notifiers": {f"service.{each.service}": json_yaml.dump(each.options()) for each in channels},
            "templates": {f"template.{event.name}": json_yaml.dump(_template(event, channels)) for event in told},
            "triggers": {f"trigger.on-{event.name}": json_yaml.dump(_trigger(event)) for event in told},
            "subscriptions": [
                {
                    "recipients": [each.recipient],
                    "triggers": [f"on-{event.name}" for event in EVENTS if each.wants(event)],
                }
                for each in channels
            ],
        },
        "secret": {key: value for each in channels for key, value in each.secrets.items()},
    }


def _is_told(receiver: Receiver) -> bool:
    heartbeat = str(receiver.get("heartbeat", "")).lower() in {"true", "yes", "1", "on"}
    return receiver.get("type") in {"pagerduty", "slack", "webhook"} and not heartbeat


def _trigger(event: Event) -> list[dict[str, Any]]:
    once = {"oncePer": event.once_per} if event.once_per else {}
    return [{"when": event.when, "send": [event.name], **once}]


def _template(event: Event, channels: Sequence[Channel]) -> dict[str, Any]:
    wanting = [each for each in channels if each.wants(event)]
    webhooks = {
        each.name: {"method": "POST", "body": go_template(each.body(event))} for each in wanting if not each.by_token
    }
    slack = {"attachments": go_template([_attachment(event)])} if any(each.by_token for each in wanting) else {}
    return {
        "message": f"{{{{ {event.summary} }}}}",
        **({"webhook": webhooks} if webhooks else {}),
        **({"slack": slack} if slack else {}),
    }


def go_template(tree: Any) -> str:
    """Return JSON in which each Text is worked out, and quoted, when the template is."""
    texts: list[str] = []

    def place(found: Text) -> str:
        texts.append(found.expression)
        return f"\0{len(texts) - 1}"

    written = json.dumps(tree, default=place)
    return re.sub(r'"\\u0000(\d+)"', lambda found: f"{{{{ {texts[int(found[1])]} | toJson }}}}", written)


def _attachment(event: Event) -> dict[str, Any]:
    return {
        "color": COLOURS[event.severity],
        "title": Text(event.summary),
        "title_link": LINK,
        "text": Text(event.detail),
    }


class Channel:
    """One receiver as the controller sees it: a service, the Secret's keys that it names, and what it is sent."""

    def __init__(self, index: int, receiver: Receiver, cluster: str) -> None:
        """Take the receiver and its place in the list, which keeps services apart whose names are written alike."""
        self.receiver, self.cluster = receiver, cluster
        self.type = str(receiver["type"])
        self.name = f"{re.sub(r'[^A-Za-z0-9-]+', '-', str(receiver.get('name', ''))).strip('-').lower()}-{index}"
        self.by_token = self.type == "slack" and bool(receiver.get("token"))
        self.secrets = dict(self._secrets())

    @property
    def service(self) -> str:
        """The service's key, `<type>.<name>`."""
        return f"{'slack' if self.by_token else 'webhook'}.{self.name}"

    @property
    def recipient(self) -> str:
        """The service and, in Slack, the channel that it calls."""
        return f"{self.name}:{self.receiver.get('channel', '')}" if self.by_token else self.name

    def wants(self, event: Event) -> bool:
        """Say whether this one is told: by severity, and of an end only where incidents are kept open."""
        severities = set(self.receiver.get("severities") or DEFAULT_SEVERITIES)
        if event.name == RECOVERED:
            return self.type != "slack" and bool(severities & {"critical", "warning"})
        return event.severity in severities

    def key(self, field: str) -> str:
        """Return the Secret's key of one of the receiver's fields: letters, digits and dashes are all it may have."""
        return f"{self.name}-{field}"

    def _secrets(self) -> Iterator[tuple[str, str]]:
        for field in ("routing_key", "url", "token", "username", "password"):
            if self.receiver.get(field):
                yield self.key(field.replace("_", "-")), str(self.receiver[field])
        for number, value in enumerate((self.receiver.get("headers") or {}).values()):
            yield self.key(f"header-{number}"), str(value)

    def options(self) -> dict[str, Any]:
        """Return the service's options, with the names of secrets in their places."""
        if self.by_token:
            return {"token": f"${self.key('token')}"}
        if self.type == "pagerduty":
            url = PAGERDUTY.get(str(self.receiver.get("region") or "us"), PAGERDUTY["us"])
        else:
            url = f"${self.key('url')}"
        return {"url": url, "headers": list(self._headers()), **self._login()}

    def _headers(self) -> Iterator[dict[str, str]]:
        yield {"name": "Content-Type", "value": "application/json"}
        if self.receiver.get("token"):
            kind = self.receiver.get("token_type") or "Bearer"
            yield {"name": "Authorization", "value": f"{kind} ${self.key('token')}"}
        for number, name in enumerate(self.receiver.get("headers") or {}):
            yield {"name": str(name), "value": f"${self.key(f'header-{number}')}"}

    def _login(self) -> dict[str, Any]:
        if not self.receiver.get("username"):
            return {}
        return {"basicAuth": {"username": f"${self.key('username')}", "password": f"${self.key('password')}"}}

    def body(self, event: Event) -> dict[str, Any]:
        """Return what is sent of an event."""
        return {"pagerduty": self._incident, "slack": self._message, "webhook": self._alert}[self.type](event)

    def _incident(self, event: Event) -> dict[str, Any]:
        one = {
            "routing_key": Text(f'index .secrets "{self.key("routing-key")}" | toString'),
            "dedup_key": Text(f'printf "{self.cluster}/argocd/%s" .app.metadata.name'),
        }
        if event.name == RECOVERED:
            return {**one, "event_action": "resolve"}
        payload = {
            "summary": Text(event.summary),
            "severity": event.severity,
            "source": self.cluster,
            "component": APPLICATION,
            "group": "argocd",
            "class": event.name,
            "custom_details": {"detail": Text(event.detail), "revision": REVISION},
        }
        return {**one, "event_action": "trigger", "client": "Argo CD", "client_url": LINK, "payload": payload}

    def _message(self, event: Event) -> dict[str, Any]:
        channel = {"channel": self.receiver["channel"]} if self.receiver.get("channel") else {}
        return {"text": Text(event.summary), "attachments": [_attachment(event)], **channel}

    def _alert(self, event: Event) -> dict[str, Any]:
        """Return an alert in the form that Alertmanager sends to webhooks, so that one reader understands both."""
        resolved = event.name == RECOVERED
        labels = {
            "alertname": "ArgoCDApplication",
            "event": event.name,
            "severity": event.severity,
            "application": APPLICATION,
            "cluster": self.cluster,
        }
        annotations = {"summary": Text(event.summary), "description": Text(event.detail)}
        alert = {
            "status": "resolved" if resolved else "firing",
            "labels": labels,
            "annotations": annotations,
            "startsAt": NOW,
            "generatorURL": LINK,
        }
        return {
            "version": "4",
            "status": alert["status"],
            "receiver": str(self.receiver.get("name", "")),
            "groupKey": Text(f'printf "{self.cluster}/argocd/%s" .app.metadata.name'),
            "groupLabels": {"alertname": labels["alertname"], "application": APPLICATION},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": Text(".context.argocdUrl"),
            "alerts": [alert],
        }
