"""Many API servers in one: each path begins with the name of a cluster, which has states of its own."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_objects import has_labels

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
STORAGE = "/apis/storage.k8s.io/v1"
DEPLOYMENTS = "/apis/apps/v1/deployments"

Answers = dict[str, Any]


def items(*objects: dict[str, Any]) -> Answers:
    return {"items": list(objects)}


def made(name: str, namespace: str = "", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **metadata}}


def helm(namespace: str, name: str) -> dict[str, str]:
    return {"meta.helm.sh/release-namespace": namespace, "meta.helm.sh/release-name": name}


def deployment(name: str, namespace: str, selector: dict[str, str], available: int = 1, **metadata: Any) -> Answers:
    spec = {"selector": {"matchLabels": selector}}
    return made(name, namespace, **metadata) | {"spec": spec, "status": {"availableReplicas": available}}


def node(name: str, cpu: str = "8", memory: str = "32Gi", pods: str = "110", **spec: Any) -> dict[str, Any]:
    return made(name) | {"spec": spec, "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": pods}}}


def storage_class(name: str, provisioner: str = "ebs.csi.aws.com", default: str = "true") -> dict[str, Any]:
    mark = {"storageclass.kubernetes.io/is-default-class": default}
    return made(name, annotations=mark) | {"provisioner": provisioner}


def kinds(*names: tuple[str, str]) -> Answers:
    return {"resources": [{"kind": kind, "name": name, "namespaced": False} for kind, name in names]}


GOOD: Answers = {
    "/version": {"gitVersion": "v1.35.4"},
    "/apis": {"groups": []},
    STORAGE: kinds(("StorageClass", "storageclasses"), ("CSIDriver", "csidrivers")),
    f"{STORAGE}/storageclasses": items(storage_class("gp3")),
    f"{STORAGE}/csidrivers": items(made("ebs.csi.aws.com")),
    "/api/v1/nodes": items(node("a"), node("b"), node("c")),
}
"""A cluster on which nothing is in the way; what is not named here is an empty list, or an object that is not there."""

NOTHING: Answers = {"items": [], "resources": []}
ONE_OBJECT = re.compile(r"/namespaces/[^/]+/[^/]+/[^/]+$")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        name, path = url.path.removeprefix("/").split("/", 1)
        answers = self.server.answers_of(name)  # type: ignore[attr-defined]
        found = answers.get(f"/{path}", answers.get("*", 404 if ONE_OBJECT.search(path) else NOTHING))
        if isinstance(found, int):
            self._answer({"kind": "Status", "message": "as the test wants it"}, found)
            return
        self._answer(_selected(found, dict(parse_qsl(url.query))))

    def do_HEAD(self) -> None:
        """Be a registry that has no image at all."""
        self.send_response(404)
        self.end_headers()

    def do_PUT(self) -> None:
        self._change()

    def do_PATCH(self) -> None:
        self._change()

    def do_DELETE(self) -> None:
        self._change()

    def do_POST(self) -> None:
        name, path = self.path.removeprefix("/").split("/", 1)
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = self.server.answers_of(name)  # type: ignore[attr-defined]
        if path.endswith("?dryRun=All"):
            self._answer(review, 201)
            return
        if f"/{path}" not in {REVIEWS, RULES}:
            self._change()
            return
        if isinstance(answers.get("*"), int):
            self._answer({}, answers["*"])
            return
        if f"/{path}" == RULES:
            # As on EKS, where RBAC is not the only one that is asked.
            self._answer({"status": {"incomplete": True, "resourceRules": []}}, 201)
            return
        wanted = review["spec"]["resourceAttributes"]
        denied = answers.get("denied", [])
        allowed = f"{wanted['verb']} {wanted['resource']}" not in denied if wanted["verb"] != "*" else not denied
        self._answer({"status": {"allowed": allowed}}, 201)

    def _change(self) -> None:
        self.server.changes.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]
        self._answer({}, 500)

    def _answer(self, body: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _selected(found: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Return the objects that a query's label selector picks, of those that carry labels."""
    selector = query.get("labelSelector", "")
    if not selector or "items" not in found:
        return found
    return {"items": [each for each in found["items"] if has_labels(each["metadata"].get("labels") or {}, selector)]}


class Server(ThreadingHTTPServer):
    """Knows the clusters' states and every change that was asked for."""

    daemon_threads = True
    # All rows ask at once: what does not fit into the queue would be reset.
    request_queue_size = 256

    def __init__(self, states: dict[str, Answers]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.states = states
        self.changes: list[str] = []

    def answers_of(self, name: str) -> Answers:
        return GOOD | self.states.get(name, {})


@contextmanager
def serving(states: dict[str, Answers]) -> Iterator[Server]:
    """Serve clusters of these names, each as its state says, and good ones by all other names."""
    server = Server(states)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
