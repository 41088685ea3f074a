"""The collection as a user gets it: built, and installed into an empty folder."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NO_REGISTRY = re.compile(r"from versions: none|Max retries|ConnectionError|ConnectTimeout|Temporary failure|timed out")
"""What pip says where no registry answers."""
GALAXY = str(Path(sys.executable).with_name("ansible-galaxy"))


def galaxy(*words: str) -> None:
    command = [GALAXY, "collection", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    galaxy("build", "--output-path", str(folder))
    return next(folder.glob("landfall-eks-*.tar.gz"))


@pytest.fixture(scope="session")
def names(artifact: Path) -> set[str]:
    """Return the paths of the artifact's files."""
    with tarfile.open(artifact) as archive:
        return {each.name for each in archive if not each.isdir()}


@pytest.fixture(scope="session")
def collections(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a collections path that holds the artifact alone."""
    folder = tmp_path_factory.mktemp("collections")
    # Forced, since the checkout itself counts as installed.
    galaxy("install", "--offline", "--no-deps", "--force", "-p", str(folder), str(artifact))
    return folder
