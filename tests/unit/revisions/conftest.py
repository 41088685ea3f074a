"""The cluster in memory of the rollout's tests."""

from tests.unit.rollout.conftest import cluster, helm_secret

__all__ = ["cluster", "helm_secret"]
