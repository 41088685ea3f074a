"""The results as data, as JUnit XML, and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from ansible_collections.landfall.eks.plugins.module_utils.text import pages
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted, folded
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import FAILED, NOT_RUN, PASSED

PAGE = Path(__file__).with_name("verify.html.j2")
TITLES = {"https": "HTTPS", "plain http": "Plain HTTP"}

Row = dict[str, Any]
"""A Result as plain data."""


def document(cluster: str, time: str, simulated: bool, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the content of verify.json."""
    counts = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in (PASSED, FAILED, NOT_RUN)}
    return {"cluster": cluster, "time": time, "simulated": simulated, "counts": counts, "results": list(rows)}


def headline(found: dict[str, Any]) -> str:
    """Return one sentence for all of it; what was not run is no success."""
    counts = found["counts"]
    return f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[NOT_RUN]} not run."


def junit(found: dict[str, Any]) -> str:
    """Return the results as JUnit XML, one suite for each group; what was not run is skipped, with its reason."""
    root = Xml.Element("testsuites", name=f"landfall.eks verify {found['cluster']}")
    for group in dict.fromkeys(row["group"] for row in found["results"]):
        rows = [row for row in found["results"] if row["group"] == group]
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=group,
            tests=str(len(rows)),
            failures=str(sum(row["outcome"] == FAILED for row in rows)),
            skipped=str(sum(row["outcome"] == NOT_RUN for row in rows)),
            errors="0",
            time=f"{sum(row['seconds'] for row in rows):.3f}",
            timestamp=found["time"].removesuffix("Z"),
        )
        for row in rows:
            _case(suite, row)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def page(found: dict[str, Any]) -> str:
    """Return the results as a page, group by group, with what failed at its top."""
    groups: dict[str, list[Row]] = {}
    for row in found["results"]:
        groups.setdefault(TITLES.get(row["group"], row["group"].capitalize()), []).append(row)
    failed = [row for row in found["results"] if row["outcome"] == FAILED]
    commands = list(dict.fromkeys(row["command"] for row in found["results"] if row["command"]))
    content = {"found": found, "headline": headline(found), "groups": groups, "failed": failed, "commands": commands}
    return pages.page(PAGE, **content)


def _case(suite: Xml.Element, row: Row) -> None:
    case = Xml.SubElement(suite, "testcase", classname=row["group"], name=row["name"], time=f"{row['seconds']:.3f}")
    if row["outcome"] == FAILED:
        Xml.SubElement(case, "failure", message=_clean(row["detail"]))
    elif row["outcome"] == NOT_RUN:
        more = f"; run {row['command']}" if row["command"] else ""
        Xml.SubElement(case, "skipped", message=_clean(row["detail"] + more))
    else:
        Xml.SubElement(case, "system-out").text = _clean(row["detail"])


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(each for each in text if each in "\t\n" or each.isprintable())


def lines(found: dict[str, Any]) -> list[str]:
    """Return everything that a person at a terminal is shown."""
    cells = [[row["outcome"], row["group"], row["name"], row["detail"]] for row in found["results"]]
    commands = dict.fromkeys(row["command"] for row in found["results"] if row["command"])
    shown = [
        f"Cluster {found['cluster']}, {found['time']}",
        "",
        *fitted(["Outcome", "What", "Of", "Seen"], cells),
        "",
    ]
    # Commands are copied, and so never broken.
    commands_shown = ["What was not run would be by:", *(f"  {each}" for each in commands)] if commands else []
    return [*folded(shown), *commands_shown, headline(found)]
