"""What can be wrong with `monitoring_slos`, each problem one sentence: which leaf, what was wrong, what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_model, slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import PAGE, TICKET

SETTING = "monitoring_slos"
LONGEST_NAME = 32
"""With the release's name before it, what the chart cuts off an object's name is then nothing."""
RESERVED = frozenset({"slo", "entity", "owner", "severity", "long_window", "alertname", "alertstate"})
LOWEST, HIGHEST = 50, 100
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_OWNER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/@-]*[A-Za-z0-9])?")
_URL = re.compile(r"https?://\S+")
_SLI_FORMS = "{good, total}, {error, total} or {latency: {buckets, threshold, total}}"

Problems = Iterator[str]


def problems(given: Mapping[str, Any], merged: Mapping[str, Any] | None) -> list[str]:
    """Return a sentence for each problem of what a user wrote.

    `given` is the setting; `merged` the same over Landfall's own objectives, which is what the rules are made of, or
    None if that could not be worked out: whether something lacks cannot be said then.
    """
    if merged is None:
        return [sentence for name, fields in given.items() for sentence in _of_one(name, fields, None)]
    known = [name for name in merged if name not in given or len(merged[name] or ()) > len(given[name] or ())]
    return [sentence for name in given for sentence in _of_one(name, merged.get(name, given[name]), known)]


def _of_one(name: str, fields: Any, known: Collection[str] | None) -> Problems:
    where = f"{SETTING}.{name}"
    if not isinstance(fields, Mapping):
        yield f"{where} ({fields!r}) is no mapping: write its fields, such as {{objective: 99.5}}."
        return
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield (
            f"{where} is no name of an SLO: write lower-case letters, digits and inner hyphens, {LONGEST_NAME} at most."
        )
    for field in fields:
        if field not in _CHECKS:
            yield f"{where}.{field} is no field of an SLO: {_advice(field, _CHECKS)}"
    missing = [field for field in ("entity", "sli", "objective") if fields.get(field) is None]
    if missing and known is not None:
        yield f"{where} has no {' and no '.join(missing)}: {_meant(name, known)}"
    for field, check in _CHECKS.items():
        if fields.get(field) is not None:
            yield from check(f"{where}.{field}", fields[field])


def _advice(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"write one of {', '.join(known)}."


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else "a new SLO has all three, see docs/slos.md."


def _one_of(*choices: Any) -> Callable[[str, Any], Problems]:
    def check(where: str, value: Any) -> Problems:
        if isinstance(value, bool) or value not in choices:
            yield f"{where} ({value!r}) must be one of {', '.join(map(str, choices))}."

    return check


def _objective(where: str, value: Any) -> Problems:
    if not _is_number(value):
        yield f"{where} ({value!r}) is no number: write a percentage, such as 99.5."
    elif not LOWEST < value < HIGHEST:
        yield f"{where} ({value}) must be over {LOWEST} and under {HIGHEST}, or no budget is left: write e.g. 99.5."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sli(where: str, value: Any) -> Problems:
    if not isinstance(value, Mapping):
        yield f"{where} ({value!r}) is no mapping: write {_SLI_FORMS}."
        return
    forms = [each for each in ("good", "error", "latency") if value.get(each) is not None]
    for unknown in value.keys() - {"good", "error", "latency", "total"}:
        yield f"{where}.{unknown} is no part of an SLI: write {_SLI_FORMS}."
    if len(forms) != 1:
        said = f"has {' and '.join(forms)}" if forms else "says neither what is good nor what is an error"
        yield f"{where} {said}: write one of {_SLI_FORMS}, and null for the others."
    elif forms == ["latency"]:
        yield from _latency(f"{where}.latency", value["latency"])
    else:
        yield from _counted(f"{where}.{forms[0]}", value[forms[0]])
        yield from _counted(f"{where}.total", value.get("total"))


def _counted(where: str, value: Any) -> Problems:
    if not isinstance(value, str) or not value.strip():
        yield f"{where} is no PromQL: write what is counted, such as rate(requests_total{slo_promql.PLACEHOLDER})."
    elif slo_promql.PLACEHOLDER not in value:
        yield f"{where} has no {slo_promql.PLACEHOLDER}, the window's place: write it instead of a range."
    elif left := slo_promql.unbalanced(value):
        yield f"{where} is no PromQL, its {left} has no other half: correct it."


def _latency(where: str, value: Any) -> Problems:
    if not isinstance(value, Mapping) or value.keys() != {"buckets", "threshold", "total"}:
        yield f"{where} must have just buckets, threshold and total."
        return
    for field in ("buckets", "total"):
        metric, matchers = slo_promql.selector_parts(str(value[field]))
        if not metric or slo_promql.unbalanced(str(value[field])):
            yield f"{where}.{field} is no selector of a metric: write e.g. request_seconds_bucket{{job='x'}}, no range."
        elif field == "buckets" and re.search(r"\ble\s*[=!]", matchers):
            yield f"{where}.buckets names le itself: remove it, threshold says it."
    if not _is_number(value["threshold"]) or value["threshold"] <= 0:
        yield f"{where}.threshold ({value['threshold']!r}) is no positive number: write a bound of the buckets."


def _labels(where: str, value: Any) -> Problems:
    if not isinstance(value, list):
        yield f"{where} ({value!r}) is no list: write labels, such as [namespace]."
        return
    for label in value:
        if not isinstance(label, str) or not slo_promql.LABEL.fullmatch(label):
            yield f"{where} ({label!r}) is no label of Prometheus: write letters, digits and underscores."
        elif label in RESERVED:
            yield f"{where} ({label}) is a label that Landfall sets: leave it out."


def _pattern(pattern: re.Pattern[str], what: str) -> Callable[[str, Any], Problems]:
    def check(where: str, value: Any) -> Problems:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield f"{where} ({value!r}) is not {what}."

    return check


def _switch(where: str, value: Any) -> Problems:
    if not isinstance(value, bool):
        yield f"{where} ({value!r}) is no switch: write true or false."


def _count(where: str, value: Any) -> Problems:
    if not _is_number(value) or value < 0:
        yield f"{where} ({value!r}) is no count: write a number from 0 on."


def _absent(where: str, value: Any) -> Problems:
    if not isinstance(value, Mapping) or value.keys() != {"series", "severity"}:
        yield f"{where} must have just series and severity: write {{series: up{{job='x'}} == 1, severity: {TICKET}}}."
    else:
        yield from _one_of(PAGE, TICKET)(f"{where}.severity", value["severity"])
        if not isinstance(value["series"], str) or slo_promql.unbalanced(value["series"]):
            yield f"{where}.series is no PromQL: write what has to be there, such as up{{job='x'}} == 1."


_CHECKS: dict[str, Callable[[str, Any], Problems]] = {
    "entity": _one_of(*slo_model.ENTITIES),
    "sli": _sli,
    "objective": _objective,
    "window": _one_of(*slo_model.WINDOWS),
    "group_by": _labels,
    "owner": _pattern(_OWNER, "a name: write letters, digits, '.', '_', '-', '/' and '@'"),
    "runbook": _pattern(_URL, "a URL: write one such as https://wiki.example.org/runbook"),
    "summary": _pattern(re.compile(r".+", re.DOTALL), "a text: write the objective in one sentence"),
    "page": _switch,
    "min_errors": _count,
    "absent": _absent,
    "enabled": _switch,
}
"""What is looked at in each field that an SLO may have."""
