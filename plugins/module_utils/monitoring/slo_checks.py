"""What can be wrong with `monitoring_slos`, each problem one sentence: which leaf, what was wrong, what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_model, slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import PAGE, TICKET

SETTING = "monitoring_slos"
LONGEST_NAME = 63
RESERVED = frozenset({"slo", "entity", "owner", "severity", "long_window", "alertname", "alertstate"})
LOWEST, HIGHEST = 50, 100
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_OWNER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/@-]*[A-Za-z0-9])?")
_URL = re.compile(r"https?://\S+")
_SLI_FORMS = "{good, total}, {error, total}, {ratio} or {latency: {buckets, threshold, total}}"

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
    yield from _name(where, name)
    for field in fields:
        if field not in _CHECKS:
            yield f"{where}.{field} is no field of an SLO: {_advice(field, _CHECKS)}"
    missing = [field for field in ("entity", "sli", "objective") if fields.get(field) is None]
    if missing and known is not None:
        yield f"{where} has no {' and no '.join(missing)}: {_meant(name, known)}"
    for field, check in _CHECKS.items():
        if fields.get(field) is not None:
            yield from check(f"{where}.{field}", fields[field])
    yield from _told_apart(f"{where}.labels", fields)


def problems_of_one(name: str, fields: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    """Return a sentence for each problem of an objective that was read elsewhere.

    `places` say where each field was, by its name here, and, by the empty name, the objective.
    """
    where = {field: places.get(field, places[""]) for field in ("name", "labels", *_CHECKS)}
    found = list(_name(f"{where['name']} ({name})", name))
    for field, check in _CHECKS.items():
        if fields.get(field) is not None:
            found += check(where[field], fields[field])
    return [*found, *_told_apart(where["labels"], fields)]


def _name(where: str, name: str) -> Problems:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield (
            f"{where} is no name of an SLO: write lower-case letters, digits and inner hyphens, {LONGEST_NAME} at most."
        )


def _told_apart(where: str, fields: Mapping[str, Any]) -> Problems:
    """A label has either one text or a value of its own in each group."""
    by_severity = fields.get("alert_labels")
    every = [fields.get("labels"), *(by_severity.values() if isinstance(by_severity, Mapping) else ())]
    group_by = fields.get("group_by")
    for label in group_by if isinstance(group_by, list) else ():
        if any(isinstance(each, Mapping) and label in each for each in every):
            yield f"{where}.{label} is a label of group_by too, of which each group has its own: leave it out there."


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
    forms = [each for each in ("good", "error", "ratio", "latency") if value.get(each) is not None]
    for unknown in value.keys() - {"good", "error", "ratio", "latency", "total"}:
        yield f"{where}.{unknown} is no part of an SLI: write {_SLI_FORMS}."
    if len(forms) != 1:
        said = f"has {' and '.join(forms)}" if forms else "says neither what is good nor what is an error"
        yield f"{where} {said}: write one of {_SLI_FORMS}, and null for the others."
    elif forms == ["latency"]:
        yield from _latency(f"{where}.latency", value["latency"])
    else:
        yield from _counted(f"{where}.{forms[0]}", value[forms[0]])
        if forms != ["ratio"]:
            yield from _counted(f"{where}.total", value.get("total"))


def _counted(where: str, value: Any) -> Problems:
    if not isinstance(value, str) or not value.strip():
        yield f"{where} is no PromQL: write what is counted, such as rate(requests_total{slo_promql.PLACEHOLDER})."
    elif not slo_promql.has_window(value):
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


def _days(where: str, value: Any) -> Problems:
    shortest, longest = slo_model.WINDOWS
    if not isinstance(value, int) or isinstance(value, bool) or not shortest <= value <= longest:
        yield f"{where} ({value!r}) must be a number of days, from {shortest} to {longest}: write e.g. 28."


def _texts(where: str, value: Any) -> Problems:
    """Texts by names that Prometheus takes."""
    if not isinstance(value, Mapping):
        yield f"{where} ({value!r}) is no mapping: write names and texts, such as {{team: shop}}."
        return
    for name, text in value.items():
        if not isinstance(name, str) or not slo_promql.LABEL.fullmatch(name) or name.startswith("__"):
            yield f"{where} ({name!r}) is no name for Prometheus: write letters, digits and underscores."
        elif not isinstance(text, str):
            yield f"{where}.{name} ({text!r}) is no text: write it in quotes."


def _own_labels(where: str, value: Any) -> Problems:
    yield from _texts(where, value)
    for label in RESERVED & set(value if isinstance(value, Mapping) else ()):
        yield f"{where} ({label}) is a label that Landfall sets: leave it out."


def _by_severity(check: Callable[[str, Any], Problems]) -> Callable[[str, Any], Problems]:
    def check_each(where: str, value: Any) -> Problems:
        if not isinstance(value, Mapping) or value.keys() - {PAGE, TICKET}:
            yield f"{where} ({value!r}) is not by severity: write {{{PAGE}: {{...}}, {TICKET}: {{...}}}}."
            return
        for severity, texts in value.items():
            yield from check(f"{where}.{severity}", texts)

    return check_each


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
    "window": _days,
    "group_by": _labels,
    "owner": _pattern(_OWNER, "a name: write letters, digits, '.', '_', '-', '/' and '@'"),
    "runbook": _pattern(_URL, "a URL: write one such as https://wiki.example.org/runbook"),
    "summary": _pattern(re.compile(r".+", re.DOTALL), "a text: write the objective in one sentence"),
    "labels": _own_labels,
    "page": _switch,
    "ticket": _switch,
    "alert": _pattern(re.compile(r"\S(.*\S)?"), "a name of alerts: write one line"),
    "alert_labels": _by_severity(_own_labels),
    "alert_annotations": _by_severity(_texts),
    "min_errors": _count,
    "absent": _absent,
    "enabled": _switch,
}
"""What is looked at in each field that an SLO may have."""
