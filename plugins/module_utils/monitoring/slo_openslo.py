"""Objectives that were written as OpenSLO specifications, openslo/v1 and openslo/v1alpha.

Field by field from source: the README.md of OpenSLO/OpenSLO, whose own examples are read too, and, for v1alpha, what
Sloth's examples have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import BASE
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_parts import (
    TEMPLATE,
    Part,
    SpecError,
    Translation,
    Written,
    grouping_of,
    labelled,
    name_of,
)

VERSIONS = ("openslo/v1", "openslo/v1alpha")
_KINDS = ("SLO", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
_OPERATORS = {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}
_SLICES = ("1m", BASE)
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 7 * 1440, "Minute": 1, "Hour": 60, "Day": 1440, "Week": 7 * 1440}
_RANGE = re.compile(r"\[\s*\d+[a-z][^\]]*\]")
_BASE_RANGE = re.compile(rf"\[\s*{BASE}\s*(?=[]:])")
_BY = r"(\s*by\s*\([^()]*\))?\s*"
_SUM = re.compile(rf"sum{_BY}\((?P<inner>.*)\){_BY}|(?P<bare>.*)", re.DOTALL)
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_COMPOSITE = "makes it a composite SLO, which has no single budget: write an SLO for each"
_ALERTS = "is not translated: remove it, Landfall alerts at burn rates of its own and notifies monitoring_receivers"


@dataclass(frozen=True)
class Catalog:
    """What SLOs refer to, by its name: the specifications of indicators and of data sources."""

    indicators: Mapping[str, Part]
    sources: Mapping[str, Part]


def is_one(document: Part) -> bool:
    """Say whether a document is of OpenSLO, in whichever version."""
    return str(document.value.get("apiVersion")).startswith("openslo/")


def catalog(documents: Iterable[Part]) -> Catalog:
    """Return what the SLOs of all documents may refer to; what is wrong with a document is left to `translations`."""
    known: dict[str, dict[str, Part]] = {"SLI": {}, "DataSource": {}}
    for each in filter(is_one, documents):
        with suppress(SpecError):
            known.get(str(each.value.get("kind")), {})[_name(each)] = each.part("spec")
    return Catalog(known["SLI"], known["DataSource"])


def _name(document: Part) -> str:
    return document.part("metadata").text("name")


def translations(document: Part, known: Catalog) -> list[Translation]:
    """Return a reader for each objective of a document, none for other kinds. Raises SpecError for all of them."""
    document.only("apiVersion", "kind", "metadata", "spec")
    document.choice("apiVersion", VERSIONS)
    name, spec = _name(document), document.part("spec")
    if document.choice("kind", _KINDS) != "SLO":
        return []
    spec.without({"alertPolicies": _ALERTS})
    spec.only(
        *("description", "service", "indicator", "indicatorRef", "timeWindow", "timeWindows"),
        *("budgetingMethod", "objectives", "alertPolicies"),
    )
    objectives = spec.parts("objectives")
    names = [name] if len(objectives) == 1 else [f"{name}-{number}" for number, _unused in enumerate(objectives, 1)]
    return [partial(_written, document, *each, known) for each in zip(names, objectives, strict=True)]


def _written(document: Part, name: str, objective: Part, known: Catalog) -> Written:
    metadata, spec = document.part("metadata"), document.part("spec")
    metadata.only("name", "displayName", "labels", "annotations")
    objective.without(dict.fromkeys(("indicator", "indicatorRef", "compositeWeight"), _COMPOSITE))
    objective.only(
        *("displayName", "op", "value", "target", "targetPercent", "timeSliceTarget", "timeSliceWindow"),
        *("ratioMetrics", "indicator", "indicatorRef", "compositeWeight"),
    )
    window, days = _window(spec)
    target = objective.one_of("target", "targetPercent")
    measure, grouped = _measure(_indicator(spec, objective, known), objective, known)
    fields = {
        "entity": "service",
        "objective": float(objective.number(target) * (100 if target == "target" else 1)),
        "window": days,
        "summary": spec.maybe("description") or metadata.maybe("displayName") or None,
        "sli": _sli(measure, spec, objective),
        "group_by": grouped,
        **labelled(spec.text("service"), _labels(metadata), grouped),
    }
    places = {"": document.at(), "name": metadata.at("name"), "owner": metadata.at("labels.owner"), "window": window}
    places |= {"objective": f"{objective.at(target)}, in percent", "labels": metadata.at("labels")}
    return Written(name_of(name), fields, places)


def _labels(metadata: Part) -> dict[str, str]:
    """Return labels with names as Prometheus writes those of Kubernetes."""
    given = metadata.texts("labels")
    found = {_NO_LABEL.sub("_", name): text for name, text in given.items()}
    if len(found) < len(given):
        raise metadata.refuse("labels", "has two names that only differ by signs that become _: rename one")
    return found


def _window(spec: Part) -> tuple[str, int | None]:
    """Return where the window is said, and its days, None if it is not."""
    field = "timeWindows" if spec.has("timeWindows") else "timeWindow"
    if not spec.has(field):
        return spec.at(field), None
    window, *others = spec.parts(field)
    window.without({"calendar": "makes the window a part of the calendar: remove it, Landfall's windows are rolling"})
    window.only("duration", "unit", "count", "isRolling", "calendar")
    if others or not window.switch("isRolling", "true"):
        raise spec.refuse(field, "is not one rolling window: write a single one with isRolling: true")
    if window.has("unit"):
        count, unit, where = window.text("count"), window.text("unit"), "count"
    else:
        where = "duration"
        count, unit = window.text(where)[:-1], window.text(where)[-1]
    if unit not in _MINUTES or not re.fullmatch(r"[1-9]\d{0,5}", count) or int(count) * _MINUTES[unit] % 1440:
        raise window.refuse(where, "is no number of whole days: write e.g. 28d, 30d or 4w")
    return window.at(where), int(count) * _MINUTES[unit] // 1440


def _indicator(spec: Part, objective: Part, known: Catalog) -> Part:
    """Return what holds the metrics: the objective itself in v1alpha, else the indicator, here or by its name."""
    if objective.has("ratioMetrics"):
        return objective
    if spec.one_of("indicator", "indicatorRef") == "indicatorRef":
        name = spec.text("indicatorRef")
        if name not in known.indicators:
            raise spec.refuse("indicatorRef", f"({name}) is no SLI of the files: write its name, or add its file")
        return known.indicators[name]
    inner = spec.part("indicator")
    return inner.part("spec") if inner.has("spec") else inner


@dataclass(frozen=True)
class _Measure:
    """What an indicator says: counts, where there are some, and the share that is good over {window} in any case."""

    good: str
    counts: Mapping[str, str] | None = None


def _measure(indicator: Part, objective: Part, known: Catalog) -> tuple[_Measure, list[str]]:
    """Return what is measured, and the labels that group it."""
    kind = indicator.one_of("ratioMetric", "ratioMetrics", "thresholdMetric")
    metric = indicator.part(kind)
    if kind == "thresholdMetric":
        query, place = _query(metric, known)
        kept = (
            f"(({query}) >= -Inf) {_OPERATORS[objective.choice('op', _OPERATORS)]} bool {objective.number('value'):f}"
        )
        return _Measure(_averaged(kept)), grouping_of([(place, query)])
    metric.only("counter", "incremental", "good", "bad", "total", "raw", "rawType")
    if metric.has("raw"):
        return _raw(metric, known)
    return _ratio(metric, known)


def _averaged(text: str) -> str:
    return f"avg_over_time(({text})[{{window}}:1m])"


def _raw(metric: Part, known: Catalog) -> tuple[_Measure, list[str]]:
    metric.one_of("raw", "good", "bad", "total")
    query, place = _query(metric.part("raw"), known)
    share = query if slo_promql.has_window(query) else _averaged(f"({query}) >= 0")
    succeeded = metric.choice("rawType", ("success", "failure")) == "success"
    return _Measure(share if succeeded else f"1 - ({share})"), grouping_of([(place, query)])


def _ratio(metric: Part, known: Catalog) -> tuple[_Measure, list[str]]:
    part = metric.one_of("good", "bad")
    some, total = (_counted(metric, each, known) for each in (part, "total"))
    grouped = grouping_of([some, total])
    by = f"sum by ({', '.join(grouped)})"
    # A series that was never written is a zero.
    counted = f"(({by} ({some[1]})) or ({by} ({total[1]})) * 0) / (({by} ({total[1]})) > 0)"
    counts = {"good" if part == "good" else "error": some[1], "total": total[1]}
    return _Measure(counted if part == "good" else f"1 - {counted}", counts), grouped


def _counted(metric: Part, name: str, known: Catalog) -> tuple[str, str]:
    """Return where a query is, and PromQL of what is counted, per second over the window."""
    found, place = _query(metric.needed(name), known)
    query = _BASE_RANGE.sub("[{window}", found)
    if odd := _RANGE.search(slo_promql.without_texts(query)):
        raise SpecError(f"{place} has the range {odd[0]}, but alerts look at other times: write {TEMPLATE}.")
    if slo_promql.has_window(query):
        return place, query
    if not metric.switch("incremental" if metric.has("incremental") else "counter"):
        return place, _averaged(query)
    plain = _SUM.fullmatch(query)
    selector = "inner" if plain and plain["inner"] else "bare"
    if not plain or not slo_promql.selector_parts(plain[selector])[0]:
        raise SpecError(f"{place} has no range, and is no plain counter: write rate(...{TEMPLATE}) of each.")
    return place, f"{query[: plain.start(selector)]}rate({plain[selector]}[{{window}}]){query[plain.end(selector) :]}"


def _query(metric: Part, known: Catalog) -> tuple[str, str]:
    """Return the query of a metric, and where it is. Raises SpecError unless it is for Prometheus."""
    if metric.has("source"):
        inner, kind = metric, metric.text("source")
    else:
        metric.only("metricSource")
        source = metric.needed("metricSource")
        source.only("metricSourceRef", "type", "spec")
        inner, kind = source.part("spec"), _type(source, known)
    inner.only("source", "query", "queryType", "metadata")
    if kind.lower() not in ("prometheus", "sloth"):
        raise inner.refuse("", f"is for {kind}: write a query for Prometheus")
    if inner.maybe("queryType").lower() not in ("", "promql"):
        raise inner.refuse("queryType", f"({inner.text('queryType')!r}) is not promql: write that")
    return inner.query("query"), inner.at("query")


def _type(source: Part, known: Catalog) -> str:
    """Return what a metric is read from: its own type, else that of the data source that it names."""
    if source.has("type"):
        return source.text("type")
    name = source.text("metricSourceRef")
    if name not in known.sources:
        raise source.refuse("metricSourceRef", f"({name}) is no DataSource of the files: add it, or write a type")
    return known.sources[name].text("type")


def _sli(measure: _Measure, spec: Part, objective: Part) -> Mapping[str, Any]:
    """Return what fails, by the budgeting method: of all events, of all slices of time, or on the average of slices."""
    method = spec.choice("budgetingMethod", ("Occurrences", "Timeslices", "RatioTimeslices"))
    if method == "Occurrences":
        return measure.counts or {"ratio": f"1 - ({measure.good})"}
    size = objective.text("timeSliceWindow")
    size = f"{size}m" if size.isdigit() else size
    if size not in _SLICES:
        raise objective.refuse("timeSliceWindow", f"({size}) must be one of {', '.join(_SLICES)}")
    good = slo_promql.windowed(measure.good, size)
    failed = f"1 - ({good})"
    if method == "Timeslices":
        target = objective.number("timeSliceTarget")
        if not 0 < target <= 1:
            raise objective.refuse("timeSliceTarget", f"({target}) must be over 0 and at most 1: write e.g. 0.95")
        failed = f"({good}) < bool {target:f}"
    return {"ratio": f"avg_over_time(({failed})[{{window}}:{size}])"}
