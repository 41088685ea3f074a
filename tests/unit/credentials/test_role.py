"""Which credentials role credentials keeps in a call, and what the record of the run then holds."""

from __future__ import annotations

from typing import Any

from tests.unit.components.rendering import evaluate, load

LEFT = {"name": "shop-login", "kind": "password", "secret": {"name": "shop-login", "namespace": "shop"}}
# In the namespace of the component that is left.
BESIDE = {"name": "web-token", "kind": "fixed", "secret": {"name": "web-token", "namespace": "shop"}}
LATER = {"name": "web-tls", "kind": "certificate", "hosts": ["a"], "secret": {"name": "web-tls", "namespace": "web"}}


def evaluated(expression: str, **variables: Any) -> Any:
    """Evaluate an expression as a task of the role would, of a run with the component web; shop is left."""
    run = {
        "releases": [{"name": "web", "component": "web", "namespace": "web"}],
        "settings": {"components": ["shop", "web"]},
        "credentials": {"names": ["web-token"], "planned": [{"action": "create", "name": "web-token"}]},
    }
    role = load("credentials", "defaults") | load("credentials", "vars")
    components = {"shop_component": {"credentials": [LEFT]}, "web_component": {"credentials": [BESIDE]}}
    return evaluate("platform", expression, **role | components | {"platform_run": run} | variables)


def test_a_component_beside_one_that_is_left_has_its_credentials_wherever_they_lie() -> None:
    assert evaluated("__credentials_wanted") == [BESIDE]


def test_a_later_call_is_about_its_own_alone() -> None:
    assert evaluated("__credentials_wanted", credentials_items=[LATER]) == [LATER]


def test_a_later_call_adds_to_what_is_recorded() -> None:
    result = {"credentials": [{"name": "web-tls"}], "planned": [{"action": "create", "name": "web-tls"}]}
    found = evaluated("__credentials_recorded", __credentials_result=result)
    assert found["names"] == ["web-token", "web-tls"]
    assert [each["name"] for each in found["planned"]] == ["web-token", "web-tls"]
