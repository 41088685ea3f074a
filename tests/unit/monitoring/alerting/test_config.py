"""What is in the configuration, besides what amtool and a running Alertmanager say of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    alerting_notes,
    alertmanager_config,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_routing import (
    Timing,
    duration,
)
from tests.unit.monitoring.alerting.samples import (
    AUTOMATION,
    BEAT,
    CHAT,
    KEY,
    ON_CALL,
    RECEIVERS,
    TICKETS,
    TOKEN,
    WITH_HEADER,
)


def receiver(given: dict[str, Any], channel: str) -> dict[str, Any]:
    config = alertmanager_config([given], cluster="test")
    (found,) = [each for each in config["receivers"] if each["name"] == given["name"]]
    (made,) = found[channel]
    assert isinstance(made, dict)
    return made


def test_pagerduty() -> None:
    made = receiver(ON_CALL, "pagerduty_configs")
    assert (made["routing_key"], made["send_resolved"], made["source"]) == (KEY, True, "test")
    assert made["url"] == "https://events.eu.pagerduty.com/v2/enqueue"
    elsewhere = {name: value for name, value in ON_CALL.items() if name != "region"}
    assert receiver(elsewhere, "pagerduty_configs")["url"] == "https://events.pagerduty.com/v2/enqueue"


def test_slack_by_webhook_and_by_token() -> None:
    webhook, bot = receiver(TICKETS, "slack_configs"), receiver(CHAT, "slack_configs")
    assert (webhook["api_url"], webhook.get("channel"), webhook.get("http_config")) == (TICKETS["url"], None, None)
    assert (bot["api_url"], bot["channel"]) == ("https://slack.com/api/chat.postMessage", "#alerts")
    assert bot["http_config"] == {"authorization": {"type": "Bearer", "credentials": TOKEN}}
    # Slack's default in Alertmanager is not to say when it is over.
    assert webhook["send_resolved"] is bot["send_resolved"] is True


def test_webhook_authenticates_as_it_was_told() -> None:
    assert receiver(AUTOMATION | {"token_type": "Token"}, "webhook_configs")["http_config"] == {
        "authorization": {"type": "Token", "credentials": "the-token"}
    }
    assert receiver(WITH_HEADER, "webhook_configs")["http_config"] == {
        "http_headers": {"X-Api-Key": {"secrets": ["the-api-key"]}}
    }
    plain = {name: value for name, value in AUTOMATION.items() if name != "token"}
    assert "http_config" not in receiver(plain, "webhook_configs")


def test_heartbeat_beats_often_and_is_never_resolved() -> None:
    (route,) = alertmanager_config([BEAT], cluster="test")["route"]["routes"]
    assert route["matchers"] == ['alertname="Watchdog"']
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("0s", "60s", "60s")
    assert receiver(BEAT, "webhook_configs")["send_resolved"] is False


def test_a_page_comes_sooner_and_is_said_again_sooner_than_a_ticket() -> None:
    routes = alertmanager_config([CHAT], cluster="test")["route"]["routes"]
    assert [(each.get("group_wait"), each["repeat_interval"]) for each in routes] == [
        ("10s", "3600s"),
        (None, "43200s"),
    ]
    assert all(each["continue"] for each in routes)


def test_groups_keep_clusters_slos_and_namespaces_apart() -> None:
    route = alertmanager_config(RECEIVERS, cluster="test")["route"]
    assert {"alertname", "slo", "namespace", "cluster"} <= set(route["group_by"])
    assert not any("group_by" in each for each in route["routes"])


@pytest.mark.parametrize(("seconds", "written"), [(0, "0s"), (90, "90s"), (0.25, "250ms"), (1.5, "1500ms")])
def test_durations(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_time_can_be_scaled() -> None:
    quick = Timing().scaled(0.01)
    assert (quick.group_interval, quick.page_group_wait, quick.repeat["critical"]) == (3.0, 0.1, 36.0)


@pytest.mark.parametrize(
    ("receivers", "left", "said"),
    [
        ([], False, "Nobody will be called: monitoring_receivers names nobody"),
        ([BEAT], False, "Nobody will be called: monitoring_receivers names nobody"),
        ([TICKETS], False, "Nobody will be called for critical alerts"),
        (RECEIVERS, False, ""),
        (RECEIVERS, True, "monitoring_receivers is not used"),
        ([], True, ""),
    ],
)
def test_who_is_not_called_is_said(receivers: list[dict[str, Any]], left: bool, said: str) -> None:
    notes = alerting_notes(receivers, left=left)
    assert len(notes) == bool(said)
    assert "".join(notes).startswith(said)
