"""docs/dashboards.md: every dashboard, panel and query, and which of them were seen to return data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboards.catalogue import Asked, asked
from dashboards.series import needs, sources

HEAD = Path(__file__).with_name("head.md")


def page(dashboards: dict[str, str]) -> str:
    """Return the page; `dashboards` are JSON texts by file name."""
    programs = "".join(f"| {each.name} | {each.read_in} | {each.needs or '-'} |\n" for each in sources())
    parts = (section(json.loads(text)) for text in dashboards.values())
    return (
        HEAD.read_text(encoding="utf-8")
        + programs
        + "".join(f"\n{part}" for part in parts)
        + "\nWritten by `make dashboards`.\n"
    )


def section(dashboard: dict[str, Any]) -> str:
    """Return the part about one dashboard."""
    queries = list(asked(dashboard))
    lines = [f"## {dashboard['title']}", "", f"`{dashboard['uid']}`: {dashboard['description']}", ""]
    lines += ["| panel | what good looks like | query | seen |", "| --- | --- | --- | --- |"]
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            lines.append(f"| **{cell(panel['title'])}** | | | |")
            continue
        mine = [each for each in queries if each.kind == "panel" and each.number == panel["id"]]
        lines += rows(panel["title"], panel["description"].partition("**Good:** ")[2], mine)
    for each in queries:
        if each.kind != "panel":
            lines += rows(f"{each.kind} {each.place}", "", [each])
    return "\n".join(lines) + "\n"


def rows(title: str, good: str, queries: list[Asked]) -> Iterator[str]:
    """Yield a row for each query; the first one names the panel."""
    for number, each in enumerate(queries):
        missing = needs(each.expr)
        seen = f"*not run*: {', '.join(missing)}" if missing else "*proven*"
        first = (cell(title), cell(good)) if number == 0 else ("", "")
        yield f"| {first[0]} | {first[1]} | `{cell(each.expr)}` | {seen} |"


def cell(text: str) -> str:
    """Return text that is safe in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
