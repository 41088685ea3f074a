"""The wait, as the workflow runs it: an Argo CD and an application that answer from loopback, and change."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.unit.ci.remote import Ran, Remote, bump, script, tag
from tests.unit.ci.test_argocd import CRASH, deployment, status

TOKEN = "not-to-be-seen"
FAST = ("--interval", "0.05", "--grace", "0.3", "--timeout", "30")
Answer = tuple[int, Any]


class Server:
    """Answers with what `answer` makes of the path and of how often it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[str, int], Answer] = lambda *_: (404, {})
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.tokens.add(self.headers["Authorization"])
                server.asked.append(self.path)
                code, content = server.answer(urlsplit(self.path).path, len(server.asked))
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.listener.shutdown()
    server.listener.server_close()


class Bumped:
    """A remote with a bump on it, which is waited for."""

    def __init__(self, remote: Remote) -> None:
        self.remote, self.before = remote, remote.commit("second")
        self.built = remote.commit("third")
        self.revision = bump(remote.clone, self.built).outputs["revision"]

    def application(self, revision: str = "", **changes: Any) -> dict[str, Any]:
        """Return an Application that is Synced to `revision`, the bump by default."""
        at = revision or self.revision
        images = {"images": [f"acme/app:{tag(self.built)}"]}
        usual = {"sync": {"status": "Synced", "revision": at}, "summary": images}
        application = status(**(usual | changes))
        application["status"]["operationState"]["syncResult"]["revision"] = at
        return application

    def wait(self, *arguments: str, **environment: str) -> Ran:
        options = ["--tag", tag(self.built), "--commit", self.built, "--revision", self.revision, *FAST]
        return script("deployed.py", self.remote.clone, *options, *arguments, **environment)


@pytest.fixture
def bumped(remote: Remote) -> Bumped:
    return Bumped(remote)


def argo(server: Server) -> dict[str, str]:
    return {"ARGOCD_SERVER": server.url, "ARGOCD_AUTH_TOKEN": TOKEN}


def test_argo_cd_gets_there(bumped: Bumped, server: Server) -> None:
    steps = [
        bumped.application(bumped.before),
        bumped.application(operationState={"phase": "Running", "syncResult": {}}),
        bumped.application(health={"status": "Progressing"}, resources=deployment("Progressing", "1 of 2 updated")),
        bumped.application(),
    ]

    def answer(path: str, asked: int) -> Answer:
        return 200, {} if path.endswith("/resource-tree") else steps[min(asked, len(steps)) - 1]

    server.answer = answer
    done = bumped.wait(**argo(server))
    assert done.status == 0, done.said
    assert done.outputs == {"verdict": "healthy", "cause": "flask-app is Synced and Healthy."}
    assert "flask-app is Progressing; Deployment flask-app: 1 of 2 updated" in done.said
    assert server.asked[0] == "/api/v1/applications/flask-app?refresh=normal"
    assert server.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in done.said


def test_a_crash_is_failed_with_its_cause(bumped: Bumped, server: Server) -> None:
    broken = bumped.application(
        health={"status": "Degraded"},
        resources=deployment("Degraded", "exceeded its\nprogress deadline\nverdict=healthy"),
    )
    pod = {"kind": "Pod", "name": "x", "health": {"status": "Degraded", "message": CRASH}}
    server.answer = lambda path, _: (200, {"nodes": [pod]} if path.endswith("/resource-tree") else broken)
    done = bumped.wait(**argo(server))
    assert (done.status, done.outputs["verdict"]) == (1, "failed")
    assert "exceeded its progress deadline" in done.outputs["cause"]
    assert f"Pod x: {CRASH}" in done.outputs["cause"]


def test_a_failure_that_does_not_last_is_none(bumped: Bumped, server: Server) -> None:
    broken = bumped.application(health={"status": "Degraded"})

    def answer(path: str, asked: int) -> Answer:
        return 200, {} if path.endswith("/resource-tree") else (broken if asked == 1 else bumped.application())

    server.answer = answer
    assert bumped.wait(**argo(server)).outputs["verdict"] == "healthy"


def test_time_runs_out_with_what_was_seen_last(bumped: Bumped, server: Server) -> None:
    late = bumped.application(bumped.before, conditions=[{"type": "ComparisonError", "message": "git does not answer"}])
    server.answer = lambda *_: (200, late)
    done = bumped.wait("--timeout", "0.5", **argo(server))
    assert (done.status, done.outputs["verdict"]) == (1, "failed")
    assert "not at the bump yet; ComparisonError: git does not answer" in done.outputs["cause"]


def test_a_later_commit_that_deploys_another_image(bumped: Bumped, server: Server) -> None:
    newer = bumped.remote.commit("newer")
    other = bumped.remote.cloned("other")
    later = bump(other, newer).outputs["revision"]
    server.answer = lambda *_: (200, bumped.application(later))
    done = bumped.wait(**argo(server))
    assert (done.status, done.outputs["verdict"]) == (0, "superseded")
    assert f"deploys {tag(newer)} by now" in done.outputs["cause"]


