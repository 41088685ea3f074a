"""The image of the first process of each pod on the real node: one static program and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

NAME = "landfall.invalid/pause:0.1.0"
"""The host name can never exist: nothing can be pulled in its place."""
USER = "65535:65535"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def archive(program: Path, machine: str) -> bytes:
    """Return an archive as `docker save` writes it, of an image that runs `program` on `machine` (as uname says it)."""
    layer = _tar({"pause": program.read_bytes()}, mode=0o755)
    digest = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": MACHINES[machine],
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": USER},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    configuration = json.dumps(config, sort_keys=True).encode()
    name = f"{hashlib.sha256(configuration).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [NAME], "Layers": ["layer.tar"]}]
    return _tar({"manifest.json": json.dumps(manifest).encode(), name: configuration, "layer.tar": layer}, mode=0o644)


def _tar(files: dict[str, bytes], mode: int) -> bytes:
    """Return a tar archive of `files`, the same bytes every time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            out.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
