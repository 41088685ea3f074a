"""Kinds of values: those that a setting takes, and those that nothing arrives of as it was written.

Ansible reads `1.10`, `no` and `2026-11-30` as a number, a boolean and a date. Its validator silently turns them into
texts, but the roles use what was written.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_CONTAINERS: dict[str, type] = {"list": list, "dict": dict}
_TEXTS = ("str", "path")
_SCALARS = (bool, int, float, datetime.date)
_EXACT = 2**53
"""Helm makes a floating-point number of every number: up to here each whole one has its own."""
_IN_QUOTES = "write it in quotes"
_OF_A_SECRET = f"is a value that JSON does not have, or that Helm would change: {_IN_QUOTES}"


@dataclass(frozen=True)
class Wrong:
    """A part of a setting that is of another kind than its option wants: where it is, the wanted type, the part."""

    path: str
    wanted: str
    value: Any

    @property
    def may_be_quoted(self) -> bool:
        """Whether it is one word that was to be a text."""
        return self.wanted in _TEXTS and isinstance(self.value, _SCALARS)


def wrong(option: Mapping[str, Any], value: Any, path: str) -> Iterator[Wrong]:
    """Yield the parts of a value, at any depth, that are not of the kind that an option of an argument spec wants.

    Texts that Ansible reads as numbers or booleans are left to its validator: `-e replicas=3` is a text.
    """
    wanted = str(option.get("type", "str"))
    if value is None:
        return
    if _is_wrong(wanted, value):
        yield Wrong(path, wanted, value)
        return
    for index, element in enumerate(value if wanted == "list" else []):
        yield from wrong(_element_option(option), element, f"{path}[{index}]")
    known = option.get("options") or {}
    for name, inner in (value if wanted == "dict" else {}).items():
        if name in known:
            yield from wrong(known[name], inner, f"{path}.{name}")


def _is_wrong(wanted: str, value: Any) -> bool:
    if wanted in _CONTAINERS:
        return not isinstance(value, _CONTAINERS[wanted])
    if wanted in _TEXTS:
        return isinstance(value, (list, dict, *_SCALARS))
    return wanted == "int" and isinstance(value, bool)


def _element_option(option: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": option.get("elements", "raw"), "options": option.get("options") or {}}


def named(value: Any, *, secret: bool = False) -> str:
    """Return what one word is, as part of a sentence; without the word itself if that is a secret.

    >>> named(1.10), named(False), named(20261130, secret=True)
    ('the number 1.1', 'the boolean false', 'a number')
    """
    kind, shown = _kind_and_word(value)
    return f"a {kind}" if secret else f"the {kind} {shown}"


def _kind_and_word(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", str(bool(value)).lower()
    if isinstance(value, datetime.date):
        return "date", value.isoformat()
    return "number", repr(value)


def unwritable(value: Any, path: str, *, secret: bool = False) -> Iterator[str]:
    """Yield a sentence for each part of a value, at any depth, that JSON does not have or that Helm would change.

    A part of a secret is not repeated.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_key(key, path)
            yield from unwritable(inner, f"{path}.{key}", secret=secret)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from unwritable(inner, f"{path}[{index}]", secret=secret)
    elif fault := next((fault for kind, judge in _JUDGES if isinstance(value, kind) and (fault := judge(value))), ""):
        yield f"{path} {_OF_A_SECRET if secret else fault}."


def _of_key(key: Any, path: str) -> Iterator[str]:
    # Whole numbers, such as ports, are written as keys in values of many charts.
    if isinstance(key, bool) or not isinstance(key, str | int):
        what = "null" if key is None else named(key)
        yield f"{path} has {what} as a key, which is to be a text: {_IN_QUOTES}."


def _of_text(value: str) -> str:
    broken = any("\ud800" <= character <= "\udfff" for character in value)
    return "holds a character that UTF-8 does not have: take it out" if broken else ""


def _of_number(value: float) -> str:
    if isinstance(value, bool):
        return ""
    if not math.isfinite(value):
        return f"is {value!r}, which JSON does not have: write a number"
    if isinstance(value, int) and abs(value) > _EXACT:
        return f"is {named(value)}, which Helm would round: {_IN_QUOTES}"
    return ""


_JUDGES: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (str, _of_text),
    ((int, float), _of_number),
    (datetime.date, lambda value: f"is {named(value)}, which JSON does not have: {_IN_QUOTES}"),
    (bytes, lambda _: "is binary data, which JSON does not have: write its base64 as a text"),
    ((set, frozenset), lambda _: "is a set, which JSON does not have: write a list"),
)
