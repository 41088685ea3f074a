"""Receivers that cannot be right are refused in one sentence each, without showing what is secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_checks import (
    receiver_problems,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import (
    COMMON_FIELDS,
    FIELDS,
    SECRET_FIELDS,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import check_value, load_settings
from tests.unit.monitoring.alerting.samples import (
    AUTOMATION,
    BASIC,
    BEAT,
    CHAT,
    KEY,
    ON_CALL,
    RECEIVERS,
    TICKETS,
    WITH_HEADER,
)

ROOT = Path(__file__).parents[4]
SETTING = load_settings(ROOT / "roles")["monitoring_receivers"]
WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"type": "slack", "url": "https://hooks.slack.example/x"}, "has no name"),
    (ON_CALL | {"name": "On Call"}, "has a name that cannot be one"),
    (ON_CALL | {"name": "nobody"}, "and not nobody"),
    ({"name": "a"}, "has no type: write type: pagerduty, slack or webhook"),
    (ON_CALL | {"type": "sms"}, "is of the type 'sms'"),
    (ON_CALL | {"routingkey": KEY}, "has routingkey, which a receiver of type pagerduty has not: write routing_key"),
    (CHAT | {"heartbeat": True}, "has heartbeat, which a receiver of type slack has not"),
    (ON_CALL | {"severities": ["critical", "page"]}, "has the severity 'page': write critical, warning or info"),
    (ON_CALL | {"severities": []}, "has no severities"),
    ({"name": "a", "type": "pagerduty"}, "has no routing_key: write the integration key"),
    (ON_CALL | {"routing_key": ""}, "has an empty routing_key, which is what an environment variable"),
    (ON_CALL | {"routing_key": None}, "has an empty routing_key"),
    (ON_CALL | {"routing_key": "0123456789abcdef"}, "has a routing_key of 16 characters"),
    (ON_CALL | {"routing_key": "-" * 32}, "has a routing_key of 32 characters that is none"),
    (ON_CALL | {"region": "asia"}, "has the region 'asia': write us, or eu"),
    ({"name": "a", "type": "slack"}, "has no url: write the URL of an incoming webhook"),
    (TICKETS | {"url": ""}, "has an empty url"),
    (TICKETS | {"url": "hooks.slack.example/x"}, "has a url that is none"),
    (TICKETS | {"channel": "alerts"}, "has the channel 'alerts': write its name with a # before it"),
    (CHAT | {"url": "https://hooks.slack.example/x"}, "has both url and token"),
    (CHAT | {"token": ""}, "has an empty token"),
    (CHAT | {"token": "hunter2"}, "has a token that is none of a bot"),
    (CHAT | {"channel": ""}, "has a token and no channel"),
    (AUTOMATION | {"url": "http://automation.example.org/x"}, "has a url with http to a public host"),
    (AUTOMATION | {"url": "http://8.8.8.8/x"}, "has a url with http to a public host"),
    (AUTOMATION | {"url": "https://[bad/x"}, "has a url that is none"),
    (AUTOMATION | {"url": "https://a.example.org/{{ x }}"}, "has a url that is none"),
    (AUTOMATION | {"token": ""}, "has an empty token"),
    (AUTOMATION | {"username": "u", "password": "p"}, "has both a token and a username"),
    ({name: value for name, value in BASIC.items() if name != "password"}, "has only one of username and password"),
    (BASIC | {"token_type": "Token"}, "has a token_type and no token"),
    (WITH_HEADER | {"headers": {"X-Api-Key": ""}}, "has an empty header X-Api-Key"),
    (WITH_HEADER | {"headers": {"X Key": "a"}}, "has the header 'X Key'"),
    (WITH_HEADER | {"headers": {"authorization": "a"}}, "has the header Authorization: write token"),
    (BEAT | {"severities": ["critical"]}, "is a heartbeat and has severities"),
)
SECRETS = ("hunter2", "secret", KEY, "the-token", "the-password", "the-api-key", "0123456789abcdef")


@pytest.mark.parametrize(("receiver", "said"), WRONG, ids=[said for _, said in WRONG])
def test_wrong_receiver_is_refused_in_a_sentence(receiver: dict[str, Any], said: str) -> None:
    (problem,) = receiver_problems([receiver])
    assert problem.startswith("monitoring_receivers[0]")
    assert said in problem
    assert problem.endswith(".")
    assert "\n" not in problem
    assert not [each for each in SECRETS if each in problem]


def test_right_ones_are_not() -> None:
    assert receiver_problems([*RECEIVERS, WITH_HEADER]) == []
    inside = ("http://rulebook:5000", "http://10.0.3.4/x", "http://127.0.0.1:1/x", "http://a.b.svc.cluster.local/x")
    assert [receiver_problems([AUTOMATION | {"url": url}]) for url in inside] == [[]] * len(inside)


def test_every_problem_is_said_at_once() -> None:
    problems = receiver_problems([ON_CALL, ON_CALL, CHAT | {"channel": "alerts", "severities": ["bad"]}])
    assert len(problems) == 3
    assert "has 2 receivers of the name on-call" in problems[-1]


def test_preflight_says_these_sentences_and_hides_values() -> None:
    assert check_value(SETTING, [*RECEIVERS, WITH_HEADER])[1] == []
    assert "has no type" in check_value(SETTING, [{"name": "a"}])[1][0]
    # Where a list or a mapping is missing it shows what was written, unless that holds a secret.
    for wrong in ("hunter2", [ON_CALL | {"severities": "hunter2"}], [CHAT | {"token": ["hunter2"]}]):
        (problem,) = check_value(SETTING, wrong)[1]
        assert "hunter2" not in problem
        assert KEY not in problem
        assert "the value that was given" in problem


def test_argument_spec_knows_the_same_fields() -> None:
    options = SETTING.option["options"]
    assert set(options) == {*COMMON_FIELDS, *(field for fields in FIELDS.values() for field in fields)}
    assert {name for name, option in options.items() if option.get("no_log")} == set(SECRET_FIELDS)
    assert json.dumps(options["type"]["choices"]) == json.dumps(list(FIELDS))
