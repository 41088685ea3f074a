"""What a values.yaml tells: its keys, the types of its defaults, and the keys that are commented out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from contracts.tree import Node, type_of

FREE_NAME = re.compile(r"(labels|annotations|resources|nodeselector|affinity|securitycontext)$", re.IGNORECASE)
"""Names of objects that Kubernetes or the user fills, whatever their default holds."""
INT_OR_STRING = {"maxUnavailable", "minAvailable", "maxSurge", "port", "targetPort"}
COMMENTED = re.compile(r"^( *)#+ ?([a-z][\w.-]*):(?: +(.*))?$")
PROSE = {"default", "defaults", "docs", "e.g", "eg", "example", "examples", "http", "https", "i.e", "ie", "note", "ref",
         "reference", "references", "see", "tip", "usage", "warning"}  # fmt: skip
WORDS_OF_A_SENTENCE = 4
Key = tuple[int, int, tuple[str, ...] | None]
"""A key in the file: line, column, and its path; no path inside of lists, whose items a contract does not describe."""


def from_text(text: str) -> Node:
    """Return the contract that the text of a values.yaml gives."""
    node = from_values(yaml.safe_load(text) or {})
    for path, kind in commented(text):
        node.at(path).types.add(kind)
    return node


def from_values(values: Any, name: str = "") -> Node:
    """Return the contract of default values: empty objects, and those with a telling name, are free."""
    if not isinstance(values, dict):
        return Node(types={"scalar" if name in INT_OR_STRING and not isinstance(values, list) else type_of(values)})
    free = bool(name) and (not values or bool(FREE_NAME.search(name)))
    children = {str(key): from_values(value, str(key)) for key, value in values.items()}
    return Node(types={"object"}, children=children, free=free)


def commented(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield path and type of each key that is commented out at the indentation of its neighbours."""
    keys = list(_keys(yaml.compose(text, Loader=yaml.CSafeLoader), ()))
    rows = text.splitlines()
    strings = set(_lines_of_strings(text))
    for number, row in enumerate(rows):
        match = COMMENTED.match(row)
        if not match or number in strings or match[2].lower() in PROSE:
            continue
        parent = _parent(keys, number, len(match[1]))
        kind = _kind(match[3] or "", rows[number + 1] if number + 1 < len(rows) else "", row)
        if parent is not None and kind:
            yield (*parent, match[2]), kind


def _keys(node: yaml.Node | None, path: tuple[str, ...] | None) -> Iterator[Key]:
    """Yield the keys of block mappings in the order of the file."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _keys(item, None)
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        for key, value in node.value:
            here = None if path is None else (*path, str(key.value))
            yield key.start_mark.line, key.start_mark.column, here
            yield from _keys(value, here)


def _lines_of_strings(text: str) -> Iterator[int]:
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}:
            # The mark at the end may already stand on the line of what follows.
            yield from range(token.start_mark.line + 1, token.end_mark.line)


def _parent(keys: list[Key], line: int, column: int) -> tuple[str, ...] | None:
    """Return the path of the object that a comment at this place belongs to, None if there is none."""
    before = next((key for key in reversed(keys) if key[0] < line and key[1] <= column), None)
    after = next((key for key in keys if key[0] > line), None)
    if before is not None and before[1] == column:
        return before[2][:-1] if before[2] else None
    if after is not None and after[1] == column and after[2] and (before is None or after[2][:-1] == before[2]):
        return after[2][:-1]
    return None


def _kind(value: str, following: str, row: str) -> str:
    """Return the type of a commented value, "" if it reads like prose."""
    if not value:
        deeper = re.match(r"^ *#+( +)(- )?[\w\"'.-]", following)
        if deeper and deeper[2]:
            return "array"
        nested = bool(deeper) and _indent(following) > _indent(row)
        return "object" if nested else ""
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError:
        return ""
    if isinstance(parsed, str) and value[0] not in "\"'|>" and len(value.split()) > WORDS_OF_A_SENTENCE:
        return ""
    return type_of(parsed)


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" #"))
