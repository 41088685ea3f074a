"""A base image for a machine that no registry answers: Debian's own Python, made with mmdebstrap.

It replaces docker.io/library/python:3.13-slim, only in rehearsals. The mirror is the one that this machine's apt
uses, and the certificates are this machine's.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from appimage.commands import ImageError, run

SUITE = "trixie"
PACKAGES = ("ca-certificates", "python3", "python3-pip")
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
ORIGIN = "Debian Debian"
PROGRAMS = {"mmdebstrap": "mmdebstrap", "apt-get": "apt"}


def key() -> str:
    """Return a digest of all that makes the base what it is."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(CERTIFICATES.read_bytes() if CERTIFICATES.is_file() else b"")
    return digest.hexdigest()[:12]


def ensure(cache: Path) -> Path:
    """Return the base's file system as a tar archive, from the cache or made now, which takes a few minutes."""
    archive = cache / f"base-{key()}.tar"
    if not archive.is_file():
        mirror = mirror_of(run(["apt-get", "indextargets", "--format", "$(LABEL) $(ORIGIN) $(REPO_URI)"]))
        print("app image: making a base image from Debian's packages (once, a few minutes) ...", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=cache, prefix="base-") as scratch:
            made = Path(scratch, "base.tar")
            run(command(mirror, made))
            made.replace(archive)
    return archive


def mirror_of(targets: str) -> str:
    """Return the address of Debian's archive from apt's own list of what it reads; ImageError where there is none."""
    for line in targets.splitlines():
        if line.startswith(f"{ORIGIN} "):
            return line.removeprefix(f"{ORIGIN} ")
    raise ImageError("apt knows no Debian archive here: write one into its sources, then run `apt-get update`.")


def command(mirror: str, target: Path) -> list[str]:
    """Return the command that makes the base as the tar archive `target`."""
    hooks = ['ln -s python3 "$1/usr/bin/python"']
    if CERTIFICATES.is_file():
        hooks.append(f'cp {CERTIFICATES} "$1{CERTIFICATES}"')
    return [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        *(f"--dpkgopt=path-exclude={each}" for each in LEFT_OUT),
        *(f"--customize-hook={each}" for each in hooks),
        SUITE,
        str(target),
        mirror,
    ]
