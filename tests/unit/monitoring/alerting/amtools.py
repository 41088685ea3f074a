"""The amtool programs of this machine: Debian's, and that of the Alertmanager which the pinned chart runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml

ROOT = Path(__file__).parents[4]
FOLDERS = [str(ROOT / ".landfall/bin"), *os.environ["PATH"].split(":"), "/usr/bin"]
HEADERS_SINCE = (0, 28)
"""The first Alertmanager that knows http_headers (its changelog)."""


@cache
def amtools() -> dict[str, str]:
    """Return the programs by version."""
    found = {}
    for folder in reversed(FOLDERS):
        if program := shutil.which("amtool", path=folder):
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
            version = re.search(r"version (\d[\d.]*)", said.stdout + said.stderr)
            found[version[1] if version else program] = program
    return found


def each_amtool() -> list[Any]:
    """Return the programs as parameters of a test; one that is skipped if there are none."""
    if not amtools():
        reason = "not run: amtool is not there (make system-packages brings Debian's, make test-tools the chart's)"
        return [pytest.param("", marks=pytest.mark.skip(reason=reason), id="amtool")]
    return [pytest.param(program, id=f"amtool {version}") for version, program in sorted(amtools().items())]


def version_of(program: str) -> str:
    """Return the version of one of them."""
    return next(version for version, each in amtools().items() if each == program)


def knows_headers(program: str) -> bool:
    """Whether an amtool knows http_headers."""
    return tuple(int(part) for part in version_of(program).split(".")[:2]) >= HEADERS_SINCE


def asked(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run amtool without a configuration of the user's."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = [program, *(str(each) for each in arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def written(folder: Path, config: dict[str, Any]) -> Path:
    """Write a configuration as the Secret holds it."""
    file = folder / "alertmanager.yaml"
    file.write_text(json_yaml.dump(config, indent=2))
    return file
