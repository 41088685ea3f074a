"""Writes the table of causes into docs/failures.md, from the rows of the tests; `--check` only says if it is stale."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "failures.md"
ROWS = ROOT / "tests" / "e2e" / "causes" / "rows.yml"
REMEDIES = ROOT / "plugins" / "module_utils" / "rollout" / "remedies.py"
BEGIN, END = "<!-- causes: written by tools/failures_page.py -->", "<!-- end of causes -->"


def cell(text: str) -> str:
    """Return a text that is safe in a table of Markdown."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def table(rows: list[dict[str, Any]], remedy_of: Callable[[str], str]) -> str:
    """Return the table of all causes: what is wrong, what the run says, what to do, and how that was seen."""
    lines = ["| what is wrong | what the run says | what to do | seen |", "| --- | --- | --- | --- |"]
    for row in rows:
        said, remedy = cell(row["says"]), cell(remedy_of(row["says"]))
        lines.append(f"| {row['title']} | {said} | {remedy} | *{row['word']}*: {cell(row['how'])} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """Return the page with the table in its place. Raises ValueError if the page has no such place."""
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"docs/failures.md has no place for the table: write {BEGIN} and {END} into it.")
    rows = yaml.safe_load(ROWS.read_text(encoding="utf-8"))
    return f"{head}{BEGIN}\n{table(rows, runpy.run_path(str(REMEDIES))['remedy_of'])}\n{END}{tail}"


def main() -> int:
    """Write the page, or with --check return 1 if it is stale."""
    text = PAGE.read_text(encoding="utf-8")
    wanted = page(text)
    if wanted == text:
        return 0
    if "--check" in sys.argv:
        print("stale, run python tools/failures_page.py: docs/failures.md")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
