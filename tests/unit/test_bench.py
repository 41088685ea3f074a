"""What `make bench` prints, and what it measures with; the figures themselves need clusters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.book import HELM, HELMFILE, OURS, Book
from tests.bench.clusters import Clusters
from tests.bench.memory import Peak
from tests.counting import Counts

MIB = 64
HOLD = f"import sys; held = b'x' * ({MIB} << 20); print('on', flush=True); sys.stdin.read()"


def test_ratios_come_first_and_are_of_the_best_run() -> None:
    book = Book(remarks=["today"])
    for way, seconds in {HELMFILE: [20.0], HELM: [50.0, 40.0], OURS: [10.0]}.items():
        book.time("cold", way, seconds)
    book.time("cold, 8 in one play", OURS, [25.0])
    book.compared.append(("cold, 8 in one play", "cold"))
    book.count("site.yml, cold", [Counts(0, "", 1.0, ["a", "b"], ["python"], ["GET /version"])] * 2, 3, 5 * 1024)
    book.summary("cold", {"seconds": {"settle": 4, "total": 10}, "components": [{"source": "cache"}]})
    lines = [" ".join(line.split()) for line in str(book).splitlines() if line]
    assert lines == [
        "today",
        "charts: 1 cache",
        "ratio of site.yml's seconds to helmfile to plain helm",
        "cold 0.50 0.25",
        "cold, 8 in one play, to cold: 2.50",
        "seconds helmfile plain helm site.yml",
        "cold 20.0 40.0 10.0",
        "cold, 8 in one play 25.0",
        "what a run takes tasks Pythons helm requests MiB",
        "site.yml, cold 4 2 3 2 5",
        "site.yml, cold: total 10, settle 4",
    ]


def test_without_helmfile_its_ratio_is_not_run() -> None:
    book = Book()
    for way in (HELM, OURS):
        book.time("cold", way, [10.0])
    assert "not run" in next(line for line in str(book).splitlines() if line.startswith("cold"))


def test_peak_of_memory_is_that_of_all_processes_with_the_mark() -> None:
    with Peak("LANDFALL_TEST_PEAK=1") as peak:
        held = [hold(mark) for mark in ("1", "1", "2")]
        time.sleep(1)
        for each in held:
            each.communicate()
    assert 2 * MIB < peak.kib / 1024 < 3 * MIB


def hold(mark: str) -> subprocess.Popen[bytes]:
    """Start a process with a mark, and return it once it has its memory; it ends with its standard input."""
    environment = os.environ | {"LANDFALL_TEST_PEAK": mark}
    command = [sys.executable, "-c", HOLD]
    held = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held.stdout
    held.stdout.readline()
    return held


def test_each_cluster_of_one_inventory_has_a_state_folder_and_the_settings_of_the_local_one(tmp_path: Path) -> None:
    clusters = Clusters(tmp_path / "bench", 2)
    shown = subprocess.check_output(
        ["ansible-inventory", "-i", clusters.inventory, "--list"], env=clusters.environment, text=True
    )
    hosts = json.loads(shown)["_meta"]["hostvars"]
    assert {name: each["platform_state_dir"] for name, each in hosts.items()} == {
        name: f"{tmp_path}/bench/{name}" for name in ("c1", "c2")
    }
    assert all(each["platform_simulated"] for each in hosts.values())
