"""Logins with the credentials that were made: each must be let in, and nobody without them.

That the door is closed is tried without any credentials: wrong ones would count against the user's tries.
"""

from __future__ import annotations

from http import HTTPStatus

from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Answer, Site, basic

CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def grafana(site: Site, user: str, password: str) -> str:
    """Ask Grafana who is logged in (https://grafana.com/docs/grafana/latest/developers/http_api/user/)."""
    _closed(site.ask("/api/user"))
    answer = site.ask("/api/user", headers=basic(user, password))
    _let_in(answer, user)
    seen = answer.json().get("login")
    if seen != user:
        raise CheckFailedError(f"Grafana takes {user} for {seen!r}")
    return f"{user} is let in, and nobody without a password"


def kibana(site: Site, user: str, password: str) -> str:
    """Ask Kibana for its spaces (https://www.elastic.co/docs/api/doc/kibana, GET /api/spaces/space)."""
    _closed(site.ask("/api/spaces/space"))
    answer = site.ask("/api/spaces/space", headers=basic(user, password))
    _let_in(answer, user)
    spaces = answer.json()
    if not isinstance(spaces, list) or not spaces:
        raise CheckFailedError(f"Kibana lets {user} in and shows no space")
    return f"{user} is let in, and nobody without a password"


def argocd(site: Site, user: str, password: str) -> str:
    """Begin a session of Argo CD and ask whose it is (its swagger.json, session/userinfo)."""
    if _logged_in(site.ask("/api/v1/session/userinfo")):
        raise CheckFailedError("Argo CD lets in who has no password")
    answer = site.ask("/api/v1/session", method="POST", body={"username": user, "password": password})
    _let_in(answer, user)
    token = answer.json().get("token")
    if not token:
        raise CheckFailedError(f"Argo CD lets {user} in and gives no token")
    asked = site.ask("/api/v1/session/userinfo", headers={"Authorization": f"Bearer {token}"})
    if not _logged_in(asked):
        raise CheckFailedError(f"Argo CD does not accept the token that it gave {user}")
    return f"{user} is let in, and nobody without a password"


def _logged_in(answer: Answer) -> bool:
    return answer.status == HTTPStatus.OK and bool(answer.json().get("loggedIn"))


def _closed(answer: Answer) -> None:
    if answer.status not in CLOSED:
        raise CheckFailedError(f"without a password the answer is {answer.status}, and not 401")


def _let_in(answer: Answer, user: str) -> None:
    if answer.status != HTTPStatus.OK:
        raise CheckFailedError(f"{user}, with the password that was made, is answered {answer.status}")
