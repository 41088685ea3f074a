"""Each alert of ours has its page, and each page its alert."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.components.rendering import evaluate
from tests.unit.monitoring.slo.promtool import needs_promtool, run
from tests.unit.monitoring.slo.shipped import alerts, rules_map
from tests.unit.monitoring.slo.table import PAGE_OF_DOCS, table, written

RUNBOOKS = PAGE_OF_DOCS.parent / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
OURS = [rule for entry in rules_map().values() for rule in alerts(entry["groups"])]
SECTIONS = ["What it means", "How to look", "How to act"]


def test_each_alert_links_to_a_page_that_names_it() -> None:
    base = evaluate("monitoring", "monitoring_runbooks_url")
    for rule in OURS:
        folder, _, page = rule["annotations"]["runbook_url"].rpartition("/")
        assert folder == base
        assert f"`{rule['alert']}`" in (RUNBOOKS / page).read_text(), rule["alert"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_is_of_an_alert_and_says_what_to_do(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    named = set(re.findall(r"`([A-Z][a-zA-Z]+(?:Burn|Absent))`", text))
    linked = {rule["alert"] for rule in OURS if rule["annotations"]["runbook_url"].endswith(f"/{page.name}")}
    # A page may be of another alert than those of an SLO; it is then named after it.
    assert named == linked or page.stem[0].isupper()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [each for each in headings if each in SECTIONS] == SECTIONS
    assert "```" in text.partition("## How to look")[2].partition("## How to act")[0]


def queries(page: Path) -> list[str]:
    """Return the queries of a page; what is indented goes on with the line before."""
    blocks = re.findall(r"^```promql\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [each for block in blocks for each in re.sub(r"\n +", " ", block).splitlines()]


@needs_promtool
def test_the_queries_of_the_pages_are_promql(tmp_path: Path) -> None:
    rules = [{"record": f"page:query:{index}", "expr": each} for index, each in enumerate(asked())]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "pages", "rules": rules}]}))
    done = run("check", "rules", str(file))
    assert f"SUCCESS: {len(rules)} rules found" in done.stdout, done.stdout + done.stderr
    # The control: what is none is noticed.
    rules[0]["expr"] += ")"
    file.write_text(json.dumps({"groups": [{"name": "pages", "rules": rules}]}))
    assert run("check", "rules", str(file)).returncode != 0


def asked() -> list[str]:
    found = [each for page in PAGES for each in queries(page)]
    assert len(found) >= 2 * len(PAGES)
    return found


def test_the_table_of_objectives_is_true() -> None:
    assert written() == table()
