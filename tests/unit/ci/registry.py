"""A real registry on loopback with one account, and an image as build.sh leaves it: an index with attestations."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt

PROGRAMS = ("skopeo", "docker-registry")
MISSING = [name for name in PROGRAMS if not shutil.which(name)]
NOT_RUN = f"{' and '.join(MISSING)} missing: run `make system-packages` as root on Debian"
USER, TOKEN = "acme", "not-to-be-seen"
OCI = "application/vnd.oci.image"


@contextmanager
def serving(folder: Path, address: str = "", tls: dict[str, str] | None = None) -> Iterator[str]:
    """Yield the address of a registry that keeps everything in `folder`; it ends afterwards.

    With `address`, where it listened before. With `tls`, paths {certificate, key}, it speaks HTTPS.
    """
    address = address or _free_address()
    folder.mkdir(exist_ok=True)
    hashed = bcrypt.hashpw(TOKEN.encode(), bcrypt.gensalt(4)).decode()
    (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address, **({"tls": tls} if tls else {})},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("w") as log:
        command = ["docker-registry", "serve", str(folder / "config.yml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(address, process, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            opener.open(f"http://{address}/v2/", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError("the registry did not answer within a minute")


def allow_http(home: Path, address: str) -> None:
    """Let skopeo speak plain HTTP to `address`, in a home of its own."""
    path = home / ".config" / "containers" / "registries.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')


class Archive:
    """An OCI archive of one image for linux/amd64, with an SBOM attached as BuildKit does."""

    def __init__(self, path: Path, note: str) -> None:
        self._blobs: dict[str, bytes] = {}
        layer = self._blob(f"{OCI}.layer.v1.tar", _tar("note", note.encode()))
        config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers"}}
        config["rootfs"] |= {"diff_ids": [layer["digest"]]}  # type: ignore[operator]
        image = self._manifest(config, layer) | {"platform": {"architecture": "amd64", "os": "linux"}}
        statement = self._blob(
            "application/vnd.in-toto+json", json.dumps({"_type": "statement", "note": note}).encode()
        )
        unknown = {"architecture": "unknown", "os": "unknown", "rootfs": {"type": "layers", "diff_ids": []}}
        attestation = self._manifest(unknown, statement) | {
            "platform": {"architecture": "unknown", "os": "unknown"},
            "annotations": {
                "vnd.docker.reference.digest": image["digest"],
                "vnd.docker.reference.type": "attestation-manifest",
            },
        }
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [image, attestation]}
        top = self._blob(f"{OCI}.index.v1+json", json.dumps(index).encode())
        self.digest, self.manifests = top["digest"], [image["digest"], attestation["digest"]]
        self._write(path, {"schemaVersion": 2, "manifests": [top]})

    def _blob(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _manifest(self, config: dict[str, Any], layer: dict[str, Any]) -> dict[str, Any]:
        about = self._blob(f"{OCI}.config.v1+json", json.dumps(config).encode())
        manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": about, "layers": [layer]}
        return self._blob(f"{OCI}.manifest.v1+json", json.dumps(manifest).encode())

    def _write(self, path: Path, index: dict[str, Any]) -> None:
        files = {f"blobs/sha256/{digest.partition(':')[2]}": content for digest, content in self._blobs.items()}
        files |= {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": json.dumps(index).encode()}
        with tarfile.open(path, "w") as archive:
            for name, content in files.items():
                _add(archive, name, content)


def _tar(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        _add(archive, name, content)
    return packed.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
