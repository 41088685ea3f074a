"""Grafana's login at a provider: each field that is wrong has its sentence, and no secret is in a value."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import grafana_oidc
from tests.unit.components.rendering import release, rendered
from tests.unit.contracts.upstream import HELM, NO_HELM

PROVIDER = "https://login.example.org/realms/platform/protocol/openid-connect"
GOOD = {
    "name": "Example Login",
    "auth_url": f"{PROVIDER}/auth",
    "token_url": f"{PROVIDER}/token",
    "api_url": f"{PROVIDER}/userinfo",
    "client_id": "grafana",
    "client_secret": {"name": "grafana-oidc", "key": "client-secret"},
    "admins": ["platform"],
    "viewers": ["staff", "CN=Guests"],
}


def said(**changed: Any) -> list[str]:
    return list(grafana_oidc.problems({**GOOD, **changed}))


def test_what_is_right_is_let_through() -> None:
    assert said() == []
    assert list(grafana_oidc.problems({})) == []
    assert list(grafana_oidc.problems(dict.fromkeys(GOOD))) == []
    assert said(scopes=["openid", "email"], groups_claim="https://example.org/groups", name="") == []


@pytest.mark.parametrize("field", ["auth_url", "token_url", "api_url"])
@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://login.example.org/auth",
        "login.example.org",
        "https://a;b",
        "https:///x",
    ],
)
def test_endpoints_are_https_urls(field: str, url: Any) -> None:
    (sentence,) = said(**{field: url})
    assert sentence.startswith(f"monitoring_grafana_oidc.{field} is no https URL: write the ")


@pytest.mark.parametrize("client", [None, "", "a;b", "a\nb"])
def test_the_client_has_an_id(client: Any) -> None:
    assert [each.split(" is ")[0] for each in said(client_id=client)] == ["monitoring_grafana_oidc.client_id"]


@pytest.mark.parametrize(
    "secret",
    [None, {}, {"name": "grafana-oidc"}, {"key": "a"}, {"name": "Grafana", "key": "a"}, {"name": "a", "key": "b c"}],
)
def test_the_secret_is_a_reference(secret: Any) -> None:
    (sentence,) = said(client_secret=secret)
    assert sentence.endswith("create one in monitoring_namespace, and write {name: grafana-oidc, key: client-secret}.")


@pytest.mark.parametrize("group", ["", "it's", "a;b", "a#b", "$(id)", "`a`"])
@pytest.mark.parametrize("field", ["admins", "editors", "viewers"])
def test_groups_have_names_that_an_expression_can_hold(field: str, group: str) -> None:
    (sentence,) = said(**{field: [group]})
    assert sentence.startswith(f"monitoring_grafana_oidc.{field} has {group!r}, which is no name of a group")


def test_somebody_may_log_in() -> None:
    (sentence,) = said(admins=[], viewers=None)
    assert "names no group, so nobody could log in" in sentence


@pytest.mark.parametrize(
    ("field", "value"), [("scopes", ["email"]), ("groups_claim", "a b"), ("groups_claim", "a'b"), ("name", "a;b")]
)
def test_other_fields(field: str, value: Any) -> None:
    (sentence,) = said(**{field: value})
    assert sentence.startswith(f"monitoring_grafana_oidc.{field} ")


def test_all_problems_are_said_together() -> None:
    assert len(list(grafana_oidc.problems({"name": "x"}))) == 6


def test_roles_are_those_of_groups_and_nobody_else_gets_in() -> None:
    values = grafana_oidc.grafana_oidc(GOOD)["grafana"]
    section = values["grafana.ini"]["auth.generic_oauth"]
    assert section["role_attribute_path"] == (
        "contains(groups[*], 'platform') && 'Admin' || contains(groups[*], 'staff') && 'Viewer'"
        " || contains(groups[*], 'CN=Guests') && 'Viewer'"
    )
    assert section["role_attribute_strict"] is section["use_pkce"] is True
    assert "client_secret" not in section
    reference = {"secretKeyRef": {"name": "grafana-oidc", "key": "client-secret"}}
    assert values["envValueFrom"] == {"GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET": reference}
    assert grafana_oidc.role_path({"groups_claim": "cognito:groups", "editors": ["a"]}) == (
        "contains(\"cognito:groups\"[*], 'a') && 'Editor'"
    )


def test_without_the_setting_nothing_changes_and_with_it_ours_stays() -> None:
    without, given = (
        release("kube-prometheus-stack", **each)["values"]["grafana"]
        for each in ({}, {"monitoring_grafana_oidc": GOOD})
    )
    assert "envValueFrom" not in without
    assert "auth.generic_oauth" not in without["grafana.ini"]
    assert without["grafana.ini"].items() <= given["grafana.ini"].items()
    changed = {"grafana": {"grafana.ini": {"auth.generic_oauth": {"auto_login": True}}}}
    merged = release(
        "kube-prometheus-stack", monitoring_grafana_oidc=GOOD, monitoring_kube_prometheus_stack_values=changed
    )["values"]["grafana"]["grafana.ini"]["auth.generic_oauth"]
    assert (merged["auto_login"], merged["client_id"]) == (True, "grafana")


@pytest.mark.skipif(not HELM, reason=NO_HELM)
def test_the_chart_puts_the_secret_into_the_environment() -> None:
    """Of upstream's chart where LANDFALL_CHART_CACHE has it; the stand-in has no such container."""
    objects = rendered(release("kube-prometheus-stack", monitoring_grafana_oidc=GOOD))
    grafana = [
        each for each in objects if each["kind"] == "Deployment" and each["metadata"]["name"].endswith("-grafana")
    ]
    containers = [one for each in grafana for one in each["spec"]["template"]["spec"]["containers"]]
    variables = [one for each in containers for one in each.get("env", []) if "GENERIC_OAUTH" in one["name"]]
    if not variables:
        pytest.skip("not run: LANDFALL_CHART_CACHE does not have kube-prometheus-stack")
    assert variables[0]["valueFrom"]["secretKeyRef"] == {"name": "grafana-oidc", "key": "client-secret"}
    (config,) = [each for each in objects if each["kind"] == "ConfigMap" and "grafana.ini" in (each.get("data") or {})]
    assert "[auth.generic_oauth]" in config["data"]["grafana.ini"]
