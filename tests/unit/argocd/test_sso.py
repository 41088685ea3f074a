"""Single sign-on to Argo CD: what is refused, that no secret is shown, and what comes of it when it is right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.argocd import sso
from ansible_collections.landfall.eks.plugins.module_utils.argocd.accounts import argocd_policy
from tests.unit.components.rendering import evaluate, release

ISSUER = "https://login.example.org/realms/platform"
OIDC = {"name": "Example", "issuer": ISSUER, "clientID": "argocd", "clientSecret": "$argocd-sso:clientSecret"}
GOOD = {"oidc": OIDC, "secrets": {"clientSecret": "s3cret"}, "admins": ["platform"], "readers": ["All Staff"]}


def said(admin: bool = False, values: dict[str, Any] | None = None, **given: Any) -> list[str]:
    settings = {"argocd_sso": given, "argocd_admin_enabled": admin, "argocd_argo_cd_values": values or {}}
    return list(sso.check_sso(SimpleNamespace(values=settings, roles=("argocd",))))


def test_what_is_right_is_let_through() -> None:
    assert said(**GOOD) == []
    assert said() == []
    assert said(admin=True, oidc=OIDC, secrets={"clientSecret": "x"}) == []
    assert said(oidc={**OIDC, "clientSecret": "$other-secret:key"}, rbac={"policy.csv": "g, a, role:admin"}) == []
    assert said(oidc={**OIDC, "clientSecret": "$oidc.example.key"}, values={"configs": {"rbac": {"x": "y"}}}) == []
    dex = {"connectors": [{"type": "ldap", "config": {"bindPW": "$argocd-sso:bindPW"}}]}
    assert said(dex=dex, secrets={"bindPW": "s3cret"}, admins=["platform"]) == []


@pytest.mark.parametrize(
    "issuer", [None, "", 7, "http://login.example.org", "login.example.org", "https://", f"{ISSUER}#a"]
)
def test_the_issuer_is_an_https_url(issuer: Any) -> None:
    (sentence,) = said(**GOOD | {"oidc": {**OIDC, "issuer": issuer}})
    assert sentence.startswith("argocd_sso.oidc.issuer is no https URL: write your provider's")


@pytest.mark.parametrize("client", [None, "", " ", 7, ["argocd"]])
def test_the_client_has_an_id(client: Any) -> None:
    (sentence,) = said(**GOOD | {"oidc": {**OIDC, "clientID": client}})
    assert sentence.startswith("argocd_sso.oidc.clientID is missing")


@pytest.mark.parametrize("secret", ["s3cret", "", "$", "$a:b:c", "$a b"])
def test_a_secret_is_a_reference_and_is_not_shown(secret: str) -> None:
    (sentence,) = said(**GOOD | {"oidc": {**OIDC, "clientSecret": secret}})
    assert sentence.startswith("argocd_sso.oidc.clientSecret is no reference")
    assert "write $argocd-sso:clientSecret, and the secret as argocd_sso.secrets.clientSecret" in sentence
    assert "s3cret" not in sentence
    config = {"config": {"clientSecret": secret}}
    (sentence,) = said(dex={"connectors": [config]}, admins=["platform"])
    assert sentence.startswith("argocd_sso.dex.connectors[0].config.clientSecret is no reference")


def test_a_reference_leads_to_a_secret_that_is_there() -> None:
    (sentence,) = said(**GOOD | {"secrets": {"client": "s3cret"}})
    assert sentence == (
        "argocd_sso.oidc.clientSecret refers to $argocd-sso:clientSecret, and argocd_sso.secrets has no clientSecret: "
        "write it there."
    )


@pytest.mark.parametrize("group", ["", "a, role:admin", 'a"b', "a\nb", "#a", 7])
@pytest.mark.parametrize("field", ["admins", "readers"])
def test_groups_have_names_that_a_policy_can_hold(field: str, group: Any) -> None:
    (sentence,) = said(**GOOD | {field: [group]})
    assert sentence.startswith(f"argocd_sso.{field} has {group!r}, which is no name of a group")


def test_groups_are_of_a_provider() -> None:
    assert said(admin=True, admins=["platform"]) == [
        "argocd_sso.admins names groups of no provider: write argocd_sso.oidc or argocd_sso.dex too."
    ]


@pytest.mark.parametrize("scopes", ["openid", ["profile"], {"openid": True}])
def test_scopes_name_openid(scopes: Any) -> None:
    sentences = said(**GOOD | {"oidc": {**OIDC, "requestedScopes": scopes}})
    assert [each.partition(" lacks ")[0] for each in sentences] == ["argocd_sso.oidc.requestedScopes"]


def test_somebody_may_do_something() -> None:
    (sentence,) = said(oidc=OIDC, secrets={"clientSecret": "x"})
    assert "lets nobody do anything" in sentence
    assert sentence.endswith("write argocd_sso.admins, a list of groups, or argocd_admin_enabled: true.")


def test_two_providers_are_one_too_many() -> None:
    assert "argocd_sso has dex and oidc" in said(**GOOD | {"dex": {"connectors": []} | {"x": 1}})[0]


def test_groups_come_between_the_lines_given_and_the_accounts() -> None:
    accounts = {"pipeline": ["applications, get, a/b"]}
    given = {"role:admin": ["platform", "CN=Admins"], "role:readonly": []}
    assert argocd_policy(accounts, "p, x, y, z, w, allow", given).splitlines() == [
        "p, x, y, z, w, allow",
        "g, platform, role:admin",
        "g, CN=Admins, role:admin",
        "p, pipeline, applications, get, a/b, allow",
    ]


@pytest.mark.parametrize(
    ("settings", "enabled"),
    [
        ({}, True),
        ({"argocd_sso": GOOD}, False),
        ({"argocd_sso": {"dex": {"connectors": []}, "secrets": {}}}, False),
        ({"argocd_sso": GOOD, "argocd_admin_enabled": True}, True),
        ({"argocd_sso": {"rbac": {}}}, True),
        ({"argocd_admin_enabled": False}, False),
    ],
)
def test_admin_is_off_where_people_log_in_at_the_provider(settings: dict[str, Any], enabled: bool) -> None:
    configs = release("argo-cd", **settings)["values"]["configs"]
    assert configs["cm"].get("admin.enabled", True) is enabled
    assert bool(evaluate("argocd", "argocd_component.checks", **settings)) is enabled
    (admin,) = [
        each for each in evaluate("argocd", "__argocd_credentials", **settings) if each["name"] == "argocd-admin"
    ]
    assert admin["login"]["service"] == ("Argo CD" if enabled else "Argo CD (admin is switched off)")


def test_groups_have_their_roles_and_the_secret_is_in_no_value() -> None:
    values = release("argo-cd", argocd_sso=GOOD)["values"]
    policy = values["configs"]["rbac"]["policy.csv"].splitlines()
    assert policy[:2] == ["g, platform, role:admin", "g, All Staff, role:readonly"]
    assert "$argocd-sso:clientSecret" in values["configs"]["cm"]["oidc.config"]
    assert "s3cret" not in str(values)
