"""A real OpenSearch of our own on loopback, and what of Elasticsearch's it has another name for, or nothing."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.efk.jars import java

START_SECONDS = 180


class OpenSearch:
    """Requests to the node at a port."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer; a body that is a text goes as it is, as a bulk."""
        kind = "application/x-ndjson" if isinstance(body, str) else "application/json"
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(  # noqa: S310
            self.url + path, data=data, method=method, headers={"Content-Type": kind}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path) -> Iterator[OpenSearch]:
    """Start a node that ends with the block, or with this process."""
    port = free_port()
    command = java("Node.java", str(folder / "node"), str(port), str(free_port()))
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        try:
            node = OpenSearch(port)
            deadline = time.monotonic() + START_SECONDS
            while not _answers(node):
                assert process.poll() is None, (folder / "log").read_text()[-3000:]
                assert time.monotonic() < deadline, f"no answer after {START_SECONDS} s"
                time.sleep(0.3)
            yield node
        finally:
            process.kill()


def _answers(node: OpenSearch) -> bool:
    try:
        return node.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")[0] == 200
    except (OSError, ValueError):
        return False


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """Return our index template with what OpenSearch calls otherwise, without what it does not have.

    `flattened` is its `flat_object`, which has no parameters; there is no failure store and no policy by that name.
    """
    made = copy.deepcopy(template)
    del made["template"]["data_stream_options"], made["template"]["settings"]["index.lifecycle.name"]
    made["template"]["mappings"] = _renamed(made["template"]["mappings"])
    return made


def translated_pipeline(pipeline: dict[str, Any]) -> dict[str, Any]:
    """Return our pipeline without the one option that OpenSearch's JSON processor does not have.

    So it reads nothing of a line with a name twice; the line itself arrives all the same.
    """
    made = copy.deepcopy(pipeline)
    for each in made["processors"]:
        each.get("json", {}).pop("allow_duplicate_keys", None)
    return made


def _renamed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node.get("type") == "flattened":
        return {"type": "flat_object"}
    return {name: _renamed(value) for name, value in node.items()}
