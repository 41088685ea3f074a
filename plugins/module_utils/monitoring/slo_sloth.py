"""Objectives that were written for Sloth: its files, version prometheus/v1, and its PrometheusServiceLevel objects.

Field by field from source: slok/sloth 0.16.0, pkg/prometheus/api/v1/v1.go and pkg/kubernetes/api/sloth/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_promql
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_burn import PAGE, TICKET
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_parts import (
    TEMPLATE,
    Part,
    Translation,
    Written,
    grouping_of,
    labelled,
    name_of,
)

VERSION, RESOURCE = "prometheus/v1", ("sloth.slok.dev/v1", "PrometheusServiceLevel")
_PLUGIN = "is a plugin, a program for Sloth: remove it, and write what it does as queries"
_SEVERITIES = {"page_alert": PAGE, "ticket_alert": TICKET}

Spell = Callable[[str], str]


def is_one(document: Part) -> bool:
    """Say whether a document is Sloth's."""
    return document.value.get("version") == VERSION or _is_resource(document)


def _is_resource(document: Part) -> bool:
    return (document.value.get("apiVersion"), document.value.get("kind")) == RESOURCE


def translations(document: Part) -> list[Translation]:
    """Return a reader for each objective of a document. Raises SpecError for what concerns all of them."""
    if _is_resource(document):
        document.only("apiVersion", "kind", "metadata", "spec", "status")
        spec, spell = document.part("spec"), _camel
    else:
        spec, spell = document, _snake
    spec.without({spell("slo_plugins"): _PLUGIN})
    spec.only("version", "service", "labels", "slos", spell("slo_plugins"))
    spec.text("service")
    return [partial(_written, spec, each, spell) for each in spec.parts("slos")]


def _snake(name: str) -> str:
    return name


def _camel(name: str) -> str:
    """Return a field's name as Kubernetes writes it.

    >>> _camel("error_ratio_query")
    'errorRatioQuery'
    """
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def _written(spec: Part, slo: Part, spell: Spell) -> Written:
    slo.without({"plugins": _PLUGIN})
    slo.only("name", "description", "objective", "labels", "sli", "alerting", "plugins")
    service = spec.text("service")
    sli, grouped = _sli(slo.part("sli"), spell)
    fields = {
        "entity": "service",
        "objective": float(slo.number("objective")),
        "summary": slo.maybe("description") or None,
        "sli": sli,
        "group_by": grouped,
        **labelled(service, spec.texts("labels") | slo.texts("labels"), grouped),
        **_alerting(slo.part("alerting"), spell),
    }
    places = {"": slo.at(), "name": slo.at("name"), "owner": slo.at("labels.owner")}
    places |= {name: slo.at(name) for name in ("objective", "labels")}
    places |= dict.fromkeys(("alert", "alert_labels", "alert_annotations"), slo.at("alerting"))
    return Written(name_of(service, slo.text("name")), fields, places)


def _sli(sli: Part, spell: Spell) -> tuple[dict[str, str], list[str]]:
    """Return the queries of an SLI, and the labels that group them."""
    sli.without({"plugin": _PLUGIN})
    sli.only("events", "raw", "plugin")
    if sli.one_of("events", "raw") == "raw":
        names = {"ratio": spell("error_ratio_query")}
        inner = sli.part("raw")
    else:
        names = {"error": spell("error_query"), "total": spell("total_query")}
        inner = sli.part("events")
    inner.only(*names.values())
    queries = {ours: _query(inner, theirs) for ours, theirs in names.items()}
    return queries, grouping_of((inner.at(names[ours]), text) for ours, text in queries.items())


def _query(part: Part, name: str) -> str:
    found = part.query(name)
    if not slo_promql.has_window(found):
        raise part.refuse(name, f"has no {TEMPLATE}, the window's place: write it instead of a range")
    return found


def _alerting(alerting: Part, spell: Spell) -> dict[str, Any]:
    alerting.only("name", "labels", "annotations", *map(spell, _SEVERITIES))
    alerts = {severity: alerting.part(spell(name)) for name, severity in _SEVERITIES.items()}
    for each in alerts.values():
        each.only("disable", "labels", "annotations")
    return {
        "alert": alerting.maybe("name") or None,
        "page": not alerts[PAGE].switch("disable", "false"),
        "ticket": not alerts[TICKET].switch("disable", "false"),
        "alert_labels": {name: _labels(alerting, each, name) for name, each in alerts.items()},
        "alert_annotations": {name: _annotations(alerting, each) for name, each in alerts.items()},
    }


def _labels(alerting: Part, alert: Part, severity: str) -> dict[str, str]:
    """Return the labels of an alert: its severity is ours, since it decides who is notified."""
    found = alerting.texts("labels") | alert.texts("labels")
    if found.pop("severity", severity) in {PAGE, TICKET} - {severity}:
        raise alert.refuse(
            "labels.severity",
            f"is not {severity}, which Landfall's receivers go by: write that, or disable: true",
        )
    return found


def _annotations(alerting: Part, alert: Part) -> Mapping[str, str]:
    found = alerting.texts("annotations") | alert.texts("annotations")
    return {"runbook_url": found["runbook"]} | found if "runbook" in found else found
