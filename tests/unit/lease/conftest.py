import pytest

from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import Lease
from tests.fake_cluster import FakeCluster
from tests.unit.lease.clock import Clock


@pytest.fixture
def cluster():
    return FakeCluster()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lease(cluster, clock):
    return Lease(cluster, "landfall-system", clock)
