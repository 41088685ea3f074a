"""Fluent Bit's configuration, read as the program reads it, and what its parsers make of lines.

The expressions are those of the rendered configuration. The program runs them with Onigmo (Ruby's syntax); here it is
Python's re, with MULTILINE, since ^ and $ are ends of lines in Ruby. Only what means the same to both is used:
test_expressions.py compares the two engines where Maven can bring Onigmo's Java port.

How lines are joined follows src/multiline of 5.1.1: flb_ml.c (package_content, flb_ml_append_object) and flb_ml_rule.c.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass
class Section:
    """One section of a classic configuration: its kind, and its properties in order."""

    kind: str
    properties: list[tuple[str, str]] = field(default_factory=list)

    def all(self, key: str) -> list[str]:
        """Return the values of a property, whose name has no case."""
        return [value for name, value in self.properties if name.lower() == key.lower()]

    def get(self, key: str) -> str:
        """Return a property's first value, empty if there is none."""
        return next(iter(self.all(key)), "")


def sections(text: str) -> list[Section]:
    """Read a classic configuration: sections at the margin, properties below them, all indented alike."""
    found: list[Section] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith("["):
            found.append(Section(line.strip("[] ")))
            continue
        assert re.match(r" {4}\S", line), f"another indentation begins a group: {line!r}"
        key, _, value = line.strip().partition(" ")
        found[-1].properties.append((key, value.strip()))
    return found


def expression(pattern: str) -> re.Pattern[str]:
    """Compile an expression of the configuration, with or without its slashes."""
    bare = pattern[1:-1] if len(pattern) > 1 and pattern[0] == pattern[-1] == "/" else pattern
    return re.compile(bare.replace("(?<", "(?P<").replace("(?P<!", "(?<!").replace("(?P<=", "(?<="), re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One rule of a multiline parser."""

    states: tuple[str, ...]
    pattern: str
    to: str


def rules(section: Section) -> list[Rule]:
    """Return the rules of a multiline parser; each value is three quoted words."""
    found = []
    for value in section.all("rule"):
        states, pattern, to = (word.strip('"') for word in re.findall(r'"(?:\\.|[^"])*"', value))
        found.append(Rule(tuple(each.strip() for each in states.split(",")), pattern, to))
    return found


def cri_records(lines: list[str], parser: Section, joined: Section) -> list[Record]:
    """Return what the input makes of a container's file: a record for each line that the container wrote.

    A line that does not have the parser's form is one by itself.
    """
    made: list[Record] = []
    open_groups: dict[str, Record] = {}
    content, group, mark = joined.get("key_content"), joined.get("key_group"), joined.get("key_pattern")
    for line in lines:
        found = expression(parser.get("regex")).search(line)
        if not found:
            made.append({content: line})
            continue
        values = {
            name: value
            for name, value in found.groupdict().items()
            if name != parser.get("time_key") or parser.get("time_keep").lower() == "on"
        }
        kept = open_groups.setdefault(values[group], {**values, content: ""})
        kept[content] += values[content]
        if values[mark] == joined.get("match_string"):
            made.append(open_groups.pop(values[group]))
    return [*made, *open_groups.values()]


@dataclass
class _Group:
    rule: Rule | None = None
    record: Record | None = None


class Joiner:
    """A multiline parser of type regex at work on one container's records."""

    def __init__(self, section: Section, left_out: Rule | None = None) -> None:
        self.content, self.group = section.get("key_content"), section.get("key_group")
        self.rules = [each for each in rules(section) if each != left_out]
        self.groups: dict[str, _Group] = {}
        self.made: list[Record] = []

    def join(self, records: list[Record]) -> list[Record]:
        """Return the joined records."""
        for record in records:
            if not self._takes(self.groups.setdefault(record.get(self.group, ""), _Group()), record):
                # What begins nothing and continues nothing ends whatever is open in this container.
                self._flush()
                self.made.append(record)
        self._flush()
        return self.made

    def _takes(self, group: _Group, record: Record) -> bool:
        text = record[self.content]
        for rule in self._continuing(group):
            if expression(rule.pattern).search(text):
                if group.record is None:
                    group.record = {**record, self.content: ""}
                before = group.record[self.content]
                gap = "\n" if before and not before.endswith("\n") else ""
                group.record[self.content] = before + gap + (text or "\n")
                group.rule = rule
                return True
        for rule in self.rules:
            if "start_state" in rule.states and expression(rule.pattern).search(text):
                self._flush_one(group)
                group.record, group.rule = dict(record), rule
                return True
        return False

    def _continuing(self, group: _Group) -> list[Rule]:
        to = group.rule.to if group.rule else None
        return [each for each in self.rules if to in each.states and "start_state" not in each.states]

    def _flush(self) -> None:
        for group in self.groups.values():
            self._flush_one(group)

    def _flush_one(self, group: _Group) -> None:
        if group.record is not None:
            self.made.append(group.record)
            group.record = None


def renamed(record: Record, names: Section) -> Record:
    """Return a record as the filter modify leaves it."""
    removed = names.all("remove")
    pairs = dict(shlex.split(each) for each in names.all("rename"))
    return {pairs.get(name, name): value for name, value in record.items() if name not in removed}
