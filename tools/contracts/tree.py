"""The tree of a contract: what is known of one value, merged from several sources, and its short form in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

WORDS = ("string", "integer", "number", "boolean", "scalar", "array", "object", "any")
"""The types of a contract. `scalar` is any of the first four, `object` an object with keys of one's own choice."""
SCALARS = {"string", "integer", "number", "boolean"}
OTHERS, ITSELF = "*", "="
"""Keys of a contract file: "*" says that other keys are allowed too, "=" what is allowed instead of the object."""


@dataclass
class Node:
    """One value: the types seen, the keys below it, and whether others are allowed (`free` goes for all below)."""

    types: set[str] = field(default_factory=set)
    children: dict[str, Node] = field(default_factory=dict)
    listed: bool = True
    free: bool = False

    def at(self, path: tuple[str, ...]) -> Node:
        """Return the node at a path below this one, made if it is not there."""
        node = self
        for key in path:
            node = node.children.setdefault(key, Node())
        return node

    def merge(self, other: Node) -> None:
        """Take over all that another source knows."""
        self.types |= other.types
        self.listed = self.listed and other.listed
        self.free = self.free or other.free
        for key, child in other.children.items():
            self.at((key,)).merge(child)


def type_of(value: Any) -> str:
    """Return the type word of a value. None may become anything, and an empty string any scalar."""
    if value is None:
        return "any"
    # Not the class itself: what Ansible templates are subclasses. A boolean is an integer too, so it comes first.
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    word = next((word for kind, word in kinds.items() if isinstance(value, kind)), "string")
    return "scalar" if value == "" else word


def short(node: Node) -> Any:
    """Return what a contract file holds for a node: type words joined by "|", or a dict of keys."""
    others = node.children.get(OTHERS, Node())
    children = {key: child for key, child in sorted(node.children.items()) if key != OTHERS}
    if node.free or not children:
        return _words(node.types, node.free)
    # What templates do with each key in turn, they do with those that have a default.
    keys = {key: short(_with_openness(child, others)) for key, child in children.items()}
    if not node.listed:
        keys[OTHERS] = "any"
    if node.types - {"object"}:
        keys[ITSELF] = _words(node.types - {"object"}, free=False)
    return keys


def _with_openness(node: Node, other: Node) -> Node:
    return replace(node, listed=node.listed and other.listed, free=node.free or other.free)


def _words(types: set[str], free: bool) -> str:
    """Join type words. What is handed on whole may be anything, unless its default is a filled one."""
    if not types or "any" in types or (free and types == {"scalar"}):
        return "any"
    return "|".join(sorted(types - SCALARS if "scalar" in types else types))


def lines(tree: Any, depth: int = 0, width: int = 118) -> Iterator[str]:
    """Yield a contract's short form as YAML; what fits into `width` columns stands on one line."""
    for key, value in sorted(tree.items()):
        lead = f"{'  ' * depth}{_quoted(key)}:"
        line = f"{lead} {_flow(value)}"
        if not isinstance(value, dict) or len(line) <= width:
            yield line
        else:
            yield lead
            yield from lines(value, depth + 1, width)


def _flow(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return "{" + ", ".join(f"{_quoted(key)}: {_flow(child)}" for key, child in sorted(value.items())) + "}"


def _quoted(key: str) -> str:
    plain = key.replace("-", "").replace("_", "").replace(".", "").replace("/", "")
    words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
    return key if plain.isalnum() and key[0].isalpha() and key.lower() not in words else f'"{key}"'
