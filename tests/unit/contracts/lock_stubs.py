"""A chart repository and a registry on loopback, with git repositories beside them: no network."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

TOKEN = "anybody"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def archive(name: str, version: str, note: str = "") -> bytes:
    """Return the bytes of a chart archive; `note` makes others of the same name and version."""
    packed = io.BytesIO()
    about = {"apiVersion": "v2", "name": name, "version": version, "description": note}
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        content = yaml.safe_dump(about).encode()
        member = tarfile.TarInfo(f"{name}/Chart.yaml")
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Upstream:
    """What the loopback server serves: files by path, and a registry's blobs and manifests, behind a token."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def chart(self, name: str, version: str, content: bytes, digest: str | None = None) -> None:
        """Serve a chart with an index, whose digest may be another than that of the bytes."""
        row: dict[str, Any] = {"apiVersion": "v2", "name": name, "version": version}
        row |= {"urls": [f"{name}-{version}.tgz"], "digest": digest or sha256(content)}
        self.files["/charts/index.yaml"] = yaml.safe_dump({"apiVersion": "v1", "entries": {name: [row]}}).encode()
        self.files[f"/charts/{name}-{version}.tgz"] = content

    def oci_chart(self, repository: str, version: str, content: bytes) -> None:
        """Serve a chart as an OCI artifact."""
        config = json.dumps({"name": repository.rpartition("/")[2], "version": version}).encode()
        rows = [
            self._blob(repository, config, "application/vnd.cncf.helm.config.v1+json"),
            self._blob(repository, content, "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
        ]
        self.manifest(repository, version, {"config": rows[0], "layers": rows[1:]})

    def manifest(self, repository: str, tag: str, fields: dict[str, Any]) -> str:
        """Serve a manifest by tag and digest; returns its digest."""
        content = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **fields}).encode()
        digest = f"sha256:{sha256(content)}"
        for reference in (tag, digest):
            self.files[f"/v2/{repository}/manifests/{reference}"] = content
        return digest

    def _blob(self, repository: str, content: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{sha256(content)}"
        self.files[f"/v2/{repository}/blobs/{digest}"] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers for the Upstream of its server."""

    server: Server

    def do_GET(self) -> None:
        upstream, path = self.server.upstream, self.path.partition("?")[0]
        upstream.asked.append(path)
        if path == "/token":
            self.answer(200, json.dumps({"token": TOKEN}).encode())
        elif path.startswith("/v2/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, b"", {"WWW-Authenticate": f'Bearer realm="{upstream.url}/token",service="stub"'})
        elif path not in upstream.files:
            self.answer(404, b"")
        elif "/manifests/" in path:
            content = upstream.files[path]
            headers = {"Content-Type": MANIFEST, "Docker-Content-Digest": f"sha256:{sha256(content)}"}
            self.answer(200, content, headers)
        else:
            self.answer(200, upstream.files[path])

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, code: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


class Server(http.server.ThreadingHTTPServer):
    """Serves an Upstream on a free port of loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = Upstream(f"127.0.0.1:{self.server_address[1]}")


@contextmanager
def serving() -> Iterator[Upstream]:
    """Serve an Upstream until the block ends."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.upstream
        server.shutdown()


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "tag.gpgSign=false"]
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(hub: Path, name: str, tag: str) -> str:
    """Commit to the bare repository `name` of a hub, made if missing, and move an annotated tag there."""
    bare = hub / name
    if not bare.exists():
        bare.mkdir(parents=True)
        git(bare, "init", "--quiet", "--bare")
    tree = git(bare, "write-tree")
    made = git(bare, "commit-tree", tree, "-m", f"number {len(list(bare.rglob('*')))}")
    git(bare, "tag", "--force", "--annotate", "--message", tag, tag, made)
    return made
