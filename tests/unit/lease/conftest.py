import pytest

from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import Lease
from tests.unit.lease.memory import Clock, MemoryCluster


@pytest.fixture
def cluster():
    return MemoryCluster()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lease(cluster, clock):
    return Lease(cluster, "landfall-system", clock)
