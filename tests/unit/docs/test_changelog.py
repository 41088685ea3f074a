"""Changelog fragments are reStructuredText: any other markup would stand in CHANGELOG.md as it was typed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOREIGN = re.compile(r"\b[A-Z]+\([^)\s]+\)|(?<!`)`(?!`)|\]\(|\*\*|<code>")
"""Markup of Ansible's documentation, C(…) and its kin, of Markdown and of HTML."""
INLINE = re.compile(r"``[^`]+``")


def texts(fragment: Any) -> Iterator[str]:
    """Yield the texts of a fragment: an entry is a text or a list of texts."""
    for entry in fragment.values():
        yield from [entry] if isinstance(entry, str) else entry


def foreign(text: str) -> list[str]:
    """Return the markup of a text that reStructuredText does not know."""
    return FOREIGN.findall(INLINE.sub("", text))


@pytest.mark.parametrize("path", sorted((ROOT / "changelogs/fragments").glob("*.yml")), ids=lambda path: path.stem)
def test_a_fragment_has_no_foreign_markup(path: Path) -> None:
    found = {text: marks for text in texts(yaml.safe_load(path.read_text())) if (marks := foreign(text))}
    assert found == {}, "write ``name`` with two backticks, and quote an entry that begins with them"


@pytest.mark.parametrize(
    "mark", ["C(site.yml)", "O(a.b.c#module:names)", "`site.yml`", "[a](https://b.example)", "**a**"]
)
def test_foreign_markup_is_seen(mark: str) -> None:
    assert foreign(f"Reads {mark} first.")


@pytest.mark.parametrize(
    "text", ["``C(a)`` is shown as ``a``.", "ends in ``30 s`` (``x``)", "an IP (v4)", "IAM (for AWS)"]
)
def test_what_is_no_markup_is_let_alone(text: str) -> None:
    assert foreign(text) == []
