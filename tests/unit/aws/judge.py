"""Decides as IAM does, as far as our policies go; a statement that says more than it knows is an error, never a guess.

After the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: condition operators".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]
Values = Sequence[str]
PARTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True)
class Request:
    """One action on one resource (an ARN; * for an action that has none), with what else IAM is told.

    A call that concerns several resources is as many requests, of which each has to be allowed.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, Values] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{key}={'|'.join(values)}" for key, values in self.context.items())
        return f"{self.action} on {self.resource} ({told})"


def allows(statements: Iterable[Statement], request: Request) -> bool:
    """Whether anything allows a request, and nothing denies it."""
    effects = {each["Effect"] for each in statements if applies(each, request)}
    assert effects <= {"Allow", "Deny"}
    return effects == {"Allow"}


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement is about a request."""
    assert set(statement) <= PARTS, statement
    return (
        any(_like(each, request.action) for each in _several(statement["Action"]))
        and any(_like(each, request.resource) for each in _several(statement["Resource"]))
        and all(
            _holds(operator, key, _several(wanted), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, key: str, wanted: Values, context: Mapping[str, Values]) -> bool:
    told = context.get(key)
    if operator == "Null":
        return ["true" if told is None else "false"] == list(wanted)
    quantity, _, plain = operator.rpartition(":")
    matches = OPERATORS[plain]
    found = [any(matches(each, value) for each in wanted) for value in told or []]
    if quantity == "ForAnyValue":
        return any(found)
    if quantity == "ForAllValues":
        return all(found)
    assert not quantity, operator
    # A key that the request does not have meets no condition, unless that says IfExists, which ours do not.
    return told is not None and len(told) == 1 and found == [True]


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern))


def _like(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


def _arn_like(pattern: str, value: str) -> bool:
    """Each of the six parts for itself, so that no wildcard reaches over a colon (but within the last)."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(_like(*each) for each in zip(patterns, values, strict=True))


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringLike": _like,
    "ArnLike": _arn_like,
    "ArnEquals": _arn_like,
}


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
