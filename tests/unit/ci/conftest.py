from pathlib import Path

import pytest

from tests.unit.ci.remote import Remote


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)
