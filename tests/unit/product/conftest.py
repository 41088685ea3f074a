"""The collection as a user gets it: built, and installed into an empty folder."""

import tarfile
from pathlib import Path

import pytest

from tests import installed


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.build(tmp_path_factory.mktemp("artifact"))


@pytest.fixture(scope="session")
def names(artifact: Path) -> set[str]:
    """Return the paths of the artifact's files."""
    with tarfile.open(artifact) as archive:
        return {each.name for each in archive if not each.isdir()}


@pytest.fixture(scope="session")
def collections(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a collections path that holds the artifact alone."""
    folder = tmp_path_factory.mktemp("collections")
    installed.install(artifact, folder)
    return folder
