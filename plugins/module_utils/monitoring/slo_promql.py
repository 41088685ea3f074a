"""The little that has to be known of PromQL's text."""

from __future__ import annotations

import re

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import BASE

PLACEHOLDER = "[{window}]"
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?P<matchers>.*)\})?", re.DOTALL)
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""", re.DOTALL)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def windowed(text: str) -> str:
    """Return PromQL on one line, its window filled in."""
    return " ".join(text.split()).replace(PLACEHOLDER, f"[{BASE}]")


def rate(selector: str) -> str:
    """Return what a counter rises by in a second."""
    return f"rate({' '.join(selector.split())}[{BASE}])"


def up_to(selector: str, threshold: float) -> str:
    """Return the selector of a histogram's buckets, narrowed to the one with this upper bound.

    Prometheus 3 writes a whole bound as 1.0, Prometheus 2 as the client did (its migration guide, "le and quantile
    label values").

    >>> up_to('seconds_bucket{a="b"}', 0.3)
    'seconds_bucket{a="b", le="0.3"}'
    >>> up_to("seconds_bucket", 1)
    'seconds_bucket{le=~"1(\\\\\\\\.0)?"}'
    """
    whole = float(threshold) == int(threshold)
    bound = f'le=~"{int(threshold)}(\\\\.0)?"' if whole else f'le="{threshold}"'
    name, matchers = selector_parts(selector)
    return f"{name}{{{', '.join(each for each in (matchers, bound) if each)}}}"


def selector_parts(selector: str) -> tuple[str, str]:
    """Return a selector's metric and its matchers, both empty if it is none."""
    found = _SELECTOR.fullmatch(selector.strip())
    if not found:
        return "", ""
    return found["name"], (found["matchers"] or "").strip().rstrip(",").strip()


def unbalanced(text: str) -> str:
    """Return the first bracket or quotation mark that lacks its other half; empty if there is none."""
    bare = _STRING.sub("", text)
    if left := re.search(r"[\"'`]", bare):
        return left[0]
    opened: list[str] = []
    for each in bare:
        if each in _CLOSING.values():
            opened.append(each)
        elif each in _CLOSING and (not opened or opened.pop() != _CLOSING[each]):
            return each
    return opened[-1] if opened else ""
