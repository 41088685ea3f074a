"""What all tests share: the tables that tests have recorded are shown at the end of the run."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from ansible.plugins.loader import init_plugin_loader

from tests import commands

ROOT = Path(__file__).parents[1]
# As Ansible itself finds collections, and before anything of one is imported: templates use the collection's filters.
init_plugin_loader([str(ROOT / "collections")])
os.environ.update(commands.TASK_BY_TASK)
# The same examples in each run, so that a change is what makes a test fail.
hypothesis.settings.register_profile("the same", derandomize=True)
hypothesis.settings.load_profile("the same")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show lines recorded as `table` as they are, and rows recorded as `fault` as a table in Markdown."""
    for line in _recorded(terminalreporter, "table"):
        terminalreporter.write_line(str(line))
    if faults := _recorded(terminalreporter, "fault"):
        today = datetime.datetime.now(datetime.UTC).date()
        terminalreporter.write_line(f"{today}, commit {_commit()}:")
        for row in (["fault", "times", "survived", "lost", "control and figures"], ["---"] * 5, *faults):
            terminalreporter.write_line(f"| {' | '.join(map(str, row))} |")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _recorded(terminalreporter: pytest.TerminalReporter, wanted: str) -> list[Any]:
    """Return what tests have recorded under a name."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    properties = [each for report in reports if report.when == "call" for each in report.user_properties]
    return [value for name, value in properties if name == wanted]
