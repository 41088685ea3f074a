"""A cluster in memory."""

import pytest

from tests.fake_cluster import FakeCluster


@pytest.fixture
def cluster():
    return FakeCluster()
