"""Which series dashboards may ask for, and who has them; `series.yml` beside this file is the list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

# What is a word in PromQL without being a series: keywords, and the names of labels in brackets after them.
LABEL_LISTS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
BRACES = re.compile(r"\{[^{}]*\}")
RANGES = re.compile(r"\[[^\[\]]*\]")
WORDS = re.compile(r"(?<![\w:$.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])")
KEYWORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "Inf", "NaN"})
NUMBERS_WITH_UNIT = re.compile(r"\b\d+(?:\.\d+)?(?:ms|[smhdwy])?\b")


@dataclass(frozen=True)
class Source:
    """A program that has series: where their names were read, and what the tests would need to have it."""

    name: str
    read_in: str
    needs: str
    series: dict[str, str]


@cache
def sources() -> tuple[Source, ...]:
    """Return the programs of series.yml."""
    content = yaml.safe_load(Path(__file__).with_name("series.yml").read_text(encoding="utf-8"))
    return tuple(Source(name, each["of"], each.get("needs", ""), each["series"]) for name, each in content.items())


@cache
def owners() -> dict[str, Source]:
    """Return the program of each series; raises ValueError if two have the same."""
    found: dict[str, Source] = {}
    for source in sources():
        for name in source.series:
            if name in found:
                raise ValueError(f"{name} is listed twice: for {found[name].name} and for {source.name}.")
            found[name] = source
    return found


def names(expr: str) -> list[str]:
    """Return the names of the series that a PromQL expression selects, each once, in their order."""
    bare = RANGES.sub("", BRACES.sub("", STRINGS.sub('""', expr)))
    bare = NUMBERS_WITH_UNIT.sub("", LABEL_LISTS.sub("", bare))
    return list(dict.fromkeys(word for word in WORDS.findall(bare) if word not in KEYWORDS))


def unknown(expr: str) -> list[str]:
    """Return the series of an expression that no program has."""
    return [name for name in names(expr) if name not in owners()]


def needs(expr: str) -> list[str]:
    """Return what the tests would need for real data of an expression, nothing if they have all of it."""
    wanted = (owners()[name].needs for name in names(expr) if name in owners())
    return list(dict.fromkeys(each for each in wanted if each))
