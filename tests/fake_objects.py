"""What an API server does with objects: it selects, patches and pages them. No cluster is needed for it."""

from __future__ import annotations

import copy
import re
from typing import Any

Object = dict[str, Any]

_REQUIREMENT = re.compile(r"\s*(!?)([\w./-]+)\s*(?:(==|!=|=)\s*([^,\s]*)|\s(in|notin)\s*\(([^)]*)\))?\s*(?:,|$)")


class SelectorError(Exception):
    """A selector that no API server understands."""


def has_labels(labels: dict[str, str], selector: str) -> bool:
    """Say whether labels meet a selector, such as `a=b,c,!d,e in (f,g)`."""
    position = 0
    while position < len(selector):
        found = _REQUIREMENT.match(selector, position)
        if not found:
            raise SelectorError(f"unable to parse requirement: {selector}")
        if not _meets(labels, *found.groups()):
            return False
        position = found.end()
    return True


def _meets(labels: dict[str, str], not_: str, key: str, sign: str, value: str, within: str, values: str) -> bool:
    if sign:
        return (labels.get(key) == value) is (sign != "!=")
    if within:
        return (labels.get(key) in [each.strip() for each in values.split(",")]) is (within == "in")
    return (key in labels) is (not_ == "")


def has_fields(found: Object, selector: str) -> bool:
    """Say whether an object meets a field selector, such as `metadata.name=a,type!=b`."""
    for each in filter(None, selector.split(",")):
        parts = re.fullmatch(r"([\w.]+)(==|!=|=)(.*)", each)
        if not parts:
            raise SelectorError(f"invalid field selector: {each}")
        path, sign, value = parts.groups()
        if (str(_field(found, path)) == value) is (sign == "!="):
            return False
    return True


def _field(found: Any, path: str) -> Any:
    for each in path.split("."):
        found = (found or {}).get(each, "")
    return found


def merge_patch(there: Any, patch: Any) -> Any:
    """Return the result of a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    found = dict(there) if isinstance(there, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merge_patch(found.get(key), value)
    return found


def apply_patch(there: Any, wanted: Any, before: Any, others: list[Any]) -> Any:
    """Return the result of a server-side apply: maps are merged, all else is replaced.

    What its manager applied `before` and no longer wants goes, unless it is among what `others` applied.
    """
    if not isinstance(wanted, dict) or not isinstance(there, dict):
        return copy.deepcopy(wanted)
    before, others = (before if isinstance(before, dict) else {}), [each for each in others if isinstance(each, dict)]
    found = {
        key: copy.deepcopy(value)
        for key, value in there.items()
        if key in wanted or key not in before or any(key in each for each in others)
    }
    for key, value in wanted.items():
        below = [each.get(key) for each in others]
        found[key] = apply_patch(found.get(key), value, before.get(key), below)
    return found
