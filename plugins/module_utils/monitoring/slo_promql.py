"""The little that has to be known of PromQL's text."""

from __future__ import annotations

import re

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import BASE

PLACEHOLDER = "[{window}]"
_WINDOW = re.compile(r"(?<=\[)\{window\}(?=[]:])")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""", re.DOTALL)
_SELECTOR = re.compile(
    rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{{(?P<matchers>({_STRING.pattern}|[^\"'`{{}}])*)\}})?", re.DOTALL
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_OPERATORS = "sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|quantile|count_values"
_TOKEN = re.compile(
    rf"\b(?P<how>by|without)\s*\((?P<labels>[^()]*)\)|\b(?P<operator>{_OPERATORS})(?=\s*(\(|by\b|without\b))|[()]",
    re.IGNORECASE,
)


def windowed(text: str, window: str = BASE) -> str:
    """Return PromQL on one line, its window filled in: [{window}], or [{window}:1m] of a subquery."""
    return _WINDOW.sub(window, " ".join(text.split()))


def has_window(text: str) -> bool:
    """Say whether PromQL has a place for the window.

    >>> has_window("rate(a[{window}])"), has_window("max_over_time(a[{window}:1m])"), has_window("rate(a{window})")
    (True, True, False)
    """
    return bool(_WINDOW.search(text))


def without_texts(text: str) -> str:
    """Return PromQL without its quoted texts."""
    return _STRING.sub("", text)


def grouping(text: str) -> tuple[str, ...] | None:
    """Return the labels that group the results of PromQL, sorted; None if it says so by `without`.

    What groups inside of an aggregation does not outside of it, and a quantile has no le.

    >>> grouping("sum by (route, code) (rate(a[5m])) or on () vector(0)")
    ('code', 'route')
    >>> grouping("histogram_quantile(0.9, sum(rate(a_bucket[5m])) by (le))"), grouping("count(sum by (pod) (a))")
    ((), ())
    """
    found: set[str] = set()
    within, opens = [False], False
    for token in _TOKEN.finditer(without_texts(text)):
        if token["operator"]:
            opens = True
        elif token["how"]:
            if token["how"].lower() == "without" and not within[-1]:
                return None
            found |= set() if within[-1] else {label.strip() for label in token["labels"].split(",")}
        elif token[0] == "(":
            within.append(within[-1] or opens)
            opens = False
        elif len(within) > 1:
            within.pop()
    return tuple(sorted(found - {"", "le"}))


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
    bare = without_texts(text)
    if left := re.search(r"[\"'`]", bare):
        return left[0]
    opened: list[str] = []
    for each in bare:
        if each in _CLOSING.values():
            opened.append(each)
        elif each in _CLOSING and (not opened or opened.pop() != _CLOSING[each]):
            return each
    return opened[-1] if opened else ""
