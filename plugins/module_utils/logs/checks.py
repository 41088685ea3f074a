"""What a type cannot say about the settings of Elasticsearch's size and of Fluent Bit's buffer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_CPU = r"[1-9]\d*m|(0\.)?[1-9]\d*(\.\d+)?"
_QUANTITY = re.compile(r"([1-9]\d*(?:\.\d+)?)(Mi|Gi|Ti|M|G|T)")
_UNITS = {"M": 10**6, "Mi": 1 << 20, "G": 10**9, "Gi": 1 << 30, "T": 10**12, "Ti": 1 << 40}
_EXAMPLES = {"cpu": "500m or 2", "memory": "4Gi", "storage": "50Gi"}
_BUFFER = r"[1-9]\d*[MG]"
_NO_MAJORITY = 2
LEAST_MEMORY = 1 << 30
"""Bytes of an Elasticsearch node below which its heap, half of them, does not carry it."""


def problems(by_hand: Mapping[str, Any], buffer: str | None) -> Iterator[str]:
    """Yield a sentence for each number of `efk_size_by_hand` that is wrong, and for a wrong `efk_buffer_size`.

    `by_hand` has the types of its argument spec; what is not given may be None.
    """
    for name, value in by_hand.items():
        problem = "" if value is None else _problem(name, value)
        if problem:
            yield f"efk_size_by_hand.{name} {problem}"
    if buffer is not None and not re.fullmatch(_BUFFER, buffer):
        yield f"efk_buffer_size ({buffer!r}) is not a size of Fluent Bit: write a number and M or G, such as 1G."


def _problem(name: str, value: Any) -> str:
    if name in _EXAMPLES:
        return _quantity_problem(name, str(value))
    if value < 1:
        return f"({value}) is too small: write a whole number from 1 on."
    if name == "nodes" and value == _NO_MAJORITY:
        return "is 2, and of two nodes neither goes on without the other: write 1, or 3 or more."
    return ""


def _quantity_problem(name: str, value: str) -> str:
    found = _QUANTITY.fullmatch(value)
    if not (re.fullmatch(_CPU, value) if name == "cpu" else found):
        return f"({value!r}) is no quantity: write one such as {_EXAMPLES[name]}."
    if name == "memory" and found and float(found[1]) * _UNITS[found[2]] < LEAST_MEMORY:
        return f"({value}) is too little for Elasticsearch: write 1Gi or more."
    return ""
