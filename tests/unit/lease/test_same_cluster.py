"""Two inventory hosts of one run that are one cluster are told so, in whichever workers they are looked at."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from ansible import constants

from ansible_collections.landfall.eks.plugins.filter.same_cluster import problem
from ansible_collections.landfall.eks.plugins.module_utils.lease import status
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import Busy, Lease, other_host, parts_of
from ansible_collections.landfall.eks.plugins.modules import cluster_facts
from ansible_collections.landfall.eks.plugins.modules import lease as module
from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker, run_clusters
from tests.fake_cluster import FakeCluster

BLUE, GREEN = "anna@laptop/a1/blue", "anna@laptop/a1/green"


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of its own."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def in_a_fork(host: str, uid: str) -> None:
    worker = multiprocessing.get_context("fork").Process(target=run_clusters.note, args=(host, uid))
    worker.start()
    worker.join()


def test_each_of_them_names_all_of_them() -> None:
    for host, uid in (("green", "1"), ("red", "2"), ("blue", "1"), ("arn:aws:eks:eu-west-1:1:cluster/x", "1")):
        in_a_fork(host, uid)
    said = "arn:aws:eks:eu-west-1:1:cluster/x and blue and green are the same cluster: take all but one"
    assert problem("blue").startswith(said)
    assert problem("green") == problem("blue")
    assert problem("red") == ""


def test_what_is_not_known_is_no_cluster() -> None:
    assert problem("blue") == ""
    in_a_fork("blue", "")
    in_a_fork("green", "")
    assert problem("blue") == problem("red") == ""


def test_a_host_that_is_looked_at_twice_is_one() -> None:
    for _ in range(2):
        in_a_fork("blue", "1")
    assert problem("blue") == ""


@pytest.mark.parametrize("refused", [False, True])
def test_a_cluster_is_known_by_its_first_namespace(refused: bool) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": "0af1"}}
    cluster = FakeCluster(namespace)
    if refused:
        cluster.refuse(403, method="GET", path="kube-system")
    assert cluster_facts.cluster_uid(cluster) == ("" if refused else "0af1")


@pytest.mark.parametrize(
    ("holder", "host"),
    [
        (BLUE, "blue"),
        (GREEN, ""),
        ("anna@laptop/a1", ""),
        ("anna@laptop/b2/blue", ""),
        ("bob@ci/a1/blue", ""),
        ("", ""),
    ],
)
def test_the_lease_says_for_which_host_the_own_run_has_it(holder: str, host: str) -> None:
    assert other_host(holder, GREEN) == host


def test_a_holder_of_any_age_is_understood() -> None:
    assert parts_of("anna@laptop/a1") == ("anna@laptop", "a1", "")
    assert parts_of("anna@laptop/a1/arn:x/y") == ("anna@laptop", "a1", "arn:x/y")
    assert parts_of(status.holder_name("a1", "blue"))[1:] == ("a1", "blue")


def test_the_second_host_of_a_run_is_a_stranger_to_the_lease(lease: Lease) -> None:
    lease.take(BLUE, 30)
    taken = lease.take(GREEN, 30)
    assert isinstance(taken, Busy)
    assert taken.text.endswith("(run a1)")


def test_it_does_not_wait_for_its_own_run(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = Lease(cluster, "landfall-system", cluster.server_time)
    lease.take(status.holder_name("a1", "blue"), 30)
    monkeypatch.setattr(module, "reading", lambda _: FakeReading(cluster))
    order: dict[str, Any] = {"id": "a1", "pid": 1, "root": "/", "host": "green", "jobs": "", "slice": 60}
    told = in_worker.run(module.main, {"namespace": "landfall-system", "folder": str(tmp_path), "run": order}, {})
    assert told["failed"], json.dumps(told)
    assert told["msg"].startswith("blue and green are the same cluster: take all but one of them out")


class FakeReading:
    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster

    def __enter__(self) -> FakeCluster:
        return self.cluster

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""
