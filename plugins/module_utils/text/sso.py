"""How a provider of single sign-on, and the groups of its users, are written in settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

PLAIN = re.compile(r"\w[\w .:/@+=-]*")
"""Names that are the same in a policy of Argo CD, in JMESPath and in an INI file: no comma, quote, # or ;."""
_URL = re.compile(r"https://[^\s\"'`#;$\\]+")
OPENID = "openid"


def is_https(url: Any) -> bool:
    """Say whether something is the https URL of a host, without a fragment; of a user in it, settings.urls says so.

    >>> is_https("https://login.example.org/realms/a"), is_https("http://login.example.org"), is_https("https://a@b.c")
    (True, False, True)
    """
    if not isinstance(url, str) or not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def group_problems(place: str, groups: Iterable[Any]) -> Iterator[str]:
    """Yield a sentence for each of the groups below `place` that has no name that can be one."""
    for each in groups:
        if not isinstance(each, str) or not PLAIN.fullmatch(each):
            yield (
                f"{place} has {each!r}, which is no name of a group: write it as your provider does, in letters, "
                "digits, spaces and .:/@+=_-."
            )


def scope_problems(place: str, scopes: Any) -> Iterator[str]:
    """Yield a sentence if scopes, where there are any, are not a list with openid."""
    if scopes and (not isinstance(scopes, list) or OPENID not in scopes):
        yield f"{place} lacks openid, without which the provider tells nobody's name: write [openid, profile, email]."
