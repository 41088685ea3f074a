"""Images are asked of their registries; a registry on loopback stands in for all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import images as subject


class Registry(BaseHTTPRequestHandler):
    """Has team/app:1; wants a token, which it gives to anybody, for team/guarded:1; keeps team/private to itself."""

    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        refused = "/guarded/" in self.path and self.headers.get("Authorization") != "Bearer anybody"
        if refused or "/private/" in self.path:
            self._challenge()
        else:
            self._answer(200 if self.path.endswith("/1") else 404)

    def do_GET(self) -> None:
        assert "scope=repository%3A" in self.path
        self._answer(200, json.dumps({"token": "anybody"}).encode())

    def _challenge(self) -> None:
        self.send_response(401)
        where = f"http://127.0.0.1:{self.server.server_port}/token"  # type: ignore[attr-defined]
        self.send_header("WWW-Authenticate", f'Bearer realm="{where}",service="registry"')
        self.end_headers()

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def asked(*images: str) -> subject.Found:
    found = subject.Found()
    subject.ask({image: ["demo"] for image in images}, found)
    return found


def test_only_a_clear_no_is_a_problem(registry: str) -> None:
    found = asked(f"{registry}/team/app:1", f"{registry}/team/app:2", f"{registry}/team/guarded:1")
    assert found.asked == 3
    assert found.notes == []
    assert len(found.problems) == 1
    assert f"{registry}/team/app:2 of demo does not exist" in found.problems[0]


def test_how_our_own_image_gets_there_is_said(registry: str) -> None:
    found = subject.Found()
    images = {f"{registry}/team/app:2": ["flask-app"], f"{registry}/team/other:2": ["demo"]}
    subject.ask(images, found, {f"{registry}/team/app": "make image push"})
    ours, theirs = sorted(found.problems)
    assert "push it by `make image push`, or let the pipeline do so, or write another" in ours
    assert "does not exist in its registry: push it, or write another repository or tag." in theirs


def test_a_token_reveals_what_is_missing_too(registry: str) -> None:
    assert len(asked(f"{registry}/team/guarded:2").problems) == 1


def test_registries_that_do_not_say_are_noted_once(registry: str) -> None:
    found = asked(f"{registry}/team/private:1", f"{registry}/team/private:2", "127.0.0.1:1/team/app:1")
    assert found.problems == []
    assert len(found.notes) == 2
    assert any(f"{registry} does not say" in note and "401" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "registry", "repository", "reference"),
    [
        ("nginx", "docker.io", "library/nginx", "latest"),
        ("grafana/grafana:13", "docker.io", "grafana/grafana", "13"),
        ("quay.io/a/b:v1", "quay.io", "a/b", "v1"),
        ("localhost:5000/a", "localhost:5000", "a", "latest"),
        ("ghcr.io/a/b:v1@sha256:00", "ghcr.io", "a/b", "sha256:00"),
    ],
)
def test_references_are_taken_apart_as_container_engines_do(
    text: str, registry: str, repository: str, reference: str
) -> None:
    assert subject.parse(text) == subject.Image(registry, repository, reference)


def test_images_are_found_in_pods_custom_resources_and_arguments() -> None:
    objects: list[dict[str, Any]] = [
        {"kind": "Deployment", "spec": {"template": {"spec": {
            "containers": [{"image": "a:1", "args": ["--prometheus-config-reloader=b:1", "--log=x"]}],
            "initContainers": [{"image": "c:1"}]}}}},
        {"kind": "Prometheus", "spec": {"image": "d:1"}},
        {"kind": "ConfigMap", "data": {"image": "not-one"}},
    ]  # fmt: skip
    assert subject.images_in(objects) == {"a:1", "b:1", "c:1", "d:1"}


def test_what_is_live_as_it_shall_be_is_not_asked_for() -> None:
    release = {"values": {"replicas": 2}}
    live = {"revision": 1, "status": "deployed", "identity": subject.state.identity("abcdef", release["values"])}
    assert subject.same(release, "abcdef", live)
    assert not subject.same(release, "abd", live)
    assert not subject.same({"values": {}}, "abcdef", live)
    assert not subject.same(release, "abcdef", {**live, "status": "failed"})
    assert not subject.same(release, "abcdef", {})
