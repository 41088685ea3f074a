"""What a values.schema.json tells; references to other hosts are left out, since nothing is fetched here."""

from __future__ import annotations

from typing import Any

from contracts.tree import Node

DEEPEST = 40
"""Schemas may refer to themselves."""


def from_schema(schema: dict[str, Any]) -> Node:
    """Return the contract of a JSON schema's properties."""
    return _node(schema, schema, 0)


def _node(part: Any, whole: dict[str, Any], depth: int) -> Node:
    if not isinstance(part, dict) or depth > DEEPEST:
        return Node(types={"any"})
    if "$ref" in part:
        return _referred(part["$ref"], whole, depth)
    kinds = part.get("type", [])
    node = Node(types=_types([kinds] if isinstance(kinds, str) else kinds))
    for key, child in (part.get("properties") or {}).items():
        node.at((key,)).merge(_node(child, whole, depth + 1))
    for each in (part.get(word) for word in ("allOf", "anyOf", "oneOf")):
        for alternative in each or []:
            node.merge(_node(alternative, whole, depth + 1))
    has_others = isinstance(part.get("additionalProperties"), dict) or "patternProperties" in part
    node.listed = node.listed and not has_others and bool(node.children)
    return node


def _referred(reference: str, whole: dict[str, Any], depth: int) -> Node:
    if not reference.startswith("#/"):
        return Node(types={"any"}, free=True)
    part: Any = whole
    for key in reference[2:].split("/"):
        part = part.get(key.replace("~1", "/").replace("~0", "~"), {})
    return _node(part, whole, depth + 1)


def _types(kinds: list[str]) -> set[str]:
    return {"any" if kind == "null" else kind for kind in kinds}
