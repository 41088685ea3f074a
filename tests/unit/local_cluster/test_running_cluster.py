"""On a cluster that runs: that of the checkout, or the one in the folder that LANDFALL_CLUSTER_DIR names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import place, processes
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Running

CHECKOUT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.cluster


@pytest.fixture
def running() -> list[Running]:
    folder = Path(os.environ.get("LANDFALL_CLUSTER_DIR", CHECKOUT / ".landfall" / "cluster")).resolve()
    found = processes.find(folder)
    if not found:
        pytest.skip(f"no local cluster runs in {folder}: `make up` starts one")
    return found


def test_every_process_runs_once(running: list[Running]) -> None:
    assert sorted(each.name for each in running) == sorted(place.NAMES)


def test_nothing_listens_or_connects_beyond_loopback(running: list[Running]) -> None:
    assert sum(len(each.process.net_connections(kind="inet")) for each in running) > len(running)
    assert processes.strangers(running) == []
