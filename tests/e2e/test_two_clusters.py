"""Two clusters from one checkout, in one play and in two runs at once: none touches a file of the other one."""

import hashlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bench import clusters
from tests.e2e.machine import until

pytestmark = pytest.mark.cluster

PART = ("--tags", "metrics_server")
SLOW = 10
"""Seconds that pods of the first cluster take in the test of two runs, so that the other run ends before it."""
POD_STAGE = ("stages.kwok.x-k8s.io", "pod-ready")
OWN_PROGRAMS = ("cluster", "bin")
"""Folders of a state folder that the embedded cluster's programs write to, whoever runs."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    with clusters.fresh(tmp_path_factory.mktemp("two"), 2) as made:
        made.seconds(made.playbook("site.yml", *PART, *wanted("first")))
        yield made


def wanted(word):
    """Return options that give each host a value of its own."""
    return ("-e", json.dumps({"metrics_server_values": {"args": [f"{{{{ inventory_hostname }}}}-{word}"]}}))


def run(both, name, word):
    """Change the release on one of the clusters; fail unless the run succeeds."""
    both.seconds(both.playbook("site.yml", *PART, *wanted(word), "--limit", name))


def freed(both):
    """Wait until nothing of a run is left: the processes that free its Leases outlive it."""
    until(lambda: not any(list(each.folder.glob("lease-*")) for each in both.all.values()), 60, "no Lease is held")


def files(cluster):
    """Return the files of a state folder with what tells a write: inode, time and content."""
    found = {}
    for path in sorted(cluster.folder.rglob("*")):
        place = path.relative_to(cluster.folder)
        if place.parts[0] not in OWN_PROGRAMS and path.is_file():
            of = path.stat()
            found[str(place)] = (of.st_ino, of.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def value(both, name):
    """Return the argument that Helm's latest revision on a cluster has, and how often it was rolled out."""
    command = ["helm", f"--kubeconfig={both.all[name].folder}/kubeconfig", "--namespace=kube-system"]
    words = {"get": ("get", "values", "metrics-server", "-o", "json"), "list": ("list", "-o", "json")}
    said = {
        key: json.loads(subprocess.check_output([*command, *each], env=both.environment)) for key, each in words.items()
    }
    assert [each["status"] for each in said["list"]] == ["deployed"]
    return said["get"]["args"][0], int(said["list"][0]["revision"])


def summary(cluster):
    return json.loads((cluster.folder / "summary.json").read_text())


def assert_nothing_left(both):
    """Expect no folder of background jobs in either state folder, once the Leases are free."""
    freed(both)
    assert [list((cluster.folder / "run").glob("*")) for cluster in both.all.values()] == [[], []]


def test_one_play_rolls_out_on_both(both):
    for name, cluster in both.all.items():
        assert value(both, name) == (f"{name}-first", 1)
        assert summary(cluster)["cluster"] == name
    assert_nothing_left(both)


def test_a_run_leaves_the_files_of_the_other_cluster(both):
    freed(both)
    mine, other = both.all.values()
    before = files(mine), files(other)
    run(both, "c1", "alone")
    assert files(other) == before[1]
    assert files(mine) != before[0], "control: a run writes into its own folder"
    assert [value(both, name) for name in both.all] == [("c1-alone", 2), ("c2-first", 1)]


def test_the_run_that_ends_first_leaves_the_other_one_its_jobs(both):
    slower, _ = both.all.values()
    patch = json.dumps({"spec": {"delay": {"durationMilliseconds": SLOW * 1000}}})
    both.kubectl(slower, "patch", *POD_STAGE, "--type=merge", f"--patch={patch}")
    revisions = {name: value(both, name)[1] for name in both.all}
    with ThreadPoolExecutor(max_workers=2) as pool:
        longer, shorter = (pool.submit(run, both, name, "at-once") for name in both.all)
        shorter.result()
        assert not longer.done(), "control: the other run still waits"
        longer.result()
    for name in both.all:
        assert value(both, name) == (f"{name}-at-once", revisions[name] + 1)
    assert_nothing_left(both)
