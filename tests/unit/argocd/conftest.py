"""A cluster in memory, filled with objects by kind and name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_cluster import FakeCluster


def add(cluster: FakeCluster, kind: str, name: str, namespace: str = "flask-app", **more: Any) -> dict[str, Any]:
    """Put an object there, and return it."""
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return cluster.add({"kind": kind, "metadata": metadata, **more})


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()
