"""Builds the image from the repository's Dockerfile into an archive, with buildah or with Docker."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appimage import base
from appimage.commands import ImageError, run

BASE = "docker.io/library/python:3.13-slim"
PULL_SECONDS = "30"
PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host")
PIP_CONF = "/etc/pip.conf"


@dataclass(frozen=True)
class Image:
    """What to build: `name` with its tag, from `checkout`, with `version` and `revision` written into it."""

    name: str
    version: str
    revision: str
    checkout: Path


@dataclass(frozen=True)
class Built:
    """An image archive, where its base came from ("registry" or "rehearsal"), and how many layers that base has."""

    base: str
    base_layers: int


def with_docker(image: Image, archive: Path) -> Built:
    """Build with Docker, as the pipeline does."""
    variables = {"IMAGE": image.name, "VERSION": image.version, "REVISION": image.revision}
    run(["bash", "app/ci/build.sh"], variables, image.checkout)
    run(["docker", "save", "--output", str(archive), image.name])
    layers = json.loads(run(["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", BASE]))
    return Built("registry", len(layers))


def with_buildah(image: Image, archive: Path) -> Built:
    """Build with buildah, in a storage dropped afterwards; on our own base if no registry answers."""
    with storage(archive.parent) as (scratch, environment):
        source = base_image(archive.parent, environment)
        command = ["buildah", "build", "--pull-never", "--format=docker", f"--tag={image.name}"]
        command += [f"--build-arg=BASE={BASE}", f"--build-arg=VERSION={image.version}"]
        command += [f"--build-arg=REVISION={image.revision}", *pip_settings(scratch), "."]
        run(command, environment, image.checkout)
        run(["buildah", "push", image.name, f"docker-archive:{archive}:{image.name}"], environment)
        inspected = json.loads(run(["buildah", "inspect", "--type=image", BASE], environment))
        return Built(source, len(inspected["OCIv1"]["rootfs"]["diff_ids"]))


@contextmanager
def storage(cache: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield a scratch folder, and the environment that makes buildah keep everything in it."""
    scratch = Path(tempfile.mkdtemp(dir=cache, prefix="buildah-"))
    settings = scratch / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "overlay"\nrunroot = "{scratch}/run"\ngraphroot = "{scratch}/graph"\n', encoding="utf-8"
    )
    # chroot: no container runtime is needed, whatever the machine's cgroups look like.
    environment = {"CONTAINERS_STORAGE_CONF": str(settings), "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(scratch)}
    try:
        yield scratch, environment
    finally:
        # Mounts of a build that was interrupted would keep the folder busy.
        with contextlib.suppress(ImageError):
            run(["buildah", "rm", "--all"], environment)
            run(["buildah", "rmi", "--all", "--force"], environment)
        for mount in sorted(_mounts_below(scratch), reverse=True):
            with contextlib.suppress(ImageError):
                run(["umount", mount])
        shutil.rmtree(scratch, ignore_errors=True)


def _mounts_below(folder: Path) -> list[str]:
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    return [each for each in mounted if each.startswith(f"{folder}/")]


def base_image(cache: Path, environment: dict[str, str]) -> str:
    """Put the base image into the storage; return where it came from."""
    with contextlib.suppress(ImageError):
        run(["timeout", PULL_SECONDS, "buildah", "pull", "--quiet", BASE], environment)
        return "registry"
    print("app image: no registry answers, so the base is made of this machine's Debian packages", file=sys.stderr)
    archive = base.ensure(cache)
    container = run(["buildah", "from", "scratch"], environment).strip()
    run(["buildah", "add", "--quiet", container, str(archive), "/"], environment)
    run(["buildah", "commit", "--quiet", "--rm", container, BASE], environment)
    return "rehearsal"


def pip_settings(scratch: Path) -> list[str]:
    """Return the options that lend this machine's package index to the build, without a trace in the image."""
    settings = dict(line.split("=", 1) for line in run([sys.executable, "-m", "pip", "config", "list"]).splitlines())
    lines = [f"{key.split('.')[-1]} = {value.strip(chr(39))}" for key, value in settings.items()]
    kept = [line for line in lines if line.split(" ")[0] in PIP_SETTINGS]
    if not kept:
        return []
    path = scratch / "pip.conf"
    path.write_text("\n".join(["[global]", *kept, ""]), encoding="utf-8")
    return [f"--volume={path}:{PIP_CONF}:ro"]
