"""Logins, over real HTTPS."""

from functools import partial
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.verify import logins
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    FAILED,
    Check,
    CheckFailedError,
    run,
)
from tests.unit.components.rendering import evaluate
from tests.unit.verify import servers
from tests.unit.verify.servers import PASSWORD, USER, leaf, serving, site


def login(role: str) -> Any:
    """Return what logs in as the contract of a component says."""
    checks = evaluate(role, f"{role}_component.checks")
    check = next(each for each in checks if each["kind"] == "login")
    return partial(logins.log_in, check)


GRAFANA, KIBANA, ARGOCD = login("monitoring"), login("efk"), login("argocd")
SERVICES = [(GRAFANA, servers.grafana), (KIBANA, servers.kibana), (ARGOCD, servers.argocd)]
by_service = pytest.mark.parametrize(("check", "server"), SERVICES, ids=["Grafana", "Kibana", "Argo CD"])


@by_service
def test_who_has_the_password_is_let_in(check: Any, server: servers.Handler) -> None:
    with serving(server, leaf()) as port:
        assert check(site(port), USER, PASSWORD) == "admin is let in, and nobody without a password"


@by_service
def test_another_password_fails(check: Any, server: servers.Handler) -> None:
    with serving(server, leaf()) as port, pytest.raises(CheckFailedError, match="is answered 401") as raised:
        check(site(port), USER, "another")
    assert "another" not in str(raised.value)


@by_service
def test_a_door_that_is_open_to_everybody_fails(check: Any, server: servers.Handler) -> None:
    answers = {"/api/v1/session/userinfo": {"loggedIn": True, "username": "anonymous"}}
    with (
        serving(lambda _, path, *__: (200, answers.get(path, {"login": USER})), leaf()) as port,
        pytest.raises(CheckFailedError, match=r"without a password|who has no password"),
    ):
        check(site(port), USER, PASSWORD)


@by_service
def test_a_broken_answer_fails(check: Any, server: servers.Handler) -> None:
    def broken(method: str, path: str, headers: dict[str, str], body: Any) -> servers.Reply:
        status, _ = server(method, path, headers, body)
        return status, "<html>"

    with serving(broken, leaf()) as port:
        assert run(Check("logins", "it", lambda: check(site(port), USER, PASSWORD))).outcome == FAILED


def test_somebody_else_is_not_the_user() -> None:
    def other(method: str, path: str, headers: dict[str, str], body: Any) -> servers.Reply:
        status, found = servers.grafana(method, path, headers, body)
        return status, {**found, "login": "viewer"}

    with serving(other, leaf()) as port, pytest.raises(CheckFailedError, match="takes admin for 'viewer'"):
        GRAFANA(site(port), USER, PASSWORD)


def test_a_token_that_is_worth_nothing_fails() -> None:
    def forgetful(method: str, path: str, headers: dict[str, str], body: Any) -> servers.Reply:
        return servers.argocd(method, path, {}, body)

    with serving(forgetful, leaf()) as port, pytest.raises(CheckFailedError, match="does not accept the token"):
        ARGOCD(site(port), USER, PASSWORD)


def test_nothing_is_sent_to_who_is_not_the_right_one() -> None:
    """The password never leaves before the certificate has been judged."""
    asked: list[str] = []

    def listening(method: str, path: str, headers: dict[str, str], body: Any) -> servers.Reply:
        asked.append(path)
        return 200, {}

    with serving(listening, leaf("evil.example.org")) as port:
        result = run(Check("logins", "it", lambda: GRAFANA(site(port), USER, PASSWORD)))
    assert (result.outcome, asked) == (FAILED, [])
    assert "Hostname mismatch" in result.detail


@pytest.mark.parametrize("role", ["monitoring", "efk", "argocd"])
def test_a_login_has_a_credential_of_its_name(role: str) -> None:
    names = [each["login"]["service"] for each in evaluate(role, f"{role}_component.credentials") if each.get("login")]
    (check,) = login(role).args
    assert check["service"] in names
