"""A command that meets its time limit leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests import commands

# As ansible-playbook's workers: in a session of its own, deaf to what ends its parent, and holding its output open.
WORKER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(300)"
STARTS_WORKERS = """
import pathlib, subprocess, sys, time
workers = [subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=True) for _ in range(2)]
pathlib.Path(sys.argv[2]).write_text(" ".join(str(each.pid) for each in workers))
time.sleep(float(sys.argv[3]))
"""


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended may wait for a parent to notice."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def start(folder: Path, seconds: float, timeout: float) -> list[int]:
    """Run a command that takes `seconds`; return the ids of the processes that it leaves, which are ended."""
    file = folder / "workers"
    try:
        commands.run(
            [sys.executable, "-c", STARTS_WORKERS, WORKER, file, str(seconds)],
            timeout=timeout,
            stdout=subprocess.DEVNULL,
        )
    finally:
        pids = [int(each) for each in file.read_text().split()]
        left = [each for each in pids if is_alive(each)]
        for each in left:
            psutil.Process(each).kill()
        assert len(pids) == 2
        folder.joinpath("left").write_text(str(left))
    return left


def test_a_command_that_meets_its_time_limit_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        start(tmp_path, seconds=300, timeout=5)
    assert (tmp_path / "left").read_text() == "[]"


def test_what_a_command_leaves_that_ends_by_itself_is_its_own_business(tmp_path: Path) -> None:
    assert len(start(tmp_path, seconds=0, timeout=60)) == 2


def test_the_status_and_the_texts_are_handed_on(tmp_path: Path) -> None:
    done = commands.run(["bash", "-c", "echo $GIVEN; exit 3"], env={"GIVEN": "here"}, capture_output=True)
    assert (done.returncode, done.stdout) == (3, "here\n")
