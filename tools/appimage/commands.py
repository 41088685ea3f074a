"""Runs programs, and says in one sentence what went wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

LAST_LINES = 3


class ImageError(Exception):
    """What went wrong and what to do about it, in one sentence."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run `command`, with `environment` added to ours, and return what it printed; ImageError if it fails."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-LAST_LINES:]
        raise ImageError(f"`{' '.join(command[:2])}` failed: fix what it reports: {' | '.join(said)}")
    return done.stdout


def missing(programs: Mapping[str, str]) -> list[str]:
    """Return those of `programs` (the program's name and the package that brings it) that are not on PATH."""
    return [f"{name} (package {package})" for name, package in programs.items() if not shutil.which(name)]
