"""What differs between two states of an object, and that no secret is shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import MASK
from ansible_collections.landfall.eks.plugins.module_utils.plan import fields
from tests.unit.plan.conftest import RECORDED, changed, recorded

CONTAINERS = [{"name": "a", "image": "one"}, {"name": "b", "image": "two"}]


@pytest.mark.parametrize("kind", sorted(RECORDED))
def test_what_only_the_server_writes_is_no_difference(kind: str) -> None:
    before, after = recorded(kind), recorded(kind)
    after["metadata"] |= {"resourceVersion": "999999", "generation": 99, "managedFields": []}
    after["status"] = {"phase": "Other"}
    assert fields.differences(fields.cleaned(before), fields.cleaned(after)) == []
    after["metadata"].setdefault("labels", {})["new"] = "yes"
    assert fields.differences(fields.cleaned(before), fields.cleaned(after)) != []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 2}, [{"path": "a", "before": 1, "after": 2}]),
        ({}, {"a": 2}, [{"path": "a", "after": 2}]),
        ({"a": 1}, {}, [{"path": "a", "before": 1}]),
        ({"a": {"b.c/d": "x"}}, {"a": {"b.c/d": "y"}}, [{"path": "a.b.c/d", "before": "x", "after": "y"}]),
        (CONTAINERS, [CONTAINERS[1], CONTAINERS[0]], []),
        (
            CONTAINERS,
            [CONTAINERS[0], {"name": "b", "image": "three"}],
            [{"path": "[b].image", "before": "two", "after": "three"}],
        ),
        (CONTAINERS, [CONTAINERS[0]], [{"path": "[b]", "before": CONTAINERS[1]}]),
        ([1, 2], [1, 3], [{"path": "[1]", "before": 2, "after": 3}]),
        ([1, 2], [1], [{"path": "", "before": [1, 2], "after": [1]}]),
    ],
)
def test_differences(before: Any, after: Any, found: list[dict[str, Any]]) -> None:
    assert fields.differences(before, after) == found


def test_the_data_of_a_secret_is_masked_and_its_keys_are_not() -> None:
    before = recorded("Secret")
    after = changed(before, "data.password", "b3RoZXI=")
    found = fields.masked("Secret", fields.differences(before, after), set())
    assert found == [{"path": "data.password", "before": MASK, "after": MASK}]
    whole = fields.masked("Secret", fields.differences({}, {"data": before["data"]}), set())
    assert whole == [{"path": "data", "after": {"password": MASK, "user": MASK}}]


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("spec.template.spec.containers[app].env[DB_PASSWORD].value", "hidden", MASK),
        ("spec.template.spec.containers[app].env[LOG_LEVEL].value", "debug", "debug"),
        ("spec.auth.token", "hidden", MASK),
        ("spec.tls.secretName", "flask-tls", "flask-tls"),
        ("spec.url", "https://user:longsecret@host", f"https://user:{MASK}@host"),
        ("spec.env", [{"name": "API_TOKEN", "value": "hidden"}], [{"name": "API_TOKEN", "value": MASK}]),
        ("spec.auth", {"password": "hidden", "user": "me"}, {"password": MASK, "user": "me"}),
    ],
)
def test_telling_names_and_known_secrets_are_masked(path: str, value: Any, shown: Any) -> None:
    assert fields.masked("Deployment", [{"path": path, "after": value}], {"longsecret"}) == [
        {"path": path, "after": shown}
    ]
