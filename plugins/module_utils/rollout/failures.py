"""Failures for a person: what failed, why, what to do about it, and the state in which things are left."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.rollout.board import WIDTH
from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import remedy_of
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import wrapped

LABELS = ("what", "why", "do", "state")
INDENT = " " * 7
IN_BRACKETS = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)$")
SUBJECT = re.compile(
    r"^((not ready after \d+ s|still failing after its patience of [\d.]+ s|waiting does not help): )?"
    r"([A-Z][A-Za-z]+|pod|hook Job) [a-z0-9][a-z0-9./-]*: "
)
READ_IT = "act on what it says, then run the same command again; -v shows every task"


@dataclass(frozen=True)
class Failure:
    """One failure; `do` and `state` may be empty."""

    what: str
    why: str
    do: str = ""
    state: str = ""

    def of_host(self, prefix: str, left: str) -> Failure:
        """Return the failure with a prefix that names its host, and how the cluster was left where it says nothing."""
        return replace(self, what=f"{prefix}{self.what}", state=self.state or left)


def root(why: str) -> str:
    """Return what two failures of one cause have in common: the cluster's own words, without the object's name.

    >>> root("Deployment a: 0 of 1 replicas available (pod a-1: 0/3 nodes are available: 3 Insufficient cpu.)")
    '0/3 nodes are available: 3 Insufficient cpu.'
    """
    said = IN_BRACKETS.search(why)
    text = said[1] if said else why
    while named := SUBJECT.match(text):
        text = text[named.end() :]
    return text


def grouped(failures: Iterable[Failure]) -> list[Failure]:
    """Join the failures that have one cause: the first speaks for all, and `what` names each."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for each in failures:
        groups.setdefault((root(each.why), each.do), []).append(each)
    return [
        replace(each[0], what=_joined(one.what for one in each), state=_joined(one.state for one in each))
        for each in groups.values()
    ]


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def of_releases(found: Iterable[dict[str, Any]]) -> list[Failure]:
    """Return the failures that module release_failed describes, {what, why, do, state} each."""
    return [Failure(**{label: str(each[label]) for label in LABELS}) for each in found]


def of_task(role: str, task: str, result: dict[str, Any]) -> Failure:
    """Return the failure of a task; `result` is what its module returned, `role` may be empty."""
    named = task if not role or task.startswith(f"{role} ") else f"{role}: {task}"
    why = message(result)
    return Failure(named, why, remedy_of(why))


def message(result: dict[str, Any]) -> str:
    """Return why a task failed: its message, and of a loop those of the items that failed, each once."""
    items = [each for each in result.get("results") or [] if isinstance(each, dict) and each.get("failed")]
    found = [str(each.get("msg") or each.get("stderr") or "") for each in items or [result]]
    return "\n".join(dict.fromkeys(each.strip() for each in found if each.strip())) or "the task gave no reason"


def lines(failure: Failure, width: int = WIDTH) -> list[str]:
    """Return the four labelled lines of a failure, wrapped to `width` columns; sentences keep lines of their own."""
    shown: list[str] = []
    texts = (failure.what, failure.why, failure.do or READ_IT, failure.state)
    for label, text in zip(LABELS, texts, strict=True):
        for number, part in enumerate(text.splitlines()):
            head = f"{label:<{len(INDENT)}}" if not number else INDENT
            shown += wrapped(head + part, min(width, WIDTH), INDENT)
    return shown
