"""The table of docs/slos.md, written from the objectives: see test_pages.py."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import ALERTS, PAGE
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_model import Slo
from tests.unit.monitoring.slo.shipped import objectives

PAGE_OF_DOCS = Path(__file__).parents[4] / "docs" / "slos.md"
HEAD = "| SLO | entity | what it measures | objective | grouped by | a full outage | no data |"
_TABLE = re.compile(r"\| SLO \|.*?\n\n", re.DOTALL)
MINUTES = {"1h": 60, "6h": 360, "1d": 1440, "3d": 4320}
TOLD = {True: "pages", False: "opens a ticket"}


def row(slo: Slo) -> str:
    """Return the line of one objective."""
    first = next(each for each in ALERTS if slo.page or each.severity != PAGE)
    minutes = max(1, round(float(first.threshold(slo.budget)) * MINUTES[first.long]))
    absent = f"{TOLD[slo.absent.severity == PAGE]} after 5 min" if slo.absent else "no alert"
    cells = (
        f"[{slo.name}](runbooks/{slo.name}.md)",
        slo.entity,
        slo.summary.rstrip("."),
        f"{slo.objective}%",
        ", ".join(slo.group_by) or "-",
        f"{TOLD[slo.page]} after {minutes} min",
        absent,
    )
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """Return the table of all objectives."""
    return "\n".join([HEAD, "| --- " * HEAD.count(" | ") + "| --- |", *map(row, objectives().values())]) + "\n\n"


def written() -> str:
    """Return the table that the page has."""
    found = _TABLE.search(PAGE_OF_DOCS.read_text())
    return found[0] if found else ""
