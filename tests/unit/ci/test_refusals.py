"""Servers that refuse, protect or are gone: a real git over HTTP with authentication, and an API on loopback."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.unit.ci import git_server
from tests.unit.ci.git_server import Server
from tests.unit.ci.remote import DIGEST, Ran, Remote, bump, git, script, tag

TOKEN = "not-to-be-seen"
needs_backend = pytest.mark.skipif(not git_server.BACKEND.exists(), reason=git_server.NO_BACKEND)


@pytest.fixture
def server(remote: Remote) -> Iterator[Server]:
    with git_server.serving(remote.folder) as server:
        git(remote.clone, "remote", "add", "file", f"file://{remote.bare}")
        git(remote.clone, "remote", "set-url", "origin", f"{server.url}/origin.git")
        yield server


@pytest.fixture
def built(remote: Remote) -> str:
    return remote.commit("second")


def refused(done: Ran, remote: Remote) -> str:
    """Say what a run that changed nothing said, in its one line."""
    assert done.status == 1
    assert TOKEN not in done.said
    assert "Traceback" not in done.said
    assert remote.live().tag == ""
    return done.said.splitlines()[-1]


@needs_backend
def test_a_token_that_may_write(built: str, remote: Remote, server: Server) -> None:
    server.rights[TOKEN] = "write"
    done = bump(remote.clone, built, BUMP_TOKEN=TOKEN)
    assert done.outputs["outcome"] == "pushed", done.said
    assert remote.live().tag == tag(built)
    assert {each.split()[2] for each in server.seen} == {"x-access-token"}
    assert TOKEN not in git(remote.clone, "config", "--list")


@needs_backend
def test_the_user_that_goes_with_a_token(built: str, remote: Remote, server: Server) -> None:
    server.rights[TOKEN] = "write"
    bump(remote.clone, built, BUMP_TOKEN=TOKEN, BUMP_USERNAME="oauth2")
    assert {each.split()[2] for each in server.seen} == {"oauth2"}


@needs_backend
@pytest.mark.parametrize("token", ["", "expired"])
def test_no_token_or_an_expired_one(token: str, built: str, remote: Remote, server: Server) -> None:
    server.rights[TOKEN] = "write"
    said = refused(bump(remote.clone, built, **({"BUMP_TOKEN": token} if token else {})), remote)
    assert said.startswith("bump: The fetch of main was refused (")
    assert "BUMP_TOKEN must be valid and may write the repository's contents" in said


@needs_backend
def test_a_token_that_may_only_read(built: str, remote: Remote, server: Server) -> None:
    server.rights[TOKEN] = "read"
    said = refused(bump(remote.clone, built, BUMP_TOKEN=TOKEN), remote)
    assert said.startswith("bump: The push to main was refused (")


@needs_backend
def mend_once_asked(server: Server) -> None:
    while not server.seen:
        time.sleep(0.05)
    time.sleep(1)
    server.status = None


def test_a_server_in_trouble_is_asked_again(built: str, remote: Remote, server: Server) -> None:
    server.rights[TOKEN], server.status = "write", 503
    mending = threading.Thread(target=mend_once_asked, args=(server,), daemon=True)
    mending.start()
    done = bump(remote.clone, built, BUMP_TOKEN=TOKEN)
    assert done.outputs["outcome"] == "pushed", done.said
    assert "found no server that answers" in done.said


def test_git_that_is_down_is_said_once_patience_ends(built: str, remote: Remote) -> None:
    git(remote.clone, "remote", "set-url", "origin", "http://somebody:not-to-be-seen@127.0.0.1:9/origin.git")
    said = refused(bump(remote.clone, built, "--patience", "1"), remote)
    assert said.startswith("bump: The fetch of main found no server that answers:")
    assert said.endswith("run it again later.")


def test_a_token_is_not_sent_in_the_clear(built: str, remote: Remote) -> None:
    git(remote.clone, "remote", "set-url", "origin", "http://git.example.org/origin.git")
    said = refused(bump(remote.clone, built, BUMP_TOKEN=TOKEN), remote)
    assert said == "bump: origin is reached over http (git.example.org): BUMP_TOKEN is only sent over https."


def protect(remote: Remote) -> None:
    remote.hook(
        "pre-receive",
        "while read -r _ _ name; do\n"
        '  [ "$name" != refs/heads/main ] || { echo "GH006: Protected branch update failed" >&2; exit 1; }\n'
        "done",
    )


def test_a_protected_branch_without_an_api(built: str, remote: Remote) -> None:
    protect(remote)
    said = refused(bump(remote.clone, built), remote)
    assert "declined by a rule of the server" in said
    assert "GH006: Protected branch update failed" in said
    assert "set GITHUB_REPOSITORY and BUMP_TOKEN" in said


class Api:
    """As much of GitHub's API as pull requests take."""

    def __init__(self) -> None:
        self.pulls: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, str]] = []
        self.status = 201
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(200, api.pulls)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                made = body | {"html_url": "https://github.com/acme/app/pull/1"}
                if api.status < 300:
                    api.pulls.append(made)
                self.answer(api.status, made if api.status < 300 else {"message": "not permitted"})

            def answer(self, status: int, content: Any) -> None:
                api.requests.append((self.command, self.path, self.headers["Authorization"]))
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    @property
    def variables(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.listener.server_port}"
        return {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "acme/app", "BUMP_TOKEN": TOKEN}


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.listener.shutdown()
    api.listener.server_close()


def test_a_protected_branch_takes_a_pull_request_once(built: str, remote: Remote, api: Api) -> None:
    protect(remote)
    done = bump(remote.clone, built, **api.variables)
    assert (done.status, done.outputs["outcome"]) == (0, "pull-request"), done.said
    assert done.said.endswith("a pull request waits to be merged: https://github.com/acme/app/pull/1\n")
    assert (api.pulls[0]["head"], api.pulls[0]["base"]) == (f"deploy/{tag(built)}", "main")
    assert remote.live().tag == ""
    assert remote.live(f"deploy/{tag(built)}").tag == tag(built)
    again = bump(remote.clone, built, **api.variables)
    assert again.outputs["outcome"] == "pull-request"
    assert [method for method, _, _ in api.requests] == ["GET", "POST", "GET"]
    assert {token for _, _, token in api.requests} == {f"Bearer {TOKEN}"}
    assert api.requests[0][1].endswith(f"pulls?state=open&base=main&head=acme%3Adeploy/{tag(built)}")


def test_a_pull_request_that_is_not_permitted(built: str, remote: Remote, api: Api) -> None:
    protect(remote)
    api.status = 403
    said = refused(bump(remote.clone, built, **api.variables), remote)
    assert "answers 403: not permitted." in said
    assert "allow GitHub Actions to create them in the repository's settings." in said


def test_a_merged_pull_request_can_be_taken_back(built: str, remote: Remote, api: Api) -> None:
    bump(remote.clone, built)
    newer = remote.commit("third")
    protect(remote)
    bump(remote.clone, newer, **api.variables)
    (remote.bare / "hooks" / "pre-receive").unlink()
    git(remote.bare, "update-ref", "refs/heads/main", f"deploy/{tag(newer)}")
    assert remote.live().tag == tag(newer)
    done = script("bump.py", remote.clone, "--revert", "--tag", tag(newer), "--push", "main")
    assert done.outputs["outcome"] == "pushed"
    assert (remote.live().tag, remote.live().digest) == (tag(built), DIGEST)
