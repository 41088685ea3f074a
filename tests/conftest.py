"""What all tests share: a table that a test records under the name `table` is shown at the end of the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader

# As Ansible itself finds collections, and before anything of one is imported: templates use the collection's filters.
init_plugin_loader([str(Path(__file__).parents[1] / "collections")])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties if report.when == "call" else []:
            if name == "table":
                terminalreporter.write_line(str(value))
