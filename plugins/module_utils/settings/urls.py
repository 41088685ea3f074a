"""URLs in settings have no login in them: what a setting says is shown, written into objects, and told to programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation

_OF_CHARTS = "log in by `helm registry login` or `helm repo add`, as docs/charts.md says"
_OF_IMAGES = "name a Secret with them in platform_image_pull_secrets"
_ADVICE = {
    r"argocd_repo_url": "write argocd_repo_username and argocd_repo_password",
    r"(monitoring|argocd)_receivers\b.*": "write username and password beside it",
    r"argocd_sso\b.*": "write them in argocd_sso.secrets, and here $argocd-sso:<key>",
    r"platform_chart_mirror|\w+_chart\..*": _OF_CHARTS,
    r"platform_registry|\w+_image_repository": _OF_IMAGES,
}
"""Where a login goes, by a pattern of the setting's path."""
_ELSEWHERE = "leave them out"
_MAY_HAVE_ONE = re.compile(
    r"(platform_(kubeconfig|environment|components)|\w+_values|monitoring_slos|argocd_sso\.secrets)\b"
)
"""The ways to a cluster, whose proxies take a login from there alone, and what is a chart's own matter."""
_LOGIN = re.compile(r"\s*(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<login>[^/?#]*)@", re.IGNORECASE)
_BARE_LOGIN = re.compile(r"[^/@\s]*:[^/@\s]*@(?!sha\d+:)")
_BARE = ("_mirror", "_registry", "_repository", "_url")
"""Endings of settings that hold a place without a scheme."""


def check_logins(at: Situation) -> Iterator[str]:
    """No URL holds a user or a password; it is not shown, since it would be the password too."""
    texts = (each for name, value in at.values.items() for each in _texts(value, name))
    for path, text in texts:
        if not _MAY_HAVE_ONE.match(path) and has_login(text, bare=path.endswith(_BARE)):
            yield f"{path} holds a user or a password, which processes and logs would show: {_advice(path)}."


def has_login(text: str, *, bare: bool = False) -> bool:
    """Say whether a URL has a user or a password in it; with `bare`, also a place without a scheme.

    The user of an SSH URL is who everybody logs in as.

    >>> has_login("https://token@git.example.org/a"), has_login("ssh://git@git.example.org/a")
    (True, False)
    """
    found = _LOGIN.match(text)
    if found is None:
        return bare and _BARE_LOGIN.match(text) is not None
    return ":" in found["login"] or found["scheme"].lower() not in {"ssh", "git+ssh"}


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}[{index}]")


def _advice(path: str) -> str:
    return next((advice for pattern, advice in _ADVICE.items() if re.fullmatch(pattern, path)), _ELSEWHERE)
