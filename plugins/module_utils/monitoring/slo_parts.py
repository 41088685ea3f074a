"""Parts of a specification of objectives that somebody wrote for another program, and what refuses them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql

TEMPLATE = "[{{.window}}]"
_WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
_NO_NAME = re.compile(r"[^a-z0-9-]")


class SpecError(ValueError):
    """A sentence: which file, document and field, what was wrong, what to write."""


@dataclass(frozen=True)
class Written:
    """An objective: its name, its fields as in `monitoring_slos`, and, by our field, where each was read."""

    name: str
    fields: Mapping[str, Any]
    places: Mapping[str, str]


Translation = Callable[[], Written]
"""Reads one objective. Raises SpecError."""


@dataclass(frozen=True)
class Part:
    """A mapping in a file, all scalars of which are texts.

    `document` names the file and the document; `path` is the way to the mapping inside of it, empty for all of it.
    """

    document: str
    path: str = ""
    value: Mapping[str, Any] = field(default_factory=dict)

    def at(self, name: str = "") -> str:
        """Return where a field is, or this part itself."""
        path = ".".join(each for each in (self.path, name) if each)
        return f"{self.document}, {path}" if path else self.document

    def refuse(self, name: str, words: str) -> SpecError:
        """Return the sentence about a field; `words` go on after where it is."""
        return SpecError(f"{self.at(name)} {words}.")

    def has(self, name: str) -> bool:
        """Say whether a field is there and not empty."""
        return self.value.get(name) not in (None, "", [], {})

    def only(self, *known: str) -> None:
        """Raise SpecError for a field that is none of those."""
        for name in self.value:
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                advice = (
                    f"did you mean {close[0]}?" if close else "remove it, or write the objective in monitoring_slos."
                )
                raise SpecError(f"{self.at(str(name))} is no field that Landfall reads: {advice}")

    def without(self, why: Mapping[str, str]) -> None:
        """Raise SpecError for a field that is there though nothing can be made of it, `why` by its name."""
        for name, words in why.items():
            if self.has(name):
                raise self.refuse(name, words)

    def one_of(self, *names: str) -> str:
        """Return which of those fields is there. Raises SpecError unless it is just one."""
        found = [name for name in names if self.has(name)]
        if len(found) != 1:
            raise self.refuse("", f"has {' and '.join(found) or 'none'} of {', '.join(names)}: write just one")
        return found[0]

    def part(self, name: str) -> Part:
        """Return a mapping inside of it, empty if it is not there. Raises SpecError if it is something else."""
        found = self.value.get(name)
        if not isinstance(found if found is not None else {}, Mapping):
            raise self.refuse(name, f"({found!r}) is no mapping: write its fields")
        return Part(self.document, f"{self.path}.{name}".lstrip("."), found or {})

    def needed(self, name: str) -> Part:
        """Return a mapping inside of it. Raises SpecError if it lacks, or is something else."""
        if not self.has(name):
            raise self.refuse(name, "is missing: write it")
        return self.part(name)

    def parts(self, name: str) -> list[Part]:
        """Return the mappings of a list inside of it. Raises SpecError if it is something else, or empty."""
        found = self.value.get(name)
        if not isinstance(found, list) or not found or not all(isinstance(each, Mapping) for each in found):
            raise self.refuse(name, "is no list of mappings: write one at least")
        path = f"{self.path}.{name}".lstrip(".")
        return [Part(self.document, f"{path}[{index}]", each) for index, each in enumerate(found)]

    def text(self, name: str) -> str:
        """Return a text, stripped. Raises SpecError if it lacks, or is something else."""
        found = self.value.get(name)
        if not isinstance(found, str) or not found.strip():
            raise self.refuse(name, "is no text: write one" if self.has(name) else "is missing: write it")
        return found.strip()

    def maybe(self, name: str) -> str:
        """Return a text, empty if it is not there. Raises SpecError if it is something else."""
        return self.text(name) if self.has(name) else ""

    def choice(self, name: str, known: Collection[str]) -> str:
        """Return a text that is one of those. Raises SpecError if it is another, or lacks."""
        found = self.maybe(name)
        if found not in known:
            raise self.refuse(name, f"({found!r}) must be one of {', '.join(known)}")
        return found

    def switch(self, name: str, default: str = "") -> bool:
        """Return true or false; `default` is what a missing one counts as. Raises SpecError if it is something else."""
        found = (self.maybe(name) or default).lower()
        if found not in ("true", "false"):
            raise self.refuse(name, f"({found!r}) is no switch: write true or false")
        return found == "true"

    def number(self, name: str) -> Decimal:
        """Return a number, exactly as it was written. Raises SpecError if it is none."""
        found = self.text(name)
        try:
            number = Decimal(found)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise self.refuse(name, f"({found!r}) is no number: write one such as 99.5")
        return number

    def texts(self, name: str) -> dict[str, str]:
        """Return texts by name, as they were written; several in a list are joined. Raises SpecError for others."""
        found = self.part(name)
        return {str(key): found.joined(key) for key in found.value}

    def joined(self, name: str) -> str:
        """Return a text, which may be empty, or those of a list with commas between. Raises SpecError for others."""
        found = self.value[name]
        several = found if isinstance(found, list) else ["" if found is None else found]
        if not all(isinstance(each, str) for each in several):
            raise self.refuse(str(name), f"({found!r}) is no text: write one")
        return ",".join(several)

    def query(self, name: str) -> str:
        """Return PromQL with {window} for the template of Sloth. Raises SpecError if it cannot be PromQL."""
        found = _WINDOW.sub("{window}", self.text(name))
        if "{{" in found or "{window}" in slo_promql.windowed(found):
            raise self.refuse(name, f"has a template other than {TEMPLATE}: write that alone, instead of a range")
        if left := slo_promql.unbalanced(found):
            raise self.refuse(name, f"is no PromQL, its {left} has no other half: correct it")
        return found


def grouping_of(queries: Iterable[tuple[str, str]]) -> list[str]:
    """Return the labels that group the results of all the queries, (place, PromQL).

    Raises SpecError if they differ.
    """
    found: dict[tuple[str, ...], str] = {}
    for place, text in queries:
        labels = slo_promql.grouping(text)
        if labels is None:
            raise SpecError(f"{place} aggregates without (...), from which no group_by can be read: write by (...).")
        found.setdefault(labels, place)
    if len(found) > 1:
        (one, first), (other, second) = [*found.items()][:2]
        raise SpecError(
            f"{second} groups by ({', '.join(other)}), and {first} by ({', '.join(one)}): "
            "write the same labels in both."
        )
    return list(next(iter(found)))


def labelled(service: str, labels: Mapping[str, str], grouped: Collection[str]) -> dict[str, Any]:
    """Return the fields `owner` and `labels`: what is called owner is the owner, and the service is a label too."""
    found = {"service": service} if "service" not in grouped else {}
    found |= labels
    return {"owner": found.pop("owner", None), "labels": found}


def name_of(*parts: str) -> str:
    """Return a name as `monitoring_slos` has them.

    >>> name_of("Shop", "checkout_latency.p99")
    'shop-checkout-latency-p99'
    """
    return _NO_NAME.sub("-", "-".join(parts).lower())
