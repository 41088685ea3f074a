#!/usr/bin/env python3
"""Builds the Flask application's image for real, from its Dockerfile as it stands, into an archive in a cache.

LANDFALL_BUILDER says with what: buildah (root) or docker. With buildah, where no registry answers, the base image is
made of this machine's own Debian packages: for rehearsals, never for a release.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import yaml
from appimage import base
from appimage.builders import BASE, Built, Image, with_buildah, with_docker
from appimage.commands import ImageError, missing

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = ("Dockerfile", ".dockerignore", "app/requirements.txt", "app/gunicorn.conf.py", "app/landfall_app")
BUILDERS = {"buildah": with_buildah, "docker": with_docker}
PROGRAMS = {"buildah": {"buildah": "buildah", **base.PROGRAMS}, "docker": {"docker": "docker"}}


def default_cache() -> Path:
    """Return where images are kept when no folder is given."""
    if os.environ.get("LANDFALL_IMAGE_CACHE"):
        return Path(os.environ["LANDFALL_IMAGE_CACHE"]).expanduser().absolute()
    given = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return root / "landfall" / "images"


def docker_answers() -> bool:
    """Say whether a Docker engine is here; its client alone builds nothing."""
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([str(docker), "info"], capture_output=True, check=False).returncode == 0


def builder() -> str:
    """Return which builder to use; ImageError, before anything is done, if it cannot work here."""
    name = os.environ.get("LANDFALL_BUILDER") or ("docker" if docker_answers() else "buildah")
    if name not in BUILDERS:
        raise ImageError(f"LANDFALL_BUILDER is {name!r}: write buildah or docker.")
    if name == "buildah" and os.geteuid() != 0:
        raise ImageError(
            "Building the image with buildah needs root: run this as root, or set LANDFALL_BUILDER=docker."
        )
    lacking = missing(PROGRAMS[name])
    if lacking:
        raise ImageError(
            f"Building the image needs {', '.join(lacking)}: run `make system-packages` as root on Debian."
        )
    return name


def digest(checkout: Path, name: str) -> str:
    """Return a digest of all that goes into the image called `name`."""
    found = hashlib.sha256(f"{name} {BASE} {base.key()}".encode())
    for each in SOURCES:
        path = checkout / each
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(checkout)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:12]


def image_of(checkout: Path) -> Image:
    """Return the image that the chart asks for when nobody names another."""
    chart, values = (yaml.safe_load((checkout / "app/chart" / f).read_text()) for f in ("Chart.yaml", "values.yaml"))
    version = str(chart["appVersion"])
    name = f"docker.io/{values['image']['repository']}:{version}"
    return Image(name, version, f"local-{digest(checkout, name)}", checkout)


def ensure(cache: Path) -> dict[str, Any]:
    """Return {name, archive, id, base, base_bytes, bytes, changed}; build the image unless the cache holds it."""
    image = image_of(CHECKOUT)
    archive = cache / f"flask-app-{image.revision.removeprefix('local-')}.tar"
    record = archive.with_suffix(".json")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed = not (archive.is_file() and record.is_file())
        if changed:
            print(f"app image: building {image.name} ...", file=sys.stderr)
            scratch = archive.with_suffix(".new")
            scratch.unlink(missing_ok=True)
            built = BUILDERS[builder()](image, scratch)
            record.write_text(json.dumps(describe(scratch, built)), encoding="utf-8")
            scratch.replace(archive)
    return {"name": image.name, "archive": str(archive), "changed": changed, **json.loads(record.read_text())}


def describe(archive: Path, built: Built) -> dict[str, Any]:
    """Return the image's id and, in bytes without compression, what it and its base hold."""
    with tarfile.open(archive) as opened:
        manifest = json.load(opened.extractfile("manifest.json") or sys.stdin)[0]
        sizes = [_member(opened, layer).size for layer in manifest["Layers"]]
    return {
        "id": manifest["Config"].removesuffix(".json").rpartition("/")[2],
        "base": built.base,
        "base_bytes": sum(sizes[: built.base_layers]),
        "bytes": sum(sizes),
    }


def _member(archive: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    """Return a file of the archive; a layer may be a link to another."""
    member = archive.getmember(name)
    return archive.getmember(os.path.normpath(Path(name).parent / member.linkname)) if member.issym() else member


def main() -> int:
    """Run the command; the exit status is 1 after a sentence on what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where images are kept (%(default)s)")
    parser.add_argument("--check", action="store_true", help="only say whether everything that a build needs is here")
    options = parser.parse_args()
    try:
        if options.check:
            builder()
        else:
            print(json.dumps(ensure(options.cache.absolute()), indent=2))
    except ImageError as error:
        print(f"app_image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
