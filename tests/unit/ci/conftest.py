"""Makes the packages of tools/ importable, and gives each test a repository of its own."""

import sys
from pathlib import Path

import pytest

from tests.unit.ci.remote import ROOT, Remote

sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)
