from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    cluster,
    files,
    place,
    processes,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Health, Program
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    Settings,
)

SLEEP = Program("etcd", (sys.executable, "-c", "import time; time.sleep(60)"), Health(1, "/"))


@pytest.fixture
def made(settings: Settings) -> Settings:
    """A folder that holds a cluster's record and one process, a kubeconfig, and a neighbour."""
    files.write_json(settings.directory / "cluster.json", {"name": "landfall"})
    processes.start(SLEEP, "recipe", settings.directory)
    # Between its fork and its exec a process still has the environment of its parent, and is not found by its marks.
    deadline = time.monotonic() + 60
    while not processes.find(settings.directory) and time.monotonic() < deadline:
        time.sleep(0.01)
    settings.kubeconfig.write_text(f"current-context: {settings.context}\n")
    settings.kubeconfig.with_name("hosts").write_text("127.0.0.1 localhost\n")
    return settings


def test_nothing_but_the_neighbour_is_left(made: Settings) -> None:
    assert cluster.remove(made)
    assert processes.find(made.directory) == []
    assert [path.name for path in made.kubeconfig.parent.iterdir()] == ["hosts"]
    assert not cluster.remove(made)


def test_check_mode_removes_nothing(made: Settings) -> None:
    assert cluster.remove(made, dry_run=True)
    assert len(processes.find(made.directory)) == 1
    assert made.kubeconfig.is_file()
    cluster.remove(made)


def test_processes_end_even_if_somebody_removed_the_folder(made: Settings) -> None:
    for path in sorted(made.directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.directory.rmdir()
    assert cluster.remove(made)
    assert processes.find(made.directory) == []


def test_another_clusters_kubeconfig_stays(made: Settings) -> None:
    made.kubeconfig.write_text("current-context: production\n")
    cluster.remove(made)
    assert made.kubeconfig.is_file()


def test_a_folder_that_is_no_cluster_is_not_removed(settings: Settings) -> None:
    settings.directory.mkdir()
    (settings.directory / "thesis.txt").write_text("years of work")
    with pytest.raises(LocalClusterError, match="holds no local cluster: set local_cluster_dir"):
        cluster.remove(settings)
    assert (settings.directory / "thesis.txt").is_file()


def test_missing_tools_are_named_before_anything_is_made(settings: Settings) -> None:
    settings.tools.mkdir()
    (settings.tools / "etcd").touch()
    with pytest.raises(LocalClusterError, match=r"holds no kube-apiserver, .*metrics-server: run `make tools`"):
        cluster.ensure(settings)
    assert not settings.directory.exists()


def test_what_does_not_run_is_missing(made: Settings) -> None:
    assert set(cluster.missing(made)) == set(place.NAMES) - {"etcd"}
    cluster.remove(made)


def test_an_empty_folder_may_go(settings: Settings, tmp_path: Path) -> None:
    settings.directory.mkdir()
    assert cluster.remove(settings)
    assert list(tmp_path.iterdir()) == []
