"""The collection as a user gets it: built and installed, on the oldest ansible-core that it names and the newest."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PINS = "tests/unit/product/oldest.txt"
NO_REGISTRY = re.compile(r"from versions: none|Max retries|ConnectionError|ConnectTimeout|Temporary failure|timed out")
"""What pip says where no registry answers."""


class Core(NamedTuple):
    """An ansible-core: the folder of its programs, and where else it finds collections."""

    programs: Path
    beside: str = ""


NEWEST = Core(Path(sys.executable).parent)


def galaxy(*words: str) -> None:
    command = [str(NEWEST.programs / "ansible-galaxy"), "collection", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)


def build(folder: Path) -> Path:
    """Build the collection into a folder; return the archive."""
    galaxy("build", "--output-path", str(folder))
    return next(folder.glob("landfall-eks-*.tar.gz"))


def install(artifact: Path, folder: Path) -> None:
    """Install the archive into a folder, which is then a collections path that holds nothing else."""
    # Forced, since the checkout itself counts as installed.
    galaxy("install", "--offline", "--no-deps", "--force", "-p", str(folder), str(artifact))


def oldest() -> Core:
    """Make the oldest core on the oldest Python that is there, once; the newest one runs on that of the tests."""
    command = ["bash", "tools/cached_venv.sh", "oldest-core-and-python", PINS]
    environment = {**os.environ, "LANDFALL_PYTHON": "3.12 3.13"}
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if made.returncode and NO_REGISTRY.search(made.stderr):
        pytest.skip(f"not run: the packages of {PINS} are in no registry that answers here")
    assert made.returncode == 0, made.stderr
    # The package ansible of its own time brings a kubernetes.core that is older than what galaxy.yml asks for.
    return Core(Path(made.stdout.strip()) / "bin", bundled())


def bundled() -> str:
    """Return the folder of the collections that came with the package ansible."""
    found = find_spec("ansible_collections.kubernetes.core")
    assert found
    assert found.submodule_search_locations
    return str(Path(next(iter(found.submodule_search_locations))).parents[2])
