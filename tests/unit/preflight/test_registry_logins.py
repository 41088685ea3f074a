"""Registries are asked with the logins that a user has here, in every form in which Docker and Podman keep them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import images, registry_logins
from ansible_collections.landfall.eks.plugins.module_utils.text.images import parse

USER, SECRET, IDENTITY = "acme", "not-to-be-seen", "identity-not-to-be-seen"
AUTH = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()


class Registry(BaseHTTPRequestHandler):
    """Has basic/app:1 for who logs in, and bearer/app:1 for a token that is given for a login or an identity token."""

    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.asked.append(f"{self.path} {self.headers.get('Authorization')}")
        scheme = "Basic" if "/basic/" in self.path else "Bearer"
        right = f"Basic {AUTH}" if scheme == "Basic" else "Bearer given"
        if self.headers.get("Authorization") == right:
            self.answer(200 if self.path.endswith("/1") else 404)
        else:
            address = f"http://127.0.0.1:{self.server.server_port}/token"  # type: ignore[attr-defined]
            self.answer(401, **{"WWW-Authenticate": f'{scheme} realm="{address}",service="test"'})

    def do_GET(self) -> None:
        assert parse_qs(urlsplit(self.path).query)["scope"] == ["repository:bearer/app:pull"]
        known = self.headers.get("Authorization") == f"Basic {AUTH}"
        self.answer(200 if known else 401, json.dumps({"token": "given"}).encode())

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        right = form["refresh_token"] == [IDENTITY] and form["grant_type"] == ["refresh_token"]
        self.answer(200 if right else 401, json.dumps({"access_token": "given"}).encode())

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home in which nobody has logged in."""
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def written(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def helper(home: Path, monkeypatch: pytest.MonkeyPatch, server: str, user: str = USER, secret: str = SECRET) -> None:
    """Put the credential helper `test` on PATH, which knows one server."""
    found = json.dumps({"ServerURL": server, "Username": user, "Secret": secret})
    program = home / "bin/docker-credential-test"
    written(
        program,
        f'#!/bin/sh\nread server; echo "$1 $server" >>{home}/asked\n'
        f"[ \"$1 $server\" = 'get {server}' ] && echo '{found}' && exit\n"
        "echo credentials not found in native keychain; exit 1\n",
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{home}/bin:/usr/bin:/bin")


def asked(*names: str) -> images.MissingImages:
    found = images.MissingImages()
    images.ask({image: ["demo"] for image in names}, found)
    assert SECRET not in repr(found)
    assert IDENTITY not in repr(found)
    return found


Prepare = Callable[[Path, pytest.MonkeyPatch, str], None]


def by_helper(content: Callable[[str], dict[str, Any]], **login: str) -> Prepare:
    def prepare(home: Path, monkeypatch: pytest.MonkeyPatch, registry: str) -> None:
        helper(home, monkeypatch, registry, **login)
        written(home / ".docker/config.json", content(registry))

    return prepare


def by_file(name: str, key: str = "{}", variable: str = "", value: str = "") -> Prepare:
    def prepare(home: Path, monkeypatch: pytest.MonkeyPatch, registry: str) -> None:
        written(home / name, {"auths": {key.format(registry): {"auth": AUTH}, "other.test": {"auth": "b3RoZXI6eA=="}}})
        if variable:
            monkeypatch.setenv(variable, str(home / value))

    return prepare


def identity(home: Path, monkeypatch: pytest.MonkeyPatch, registry: str) -> None:
    written(home / ".docker/config.json", {"auths": {registry: {"auth": "", "identitytoken": IDENTITY}}})


FORMS: dict[str, Prepare] = {
    "docker login": by_file(".docker/config.json"),
    "docker login by URL": by_file(".docker/config.json", "https://{}/v2/"),
    "DOCKER_CONFIG": by_file("elsewhere/config.json", variable="DOCKER_CONFIG", value="elsewhere"),
    "podman login": by_file("run/containers/auth.json", variable="XDG_RUNTIME_DIR", value="run"),
    "podman login, kept": by_file(".config/containers/auth.json"),
    "podman login below a path": by_file(".config/containers/auth.json", "{}/bearer"),
    "REGISTRY_AUTH_FILE": by_file("auth.json", variable="REGISTRY_AUTH_FILE", value="auth.json"),
    "credHelpers": by_helper(lambda registry: {"credHelpers": {registry: "test"}}),
    "credsStore": by_helper(lambda registry: {"auths": {registry: {}}, "credsStore": "test"}),
    "a helper's identity token": by_helper(
        lambda _: {"credsStore": "test"}, user=registry_logins.IDENTITY_USER, secret=IDENTITY
    ),
    "identity token": identity,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_login_in_any_form(registry: str, home: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    image, other = f"{registry}/bearer/app:1", f"{registry}/bearer/app:2"
    # A control: nobody has logged in yet.
    before = asked(image)
    assert before.problems == []
    assert (
        f"{registry} does not say whether its images are there (401, and there is no login for it here)" in before.notes
    )
    FORMS[form](home, monkeypatch, registry)
    after = asked(image, other)
    assert after.notes == []
    assert len(after.problems) == 1
    assert f"{other} of demo does not exist" in after.problems[0]


def test_a_registry_that_takes_the_login_itself(registry: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FORMS["docker login"](home, monkeypatch, registry)
    found = asked(f"{registry}/basic/app:1", f"{registry}/basic/app:2")
    assert (len(found.problems), found.notes) == (1, [])


@pytest.mark.parametrize("repository", ["basic", "bearer"])
def test_a_login_that_is_refused_is_said_and_not_shown(registry: str, home: Path, repository: str) -> None:
    wrong = base64.b64encode(f"{USER}:wrong-{SECRET}".encode()).decode()
    written(home / ".docker/config.json", {"auths": {registry: {"auth": wrong}}})
    found = asked(f"{registry}/{repository}/app:1")
    assert found.problems == []
    assert "(401, it refuses the login that is here)" in found.notes[0]


def test_a_helper_is_asked_once(registry: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FORMS["credHelpers"](home, monkeypatch, registry)
    asked(*(f"{registry}/bearer/app:{number}" for number in range(6)))
    assert (home / "asked").read_text() == f"get {registry}\n"


@pytest.mark.parametrize("content", ["no json", "[]", '{"auths": []}', '{"auths": {"HOST": {"auth": "%%"}}}', "{}"])
def test_a_file_that_is_none_is_no_login(registry: str, home: Path, content: str) -> None:
    written(home / ".docker/config.json", content.replace("HOST", registry))
    assert "no login" in asked(f"{registry}/basic/app:1").notes[0]


def test_a_helper_that_is_not_there_is_no_login(registry: str, home: Path) -> None:
    written(home / ".docker/config.json", {"credsStore": "nowhere"})
    assert "no login" in asked(f"{registry}/basic/app:1").notes[0]


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"])
def test_docker_hub_has_several_names(home: Path, key: str) -> None:
    written(home / ".docker/config.json", {"auths": {key: {"auth": AUTH}}})
    found = registry_logins.Logins({"HOME": str(home)}).of(parse("team/app:1"))
    assert found == registry_logins.Login(USER, SECRET)
    assert SECRET not in repr(found)
    assert registry_logins.Logins({"HOME": str(home)}).of(parse("quay.io/team/app:1")) is None


def test_the_first_file_counts_and_the_longest_path(home: Path) -> None:
    def auth(user: str) -> dict[str, str]:
        return {"auth": base64.b64encode(f"{user}:x".encode()).decode()}

    written(home / ".config/containers/auth.json", {"auths": {"quay.io": auth("whole"), "quay.io/team": auth("team")}})
    written(home / ".docker/config.json", {"auths": {"quay.io": auth("docker"), "ghcr.io": auth("docker")}})
    logins = registry_logins.Logins({"HOME": str(home)})
    users = [
        found.user if (found := logins.of(parse(each))) else "" for each in ("quay.io/team/a", "quay.io/b", "ghcr.io/c")
    ]
    assert users == ["team", "whole", "docker"]


def test_no_login_is_sent_where_others_could_read_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home / ".docker/config.json", {"auths": {"quay.test": {"auth": AUTH}}})
    sent: list[tuple[str, Any]] = []

    class Answer:
        status = 401
        headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="http://elsewhere.test/token"'}

        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def read(self) -> bytes:
            return b'{"token": "given"}'

    def open_url(url: str, **options: Any) -> Answer:
        sent.append((url, options["headers"].get("Authorization")))
        if url.startswith("https://quay.test") and len(sent) == 1:
            raise images.urllib.error.HTTPError(url, 401, "no", Answer.headers, None)  # type: ignore[arg-type, attr-defined]
        return Answer()

    monkeypatch.setattr(images, "open_url", open_url)
    asked("quay.test/team/app:1")
    assert sent[1][0].startswith("http://elsewhere.test/token")
    assert sent[1][1] is None
