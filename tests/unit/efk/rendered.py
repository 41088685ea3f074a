"""The parts of the rendered Fluent Bit configuration, by their names."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.unit.components.rendering import release
from tests.unit.efk.fluent_bit import Section, sections


@cache
def values() -> dict[str, Any]:
    """Return the values of the release fluent-bit."""
    found: dict[str, Any] = release("fluent-bit")["values"]
    return found


@cache
def parts() -> list[Section]:
    """Return all sections of the configuration."""
    return [each for text in values()["config"].values() for each in sections(text)]


def part(kind: str, name: str) -> Section:
    """Return one section by its kind, and its name or alias."""
    return next(each for each in parts() if each.kind == kind and name in {each.get("name"), each.get("alias")})
