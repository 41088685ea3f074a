"""What can be wrong with single sign-on to Argo CD. The settings may hold secrets, so hardly a value is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.checks import Situation
from ansible_collections.landfall.eks.plugins.module_utils.text import sso

SETTING, ADMIN = "argocd_sso", "argocd_admin_enabled"
PROVIDERS = ("dex", "oidc")
GROUPS = ("admins", "readers")
OWN = "argocd-sso"
"""The Secret that holds argocd_sso.secrets."""
_SECRETS = {"clientsecret", "bindpw", "secret", "password"}
"""Keys, in small letters, of Dex and of Argo CD whose values are secrets."""
_REFERENCE = re.compile(r"\$(?:(?P<secret>[\w.-]+):)?(?P<key>[\w.-]+)")


def check_sso(at: Situation) -> Iterator[str]:
    """One provider, whose secrets are referred to, and somebody who may do something after logging in there."""
    given: Mapping[str, Any] = at.values.get(SETTING) or {}
    there = [name for name in PROVIDERS if given.get(name)]
    if len(there) == len(PROVIDERS):
        yield f"{SETTING} has dex and oidc, of which Argo CD takes one: leave one of them out."
    for name in there:
        yield from _literal_secrets(given[name], f"{SETTING}.{name}", given.get("secrets") or {})
    if given.get("oidc"):
        yield from _provider(given["oidc"])
    for name in GROUPS:
        yield from sso.group_problems(f"{SETTING}.{name}", given.get(name) or [])
        if given.get(name) and not there:
            yield f"{SETTING}.{name} names groups of no provider: write {SETTING}.oidc or {SETTING}.dex too."
    if there and not at.values.get(ADMIN, True) and not _may_anybody(at, given):
        yield (
            f"{SETTING} lets nobody do anything, since it names no group and admin is switched off: write "
            f"{SETTING}.admins, a list of groups, or {ADMIN}: true."
        )


def _may_anybody(at: Situation, given: Mapping[str, Any]) -> bool:
    """Say whether permissions are given to anybody, in the settings or in values of the chart."""
    configs = (at.values.get("argocd_argo_cd_values") or {}).get("configs")
    return bool(given.get("admins") or given.get("rbac") or (isinstance(configs, Mapping) and configs.get("rbac")))


def _provider(oidc: Mapping[str, Any]) -> Iterator[str]:
    place = f"{SETTING}.oidc"
    if not sso.is_https(oidc.get("issuer")):
        yield f"{place}.issuer is no https URL: write your provider's, such as https://login.example.org/realms/staff."
    client = oidc.get("clientID")
    if not isinstance(client, str) or not client.strip():
        yield f"{place}.clientID is missing or no text: write the id that your provider gave the client."
    yield from sso.scope_problems(f"{place}.requestedScopes", oidc.get("requestedScopes"))


def _literal_secrets(given: Any, place: str, secrets: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each secret that everybody could read in argocd-cm, or that refers to nothing."""
    if isinstance(given, list):
        for index, each in enumerate(given):
            yield from _literal_secrets(each, f"{place}[{index}]", secrets)
    elif isinstance(given, Mapping):
        for key, value in given.items():
            if isinstance(value, str) and str(key).lower() in _SECRETS:
                yield from _reference(value, f"{place}.{key}", str(key), secrets)
            else:
                yield from _literal_secrets(value, f"{place}.{key}", secrets)


def _reference(value: str, place: str, key: str, secrets: Mapping[str, Any]) -> Iterator[str]:
    found = _REFERENCE.fullmatch(value)
    if not found:
        yield (
            f"{place} is no reference, so that everybody who may read argocd-cm would read the secret: write "
            f"${OWN}:{key}, and the secret as {SETTING}.secrets.{key}."
        )
    elif found["secret"] == OWN and found["key"] not in secrets:
        yield f"{place} refers to {value}, and {SETTING}.secrets has no {found['key']}: write it there."
