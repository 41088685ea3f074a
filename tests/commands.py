"""Commands that tests run: one that is given up takes with it all that it has started, wherever that has gone."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

MARK = "_LANDFALL_TEST_COMMAND_"
END_SECONDS = 10
TASK_BY_TASK = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
"""For tests that read what ansible-playbook says of each task, which is what it says with -v alone."""


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command as subprocess.run does, with texts and whatever its exit status is.

    If it meets its `timeout`, or the test is interrupted, all processes end that have its environment: the workers of
    ansible-playbook each begin a session of their own, so that neither a signal nor a process group reaches them.
    """
    mark = MARK + secrets.token_hex(8)
    environment = dict(os.environ if env is None else env) | {mark: "1"}
    try:
        return subprocess.run(command, env=environment, text=True, check=False, **options)
    except BaseException:
        _end(mark)
        raise


def _end(mark: str) -> None:
    """Kill what carries a mark until nothing does: a process may start another one before it ends."""
    deadline = time.monotonic() + END_SECONDS
    while (left := [each for each in psutil.process_iter() if _carries(each, mark)]) and time.monotonic() < deadline:
        for each in left:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(left, timeout=1)
    assert left == [], f"these processes of a command that was given up do not end: {left}"


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and mark in process.environ()
    except (psutil.Error, OSError):
        return False  # ended meanwhile, or another user's
