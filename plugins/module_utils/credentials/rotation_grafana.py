"""Grafana's own way to change a password: the Secret alone is only looked at when its database is made.

It is reached through the API server, which every setup can reach. The API server takes the Authorization header for
itself and passes none on (WithAuthentication of k8s.io/apiserver), so the login is that of a browser: POST /login,
whose cookie does pass.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import ANNOTATION
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import annotations_of
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
    Subject,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import REQUEST_TIMEOUT


def change_password(context: RotationContext, subject: Subject, *, begun_before: bool) -> None:
    """Let the next password be the one that Grafana takes; fine if it does already.

    `begun_before` says that an earlier run may have done so. At most one wrong password is tried, since Grafana locks a
    user out after five. Raises RotationError if it takes neither, or does not answer.
    """
    user = annotations_of(subject.original).get(f"{ANNOTATION}user", "admin")
    old, new = subject.data["password"], subject.following["password"]
    if begun_before and _login(context, subject, user, new):
        return
    session = _login(context, subject, user, old)
    if not session:
        raise RotationError(
            f"Grafana takes neither the old nor the new password of {user}, so somebody changed it there: set it to "
            "the one that playbooks/credentials.yml shows (grafana cli admin reset-admin-password), then run again."
        )
    change = {"oldPassword": old, "newPassword": new, "confirmNew": new}
    status, _unused = _ask(context, subject, "PUT api/user/password", change, session)
    if status != HTTPStatus.OK:
        raise RotationError(f"Grafana refuses the new password of {user} (HTTP {status}): read its log.")
    if not _login(context, subject, user, new):
        raise RotationError(f"Grafana said that {user}'s password is changed, but does not take it: run this again.")


def _login(context: RotationContext, subject: Subject, user: str, password: str) -> str:
    """Return the cookie of a session; empty if the password is wrong."""
    status, cookies = _ask(context, subject, "POST login", {"user": user, "password": password})
    if status == HTTPStatus.UNAUTHORIZED:
        return ""
    if status != HTTPStatus.OK or not cookies:
        raise RotationError(
            f"Grafana does not answer at its Service {subject.how['service']} as expected (HTTP {status}): see that "
            "its pod is ready, then run this again."
        )
    return cookies


def _ask(
    context: RotationContext, subject: Subject, what: str, body: dict[str, Any], cookies: str = ""
) -> tuple[int, str]:
    """Return an answer's status and the cookies that it sets, ready to be sent back; `what` is method and path."""
    api = context.cluster.api
    method, path = what.split()
    url = f"/api/v1/namespaces/{subject.namespace}/services/{subject.how['service']}/proxy/{path}"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    headers |= {"Cookie": cookies} if cookies else {}
    serialized = api.param_serialize(method, url, header_params=headers, body=body, auth_settings=["BearerToken"])
    response = api.call_api(*serialized, _request_timeout=REQUEST_TIMEOUT)
    content = response.read()
    if _is_of_the_cluster(content):
        return HTTPStatus.SERVICE_UNAVAILABLE, ""
    given = response.headers.getlist("Set-Cookie") if response.headers else []
    return response.status, "; ".join(each.partition(";")[0] for each in given)


def _is_of_the_cluster(content: bytes) -> bool:
    """Tell the API server's own refusal from an answer of Grafana's."""
    try:
        return bool(json.loads(content).get("kind") == "Status")
    except (ValueError, AttributeError):
        return False
