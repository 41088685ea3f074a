"""Tests that the pages name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"tests/[\w/]+\.py(?:::(\w+))?")


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/**/*.md")), ids=lambda page: page.stem)
def test_tests_that_a_page_names_exist(page: Path) -> None:
    missing = []
    for found in NAMED.finditer(page.read_text()):
        path, _, name = found[0].partition("::")
        file = ROOT / path
        if not file.exists() or (name and f"def {name}(" not in file.read_text()):
            missing.append(found[0])
    assert missing == []


def test_a_test_that_is_named_wrongly_is_seen() -> None:
    assert [each[0] for each in NAMED.finditer("`tests/unit/a.py::test_b`, tests/e2e/c.py")] == [
        "tests/unit/a.py::test_b",
        "tests/e2e/c.py",
    ]
