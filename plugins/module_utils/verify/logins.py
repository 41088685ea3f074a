"""Logins with the credentials that were made: each must be let in, and nobody without them.

That the door is closed is tried without any credentials: wrong ones would count against the user's tries.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Answer, Site, basic

CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def log_in(check: Mapping[str, Any], site: Site, user: str, password: str) -> str:
    """Log in as a check of kind login says, {service, path, field, session}; see roles/platform/meta/component.yml.

    Raises CheckFailedError, and what Site.ask raises.
    """
    by = _by_session if check.get("session") else _by_password
    by(check, site, user, password)
    return f"{user} is let in, and nobody without a password"


def _by_password(check: Mapping[str, Any], site: Site, user: str, password: str) -> None:
    """HTTP Basic: the answer names the user in a field, or is a list that is not empty."""
    _closed(site.ask(check["path"]))
    answer = site.ask(check["path"], headers=basic(user, password))
    _let_in(answer, user)
    seen = answer.json()
    if not check.get("field"):
        if not isinstance(seen, list) or not seen:
            raise CheckFailedError(f"{check['service']} lets {user} in and shows nothing")
    elif seen.get(check["field"]) != user:
        raise CheckFailedError(f"{check['service']} takes {user} for {seen.get(check['field'])!r}")


def _by_session(check: Mapping[str, Any], site: Site, user: str, password: str) -> None:
    """A session gives a token; with it, and not without, a field of the answer is true."""
    if _logged_in(check, site.ask(check["path"])):
        raise CheckFailedError(f"{check['service']} lets in who has no password")
    answer = site.ask(check["session"], method="POST", body={"username": user, "password": password})
    _let_in(answer, user)
    token = answer.json().get("token")
    if not token:
        raise CheckFailedError(f"{check['service']} lets {user} in and gives no token")
    asked = site.ask(check["path"], headers={"Authorization": f"Bearer {token}"})
    if not _logged_in(check, asked):
        raise CheckFailedError(f"{check['service']} does not accept the token that it gave {user}")


def _logged_in(check: Mapping[str, Any], answer: Answer) -> bool:
    return answer.status == HTTPStatus.OK and bool(answer.json().get(check["field"]))


def _closed(answer: Answer) -> None:
    if answer.status not in CLOSED:
        raise CheckFailedError(f"without a password the answer is {answer.status}, and not 401")


def _let_in(answer: Answer, user: str) -> None:
    if answer.status != HTTPStatus.OK:
        raise CheckFailedError(f"{user}, with the password that was made, is answered {answer.status}")
