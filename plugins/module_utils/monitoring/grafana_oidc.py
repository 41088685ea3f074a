"""Login to Grafana at a provider of OpenID Connect: the chart's values, and what can be wrong with the setting."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text import sso

SETTING = "monitoring_grafana_oidc"
URLS = {"auth_url": "authorization", "token_url": "token", "api_url": "userinfo"}
"""The provider's endpoints; its /.well-known/openid-configuration names them."""
ROLES = {"admins": "Admin", "editors": "Editor", "viewers": "Viewer"}
"""Grafana's role of the members of each list of groups; the first one that fits counts."""
SCOPES = (sso.OPENID, "profile", "email", "groups")
SECRET_VARIABLE = "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_CLAIM = re.compile(r"[\w.:/-]+")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SECRET_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_SECRET_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")

Oidc = Mapping[str, Any]
"""The setting: {name, auth_url, token_url, api_url, client_id, client_secret: {name, key}, scopes, groups_claim,
admins, editors, viewers}."""


def grafana_oidc(oidc: Oidc) -> dict[str, Any]:
    """Return the values of the chart kube-prometheus-stack for a login at a provider; none if the setting is empty.

    :arg oidc: the setting monitoring_grafana_oidc
    """
    if not oidc:
        return {}
    secret = {"secretKeyRef": {key: oidc["client_secret"][key] for key in ("name", "key")}}
    section = {
        "enabled": True,
        "name": oidc.get("name") or "OpenID Connect",
        **{url: oidc[url] for url in URLS},
        "client_id": oidc["client_id"],
        "scopes": " ".join(oidc.get("scopes") or SCOPES),
        "use_pkce": True,
        "allow_sign_up": True,
        # Nobody gets in who is in none of the groups.
        "role_attribute_strict": True,
        "role_attribute_path": role_path(oidc),
    }
    return {"grafana": {"envValueFrom": {SECRET_VARIABLE: secret}, "grafana.ini": {"auth.generic_oauth": section}}}


def role_path(oidc: Oidc) -> str:
    """Return the JMESPath expression that makes a role of somebody's groups.

    >>> role_path({"admins": ["platform"], "viewers": ["staff"]})
    "contains(groups[*], 'platform') && 'Admin' || contains(groups[*], 'staff') && 'Viewer'"
    """
    claim = oidc.get("groups_claim") or "groups"
    named = claim if _WORD.fullmatch(claim) else json.dumps(claim)
    return " || ".join(
        f"contains({named}[*], '{group}') && '{role}'"
        for setting, role in ROLES.items()
        for group in oidc.get(setting) or []
    )


def problems(oidc: Oidc) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the setting; none if it is empty.

    Ansible's validator adds the fields that nobody wrote, as None.
    """
    if all(each is None for each in oidc.values()):
        return
    for field, endpoint in URLS.items():
        if not sso.is_https(oidc.get(field)):
            yield (
                f"{SETTING}.{field} is no https URL: write the {endpoint} endpoint, which "
                "/.well-known/openid-configuration of your provider names."
            )
    yield from _client(oidc)
    yield from sso.scope_problems(f"{SETTING}.scopes", oidc.get("scopes"))
    for field, pattern, example in (("groups_claim", _CLAIM, "groups"), ("name", sso.PLAIN, "Example Login")):
        if oidc.get(field) and not pattern.fullmatch(oidc[field]):
            yield f"{SETTING}.{field} cannot be written into grafana.ini: write one such as {example}."
    for field in ROLES:
        yield from sso.group_problems(f"{SETTING}.{field}", oidc.get(field) or [])
    if not any(oidc.get(field) for field in ROLES):
        yield f"{SETTING} names no group, so nobody could log in by it: write admins, editors or viewers, a list each."


def _client(oidc: Oidc) -> Iterator[str]:
    if not sso.PLAIN.fullmatch(oidc.get("client_id") or ""):
        yield f"{SETTING}.client_id is missing or none: write the id that your provider gave the client."
    secret = oidc.get("client_secret") or {}
    name, key = (str(secret.get(each) or "") for each in ("name", "key"))
    if not _SECRET_NAME.fullmatch(name) or not _SECRET_KEY.fullmatch(key):
        yield (
            f"{SETTING}.client_secret names no key of a Secret: create one in monitoring_namespace, and write "
            "{name: grafana-oidc, key: client-secret}."
        )
