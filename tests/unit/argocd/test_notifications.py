"""Receivers of alerts as Argo CD's notifications: who is told what, where secrets are, and what is really sent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.argocd.notifications import EVENTS, notifications
from tests.unit.components.rendering import CHECKOUT

HELM = shutil.which("helm", path=f"{CHECKOUT}/.landfall/bin") or shutil.which("helm")
RECEIVERS: list[dict[str, Any]] = [
    {"name": "On call", "type": "pagerduty", "routing_key": "R0UT1NG", "region": "eu", "severities": ["critical"]},
    {"name": "team", "type": "slack", "token": "xoxb-1", "channel": "#ops", "severities": ["warning", "info"]},
    {"name": "team", "type": "slack", "url": "https://hooks.example.org/T0/B0/XYZ"},
    {"name": "hook", "type": "webhook", "url": "https://hook.example.org/s3cret", "token": "t0k3n",
     "headers": {"X": "h34der"}},
    {"name": "login", "type": "webhook", "url": "https://login.example.org", "username": "me", "password": "p4ss"},
    {"name": "beat", "type": "webhook", "url": "https://beat.example.org", "heartbeat": True},
    {"name": "pigeon", "type": "pigeon"},
]  # fmt: skip
SECRETS = ("R0UT1NG", "xoxb-1", "hooks.example.org", "s3cret", "t0k3n", "h34der", "p4ss")
MADE = notifications(RECEIVERS, "shop")
APPLICATION = {
    "metadata": {"name": "flask-app", "namespace": "argocd"},
    "status": {
        "sync": {"status": "OutOfSync", "revision": "0123abcd"},
        "operationState": {"message": 'one "quoted" line\nand another'},
        "conditions": [{"type": "ComparisonError", "message": "no"}],
    },
}


def triggers(recipient: str) -> set[str]:
    found = [each for each in MADE["chart"]["subscriptions"] if each["recipients"] == [recipient]]
    assert len(found) == 1
    return {name.removeprefix("on-") for name in found[0]["triggers"]}


def test_each_is_told_by_severity_and_an_end_where_incidents_are_kept() -> None:
    assert triggers("on-call-0") == {"health-degraded", "recovered"}
    assert triggers("team-1:#ops") == {"sync-failed", "sync-unknown", "deployed"}
    assert triggers("team-2") == {"health-degraded", "sync-failed", "sync-unknown"}
    assert triggers("hook-3") == {"health-degraded", "sync-failed", "sync-unknown", "recovered"}
    assert len(MADE["chart"]["subscriptions"]) == 5


def test_secrets_are_only_named_and_every_name_is_there() -> None:
    written = json.dumps(MADE["chart"])
    assert [secret for secret in SECRETS if secret in written] == []
    # As the controller finds them: letters, digits, _ and dashes (notifications-engine, pkg/api/config.go).
    named = {key for text in MADE["chart"]["notifiers"].values() for key in re.findall(r"[$]([\w-]+)", text)}
    named |= set(re.findall(r'index \.secrets \\+"([\w-]+)', written))
    assert named == set(MADE["secret"])
    assert set(SECRETS) & set(MADE["secret"].values()) >= {"R0UT1NG", "xoxb-1", "t0k3n", "h34der", "p4ss"}


def test_services_are_ones_that_the_controller_knows() -> None:
    services = MADE["chart"]["notifiers"]
    assert set(services) == {
        "service.webhook.on-call-0",
        "service.slack.team-1",
        "service.webhook.team-2",
        "service.webhook.hook-3",
        "service.webhook.login-4",
    }
    assert json.loads(services["service.webhook.on-call-0"])["url"] == "https://events.eu.pagerduty.com/v2/enqueue"
    assert json.loads(services["service.webhook.hook-3"])["headers"][1:] == [
        {"name": "Authorization", "value": "Bearer $hook-3-token"},
        {"name": "X", "value": "$hook-3-header-0"},
    ]
    assert json.loads(services["service.webhook.login-4"])["basicAuth"]["password"] == "$login-4-password"
    # A trigger sends the template of its own event, which is there.
    for event in EVENTS:
        (condition,) = json.loads(MADE["chart"]["triggers"][f"trigger.on-{event.name}"])
        assert f"template.{condition['send'][0]}" in MADE["chart"]["templates"]


def test_without_receivers_nobody_is_told() -> None:
    found = notifications([], "shop")
    assert found == {"chart": {"notifiers": {}, "templates": {}, "triggers": {}, "subscriptions": []}, "secret": {}}


def sent(folder: Path, texts: dict[str, str], application: dict[str, Any]) -> dict[str, Any]:
    """Work Go templates out as the controller does, whose functions are Helm's: Go's own and sprig's."""
    if not HELM:
        pytest.skip("not run: there is no helm; `make tools` gets it")
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: sent\nversion: 1.0.0\n")
    defined = "".join(f'{{{{- define "{name}" -}}}}{text}{{{{- end }}}}\n' for name, text in texts.items())
    lines = [f'  {name}: {{{{ include "{name}" .Values | toJson }}}}' for name in texts]
    (folder / "templates/all.yml").write_text(f"{defined}apiVersion: v1\nkind: Sent\ndata:\n" + "\n".join(lines))
    values = {"app": application, "context": {"argocdUrl": "https://argocd.example.org"}, "secrets": MADE["secret"]}
    command = [HELM, "template", "sent", str(folder), "--values", "-"]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name: json.loads(text) for name, text in yaml.safe_load(done.stdout)["data"].items()}


def bodies(event: str) -> dict[str, str]:
    template = json.loads(MADE["chart"]["templates"][f"template.{event}"])
    texts = {name: each["body"] for name, each in template.get("webhook", {}).items()}
    assert all(each["method"] == "POST" for each in template.get("webhook", {}).values())
    return texts | ({"slack": template["slack"]["attachments"]} if "slack" in template else {})


@pytest.mark.parametrize("event", [each.name for each in EVENTS])
@pytest.mark.parametrize("application", [APPLICATION, {"metadata": APPLICATION["metadata"]}], ids=["full", "new"])
def test_what_is_sent_is_json_whatever_the_application_says(
    tmp_path: Path, event: str, application: dict[str, Any]
) -> None:
    assert sent(tmp_path, bodies(event), application)


def test_pagerduty_opens_an_incident_and_closes_the_same_one(tmp_path: Path) -> None:
    opened = sent(tmp_path / "a", bodies("health-degraded"), APPLICATION)["on-call-0"]
    closed = sent(tmp_path / "b", bodies("recovered"), APPLICATION)["on-call-0"]
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] == "shop/argocd/flask-app"
    assert opened["routing_key"] == closed["routing_key"] == "R0UT1NG"
    assert opened["payload"]["severity"] == "critical"
    assert opened["client_url"] == "https://argocd.example.org/applications/argocd/flask-app"


def test_a_webhook_gets_what_alertmanager_would_send(tmp_path: Path) -> None:
    found = sent(tmp_path, bodies("sync-failed"), APPLICATION)["hook-3"]
    assert (found["version"], found["status"], found["receiver"]) == ("4", "firing", "hook")
    (alert,) = found["alerts"]
    assert alert["labels"]["severity"] == "warning"
    assert alert["annotations"]["description"] == 'one "quoted" line\nand another'
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", alert["startsAt"])


def test_slack_gets_a_message_either_way(tmp_path: Path) -> None:
    found = sent(tmp_path, bodies("sync-failed"), APPLICATION)
    assert found["team-2"]["text"] == "flask-app could not be deployed"
    assert found["slack"][0]["title"] == found["team-2"]["attachments"][0]["title"]
