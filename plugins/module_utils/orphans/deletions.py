"""The names by which somebody asks that more goes than would go by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ASKABLE = ("volumes", "addresses", "definitions", "credentials")
"""What an uninstallation keeps unless it is asked for by name."""
SWEEPABLE = ("volumes", "addresses", "snapshots", "logs")
"""What a sweep of AWS keeps unless it is asked for by name."""


def words(given: Any) -> list[str]:
    """Return the names of `volumes,addresses` or of a list of such."""
    listed = given.split(",") if isinstance(given, str) else given
    return [str(each).strip() for each in listed or [] if str(each).strip()]


def wrong_words(setting: str, given: Any, known: Sequence[str] = ASKABLE) -> list[str]:
    """Return a sentence if a setting names something that nobody can ask for."""
    if not isinstance(given, str | list):
        return [f"{setting} ({given!r}) is no list of names: write one or more of {', '.join(known)}."]
    unknown = [each for each in words(given) if each not in known]
    if not unknown:
        return []
    return [f"{setting} does not know {', '.join(unknown)}: write one or more of {', '.join(known)}, with commas."]
