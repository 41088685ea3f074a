"""The cluster in memory of the rollout's tests."""

from tests.unit.rollout.conftest import MemoryCluster, cluster, helm_secret

__all__ = ["MemoryCluster", "cluster", "helm_secret"]
