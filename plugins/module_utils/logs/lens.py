"""Kibana's charts as data: the state of a Lens panel, made from what it counts and how it is split.

The shape is that of saved objects of Kibana 8.9 and later, which newer ones take and migrate.
"""

from __future__ import annotations

from typing import Any

LAYER = "data"
TIME, COUNT = "time", "count"
TERMS = 10
"""Values of a field that are shown each for itself; the others are one."""

Columns = dict[str, dict[str, Any]]


def over_time() -> Columns:
    """Return the column of the time axis, in steps that fit the chart."""
    return {
        TIME: {
            "label": "@timestamp",
            "dataType": "date",
            "operationType": "date_histogram",
            "sourceField": "@timestamp",
            "isBucketed": True,
            "scale": "interval",
            "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
        }
    }


def counted(label: str = "Lines") -> Columns:
    """Return the column that counts documents."""
    return {
        COUNT: {
            "label": label,
            "dataType": "number",
            "operationType": "count",
            "sourceField": "___records___",
            "isBucketed": False,
            "scale": "ratio",
            "params": {"emptyAsNull": False},
            "customLabel": True,
        }
    }


def split_by(field: str, label: str, data_type: str = "string", order_by: str = COUNT) -> Columns:
    """Return the column of a field's most frequent values; documents without it count as one more value."""
    return {
        field: {
            "label": label,
            "dataType": data_type,
            "operationType": "terms",
            "sourceField": field,
            "isBucketed": True,
            "scale": "ordinal",
            "customLabel": True,
            "params": {
                "size": TERMS,
                "orderBy": {"type": "column", "columnId": order_by},
                "orderDirection": "desc",
                "otherBucket": True,
                "missingBucket": True,
                "parentFormat": {"id": "terms"},
            },
        }
    }


def percentile(name: str, field: str, label: str, percent: int) -> Columns:
    """Return the column of a percentile of a number."""
    return {
        name: {
            "label": label,
            "dataType": "number",
            "operationType": "percentile",
            "sourceField": field,
            "isBucketed": False,
            "scale": "ratio",
            "customLabel": True,
            "params": {"percentile": percent, "emptyAsNull": True},
        }
    }


def _attributes(what: tuple[str, str, str], kind: str, columns: Columns, shown: dict[str, Any]) -> dict[str, Any]:
    title, view, query = what
    layers = {LAYER: {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}}}
    return {
        "title": title,
        "type": "lens",
        "visualizationType": kind,
        "references": [{"type": "index-pattern", "id": view, "name": f"indexpattern-datasource-layer-{LAYER}"}],
        "state": {
            "datasourceStates": {"formBased": {"layers": layers}},
            "visualization": shown,
            "query": {"query": query, "language": "kuery"},
            "filters": [],
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def bars(title: str, view: str, query: str, split: Columns) -> dict[str, Any]:
    """Return a chart of counts over time, stacked by the values of the one column of `split`."""
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "seriesType": "bar_stacked",
        "xAccessor": TIME,
        "accessors": [COUNT],
        "splitAccessor": next(iter(split)),
    }
    return _attributes((title, view, query), "lnsXY", split | over_time() | counted(), _axes("bar_stacked", layer))


def lines(title: str, view: str, query: str, values: Columns) -> dict[str, Any]:
    """Return a chart of values over time."""
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "seriesType": "line",
        "xAccessor": TIME,
        "accessors": list(values),
    }
    return _attributes((title, view, query), "lnsXY", over_time() | values, _axes("line", layer))


def _axes(series: str, layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "preferredSeriesType": series,
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
        "layers": [layer],
    }


def table(title: str, view: str, query: str, rows: Columns, values: Columns) -> dict[str, Any]:
    """Return a table with a row for each value of `rows`."""
    shown = {"layerId": LAYER, "layerType": "data", "columns": [{"columnId": name} for name in rows | values]}
    return _attributes((title, view, query), "lnsDatatable", rows | values, shown)


def number(title: str, view: str, query: str, label: str) -> dict[str, Any]:
    """Return a count as one big number."""
    shown = {"layerId": LAYER, "layerType": "data", "metricAccessor": COUNT}
    return _attributes((title, view, query), "lnsMetric", counted(label), shown)
