"""Whether values keep to a contract: a sentence for each key that is not known and each value of a wrong type."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from contracts.tree import ITSELF, OTHERS, SCALARS, type_of


def problems(values: dict[str, Any], keys: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a sentence for each difference between `values` and a contract's `keys`, which lie at `path`."""
    for key, value in values.items():
        where = (*path, str(key))
        if key in keys:
            yield from _of_value(value, keys[key], where)
        elif OTHERS not in keys:
            near = nearest(str(key), keys)
            hint = f"the nearest known key is {'.'.join((*path, near))}" if near else "the chart knows nothing like it"
            yield f"{'.'.join(where)} is not a key of the chart: {hint}."


def _of_value(value: Any, known: Any, where: tuple[str, ...]) -> Iterator[str]:
    if isinstance(known, dict):
        if isinstance(value, dict):
            yield from problems(value, known, where)
            return
        known = "|".join(filter(None, ("object", known.get(ITSELF))))
    if not fits(value, known):
        yield f"{'.'.join(where)} is {_called(type_of(value))}, the chart wants {_called(known)}."


def fits(value: Any, words: str) -> bool:
    """Say whether a value may stand where a contract has these type words; null always may, as Helm removes it."""
    wanted, kind = set(words.split("|")), type_of(value)
    if value is None or "any" in wanted or kind in wanted:
        return True
    if kind == "scalar":
        return bool(wanted & {"string", "scalar"})
    return (kind in SCALARS and "scalar" in wanted) or (kind == "integer" and "number" in wanted)


def nearest(key: str, keys: dict[str, Any]) -> str:
    """Return the known key that a misspelt one is nearest to, whatever its case; "" if none is near."""
    known = {each.lower(): each for each in sorted(keys) if each not in {OTHERS, ITSELF}}
    found = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.5)
    return known[found[0]] if found else ""


def _called(words: str) -> str:
    return " or ".join(f"{'an' if each[0] in 'aeiou' else 'a'} {each}" for each in words.split("|"))