def test_a_later_commit_with_the_same_image_is_as_good(bumped: Bumped, server: Server) -> None:
    later = bumped.remote.commit("theirs", "theirs", bumped.remote.cloned("other"))
    server.answer = lambda *_: (200, bumped.application(later))
    assert bumped.wait(**argo(server)).outputs["verdict"] == "healthy"


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_credential_that_is_refused_is_no_reason_to_take_anything_back(
    code: int, bumped: Bumped, server: Server
) -> None:
    server.answer = lambda *_: (code, {"error": "x", "code": 7, "message": "token has expired"})
    for arguments in ((), ("--check",)):
        done = bumped.wait(*arguments, **argo(server))
        assert (done.status, done.outputs["verdict"]) == (2, "unknown")
        assert f"answers {code}: token has expired." in done.outputs["cause"]
        assert TOKEN not in done.said


def test_an_argo_cd_that_is_down_is_unknown(bumped: Bumped) -> None:
    environment = {"ARGOCD_SERVER": "http://127.0.0.1:9", "ARGOCD_AUTH_TOKEN": TOKEN}
    done = bumped.wait("--timeout", "0.5", **environment)
    assert (done.status, done.outputs["verdict"]) == (2, "unknown")
    assert "does not answer" in done.outputs["cause"]


def test_a_short_trouble_is_waited_out(bumped: Bumped, server: Server) -> None:
    server.answer = lambda _, asked: (502, b"<html>") if asked < 4 else (200, bumped.application())
    assert bumped.wait(**argo(server)).outputs["verdict"] == "healthy"


def test_a_redirection_is_not_followed_with_the_token(bumped: Bumped, server: Server) -> None:
    server.answer = lambda *_: (302, {})
    done = bumped.wait(**argo(server))
    assert done.outputs["verdict"] == "unknown"
    assert not [path for path in server.asked if "elsewhere" in path]


def test_the_version_is_that_of_all_pods(bumped: Bumped, server: Server) -> None:
    def answer(_: str, asked: int) -> Answer:
        return 200, {"revision": bumped.before if asked in {1, 3, 6} else bumped.built}

    server.answer = answer
    done = bumped.wait(VERSION_URL=f"{server.url}/")
    assert done.outputs["verdict"] == "healthy"
    assert len(server.asked) == 6 + 5
    assert server.tokens == {None}


def test_a_version_that_does_not_come(bumped: Bumped, server: Server) -> None:
    server.answer = lambda *_: (200, {"revision": bumped.before})
    done = bumped.wait("--timeout", "0.5", VERSION_URL=server.url)
    assert (done.status, done.outputs["verdict"]) == (1, "failed")
    assert f"still answers revision {bumped.before}" in done.outputs["cause"]


def test_an_application_that_stops_answering_failed(bumped: Bumped, server: Server) -> None:
    server.answer = lambda _, asked: (200, {"revision": bumped.before}) if asked < 3 else (503, b"")
    done = bumped.wait("--timeout", "4", VERSION_URL=server.url)
    assert (done.status, done.outputs["verdict"]) == (1, "failed")
    assert "answers no more" in done.outputs["cause"]


def test_both_are_looked_at(bumped: Bumped, server: Server) -> None:
    def answer(path: str, _: int) -> Answer:
        return 200, bumped.application() if path.startswith("/api/") else {"revision": bumped.built}

    server.answer = answer
    done = bumped.wait(VERSION_URL=f"{server.url}/", **argo(server))
    assert done.outputs["verdict"] == "healthy"
    assert "is Synced and Healthy" in done.outputs["cause"]
    assert "5 times in a row" in done.outputs["cause"]


def test_check_looks_and_changes_nothing(bumped: Bumped, server: Server) -> None:
    server.answer = lambda path, _: (200, bumped.application() if path.startswith("/api/") else {"revision": "x"})
    done = script("deployed.py", bumped.remote.clone, "--check", VERSION_URL=f"{server.url}/", **argo(server))
    assert done.status == 0
    assert server.asked == ["/api/v1/applications/flask-app", "/"]


def test_before_the_first_rollout_nothing_answers_and_that_is_fine(bumped: Bumped) -> None:
    done = script("deployed.py", bumped.remote.clone, "--check", VERSION_URL="http://127.0.0.1:9/")
    assert done.status == 0
    assert "It may do so after the first rollout." in done.said


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "Nothing says where to look: set ARGOCD_SERVER or VERSION_URL."),
        ({"ARGOCD_SERVER": "argocd.example.org"}, "ARGOCD_AUTH_TOKEN is missing"),
        ({"ARGOCD_SERVER": "http://argocd.example.org", "ARGOCD_AUTH_TOKEN": TOKEN}, "no token is sent there"),
        ({"VERSION_URL": "flask.example.org"}, "'flask.example.org' is no address of a server"),
        ({"VERSION_URL": "https://localhost/", "PLATFORM_CA": "no certificate"}, "PLATFORM_CA holds no certificate"),
        ({"VERSION_URL": "https://localhost/", "PLATFORM_CA_FILE": "/no/such"}, "PLATFORM_CA_FILE holds no"),
    ],
)
def test_settings_that_cannot_be_used(environment: dict[str, str], sentence: str, remote: Remote) -> None:
    done = script("deployed.py", remote.clone, "--check", **environment)
    assert (done.status, done.outputs["verdict"]) == (2, "unknown")
    assert sentence in done.outputs["cause"]
    assert TOKEN not in done.said
