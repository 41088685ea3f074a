"""The Job's script, really run, against a server that answers as Elasticsearch and Kibana do."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.logs import setup_job
from tests.unit.components.rendering import CHECKOUT

SCRIPT = CHECKOUT / "roles" / "efk" / "files" / "setup.sh"
SETUP = setup_job.Setup(14, "example.org/curl:1", "logging", "flask-app")
PASSWORD = "not-a-secret"
Answer = tuple[int, str]
Asked = tuple[str, str, str]

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="not run: there is no curl; `make system-packages`")


def as_they_do(method: str, path: str, _times: int) -> Answer:
    """Answer as both do when all is well."""
    return 200, '{"success":true,"successCount":7}' if "saved_objects" in path else '{"acknowledged":true}'


@contextmanager
def serving(answer: Callable[[str, str, int], Answer], folder: Path) -> Iterator[tuple[str, list[Asked]]]:
    """Serve https on loopback with a certificate of our own authority, whose ca.crt lies in the folder."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            user = base64.b64decode((self.headers.get("Authorization") or "Basic ").removeprefix("Basic ")).decode()
            times = sum(1 for method, path, _ in asked if (method, path) == (self.command, self.path))
            status, text = answer(self.command, self.path, times)
            if user != f"landfall-setup:{PASSWORD}":
                status, text = 400, "wrong user"
            if "saved_objects" in self.path and not self.headers.get("kbn-xsrf"):
                status, text = 400, "Request must contain a kbn-xsrf header."
            asked.append((self.command, self.path, body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_PUT = do_POST = handle_one  # noqa: N815, the library's names

        def log_message(self, *_: Any) -> None:
            pass

    now = datetime.now(UTC)
    ca = certificates.make_ca("test", now, ("localhost",))
    leaf = certificates.make_leaf(ca, ("localhost",), now).data
    pem = folder / "server.pem"
    pem.write_text(leaf["tls.crt"] + leaf["tls.key"])
    for service in ("elasticsearch", "kibana"):
        (folder / service).mkdir()
        (folder / service / "ca.crt").write_text(certificates.pem(ca.certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"https://localhost:{server.server_port}", asked
        finally:
            server.shutdown()


def run(folder: Path, url: str, seconds: int = 60) -> subprocess.CompletedProcess[str]:
    """Run the script with the Job's files, as the Job does."""
    (folder / "files").mkdir(exist_ok=True)
    for name, text in setup_job.files(SETUP, SCRIPT.read_text()).items():
        (folder / "files" / name).write_text(text)
    (folder / "credentials").mkdir(exist_ok=True)
    (folder / "credentials" / "curlrc").write_text(f'user = "landfall-setup:{PASSWORD}"')
    environment = {
        "PATH": os.environ["PATH"],
        "ELASTICSEARCH_URL": url,
        "KIBANA_URL": url,
        "DEADLINE_SECONDS": str(seconds),
        "PAUSE_SECONDS": "0.1",
        "SETUP_FILES": str(folder / "files"),
        "SETUP_SECRETS": str(folder),
        "TERMINATION_LOG": str(folder / "termination-log"),
        "TMPDIR": str(folder),
    }
    return subprocess.run(
        ["bash", folder / "files" / "setup.sh"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@needs_curl
def test_every_request_is_sent_once_in_order(tmp_path: Path) -> None:
    with serving(as_they_do, tmp_path) as (url, asked):
        done = run(tmp_path, url)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = setup_job.all_requests(SETUP)
    assert [(method, path) for method, path, _ in asked] == [(each.method, each.path) for each in wanted]
    for (_, path, body), request in zip(asked, wanted, strict=True):
        if request.service == "kibana":
            assert request.body in body
            assert 'filename="' in body
        else:
            assert (json.loads(body) if body else None) == request.body, path
    assert done.stdout.count("Set: ") == len(wanted)
    assert not (tmp_path / "termination-log").exists()


@needs_curl
def test_what_is_not_ready_yet_is_waited_for(tmp_path: Path) -> None:
    def answer(method: str, path: str, times: int) -> Answer:
        early = [(503, "starting"), (401, "who?"), (403, "not yet"), (429, "busy")]
        return early[times] if times < len(early) else as_they_do(method, path, times)

    with serving(answer, tmp_path) as (url, asked):
        done = run(tmp_path, url)
    assert done.returncode == 0, done.stderr
    assert len(asked) == 5 * len(setup_job.all_requests(SETUP))


@needs_curl
def test_a_second_run_finds_the_streams_there(tmp_path: Path) -> None:
    def answer(method: str, path: str, times: int) -> Answer:
        if path.startswith("/_data_stream/") and not path.endswith("_options"):
            return 400, '{"error":{"type":"resource_already_exists_exception"},"status":400}'
        return as_they_do(method, path, times)

    with serving(answer, tmp_path) as (url, _):
        done = run(tmp_path, url)
    assert done.returncode == 0, done.stderr


@needs_curl
@pytest.mark.parametrize(
    ("part", "answered", "words"),
    [
        ("_index_template", (400, '{"error":{"reason":"unknown\nsetting [index.lyfecycle]"}}'), "HTTP 400: {"),
        ("_data_stream/logs-node", (400, '{"error":{"type":"invalid_index_name_exception"}}'), "HTTP 400: {"),
        ("_ilm/policy", (404, "no handler"), "HTTP 404: no handler"),
        ("saved_objects", (200, '{"success":false,"errors":[{"id":"landfall-logs"}]}'), 'in part: {"success":false'),
        ("_ingest/pipeline", (503, "never ready"), "HTTP 503 until the end of 1 s: never ready"),
    ],
)
def test_a_refusal_names_the_request(tmp_path: Path, part: str, answered: Answer, words: str) -> None:
    def answer(method: str, path: str, times: int) -> Answer:
        return answered if part in path else as_they_do(method, path, times)

    with serving(answer, tmp_path) as (url, asked):
        done = run(tmp_path, url, seconds=1 if answered[0] == 503 else 60)
    assert done.returncode == 1
    refused = next(each for each in setup_job.all_requests(SETUP) if part in each.path)
    sentence = (tmp_path / "termination-log").read_text()
    assert sentence == done.stderr
    assert sentence.startswith(f"Refused: {refused.name} ({refused.method} {refused.path}): ")
    assert words in sentence
    assert sentence.count("\n") == 1
    assert asked[-1][:2] == (refused.method, refused.path), "nothing is sent after a refusal"


@needs_curl
def test_another_servers_certificate_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with serving(as_they_do, tmp_path / "other") as (_, _), serving(as_they_do, tmp_path) as (url, asked):
        for service in ("elasticsearch", "kibana"):
            (tmp_path / service / "ca.crt").write_text((tmp_path / "other" / service / "ca.crt").read_text())
        done = run(tmp_path, url, seconds=1)
    assert (done.returncode, asked) == (1, [])
    assert "certificate" in done.stderr


@needs_curl
def test_the_password_is_in_no_argument(tmp_path: Path) -> None:
    seen = tmp_path / "arguments"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "curl").write_text(f'#!/bin/sh\necho "$@" >>{seen}\nexec {shutil.which("curl")} "$@"\n')
    (tmp_path / "bin" / "curl").chmod(0o755)
    with pytest.MonkeyPatch.context() as patched, serving(as_they_do, tmp_path) as (url, _):
        patched.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        assert run(tmp_path, url).returncode == 0
    assert "--config" in seen.read_text()
    assert PASSWORD not in seen.read_text()
