"""docs/failures.md holds what the tests cause, word for word."""

import subprocess
import sys
from pathlib import Path

from tests.e2e.causes.rows import ROWS
from tools import failures_page

ROOT = Path(__file__).parents[3]


def test_the_table_is_that_of_the_rows():
    done = subprocess.run(
        [sys.executable, "tools/failures_page.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_row_that_changes_makes_the_page_stale():
    text = failures_page.PAGE.read_text(encoding="utf-8")
    assert failures_page.page(text.replace("maximum cpu usage per Container", "something else")) == text
    assert all(failures_page.cell(row["says"]) in text for row in ROWS)
