"""What Kibana imports holds together: references lead to objects, charts to fields, panels do not overlap."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.logs import fields, lens, saved_objects
from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import NAME, PATTERNS

OBJECTS = saved_objects.objects("flask-app")
DASHBOARDS = [each for each in OBJECTS if each["type"] == "dashboard"]
NUMBERS = {"integer", "double"}
OPERATIONS = {
    "date_histogram": {"date_nanos"},
    "terms": {"keyword", *NUMBERS},
    "count": {"records"},
    "percentile": NUMBERS,
}
"""What each operation of Lens can be asked of."""


def types(properties: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return the types of the mapping's fields by their full names."""
    found = {"___records___": "records"}
    for name, each in properties.items():
        found |= (
            types(each["properties"], f"{before}{name}.") if "properties" in each else {before + name: each["type"]}
        )
    return found


TYPES = types(fields.mappings()["properties"])


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dashboard["attributes"]["panelsJSON"])
    return found


def charts() -> list[dict[str, Any]]:
    return [
        panel["embeddableConfig"]["attributes"]
        for each in DASHBOARDS
        for panel in panels(each)
        if panel["type"] == "lens"
    ]


def test_an_import_is_a_line_per_object_in_the_order_of_references() -> None:
    assert [json.loads(line) for line in saved_objects.ndjson("flask-app").splitlines()] == OBJECTS
    seen: set[tuple[str, str]] = set()
    for each in OBJECTS:
        assert {(to["type"], to["id"]) for to in each["references"]} <= seen
        seen.add((each["type"], each["id"]))
    assert len(seen) == len(OBJECTS)
    assert {each["type"] for each in OBJECTS} == set(saved_objects.VERSIONS)


def test_the_data_views_see_the_streams_and_what_was_kept_aside() -> None:
    titles = {each["id"]: each["attributes"]["title"] for each in OBJECTS if each["type"] == "index-pattern"}
    assert titles[NAME].split(",") == list(PATTERNS)
    assert titles[saved_objects.FAILURES].split(",") == [f"{each}::failures" for each in PATTERNS]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each["id"])
def test_panels_fill_the_grid_without_overlap(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(dashboard):
        grid = panel["gridData"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken
        assert grid["x"] + grid["w"] <= saved_objects.WIDTH
        assert grid["i"] == panel["panelIndex"]
        taken |= cells


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each["id"])
def test_panels_refer_to_what_their_dashboard_names(dashboard: dict[str, Any]) -> None:
    named = {each["name"] for each in dashboard["references"]}
    used = set()
    for panel in panels(dashboard):
        inner = panel["embeddableConfig"].get("attributes", {}).get("references", [])
        wanted = [each["name"] for each in inner] or [panel["panelRefName"]]
        used |= {f"{panel['panelIndex']}:{each}" for each in wanted}
    assert named == used


@pytest.mark.parametrize("chart", charts(), ids=lambda each: each["title"])
def test_charts_count_fields_that_are_mapped_so(chart: dict[str, Any]) -> None:
    (layer,) = chart["state"]["datasourceStates"]["formBased"]["layers"].values()
    assert sorted(layer["columnOrder"]) == sorted(layer["columns"])
    for column in layer["columns"].values():
        assert TYPES[column["sourceField"]] in OPERATIONS[column["operationType"]]
        order = column.get("params", {}).get("orderBy", {}).get("columnId")
        assert order is None or order in layer["columns"]
    # Buckets first, as Lens itself orders them.
    bucketed = [layer["columns"][each]["isBucketed"] for each in layer["columnOrder"]]
    assert bucketed == sorted(bucketed, reverse=True)


@pytest.mark.parametrize("chart", charts(), ids=lambda each: each["title"])
def test_what_a_chart_shows_are_its_columns(chart: dict[str, Any]) -> None:
    shown = chart["state"]["visualization"]
    (columns,) = [set(each["columns"]) for each in chart["state"]["datasourceStates"]["formBased"]["layers"].values()]
    if chart["visualizationType"] == "lnsXY":
        (layer,) = shown["layers"]
        assert {layer["xAccessor"], *layer["accessors"], layer.get("splitAccessor", lens.TIME)} == columns
    elif chart["visualizationType"] == "lnsDatatable":
        assert {each["columnId"] for each in shown["columns"]} == columns
    else:
        assert {shown["metricAccessor"]} == columns


def queries() -> list[str]:
    searches = [each["attributes"] for each in OBJECTS if each["type"] == "search"]
    sources = [json.loads(each["kibanaSavedObjectMeta"]["searchSourceJSON"]) for each in searches]
    return [each["query"]["query"] for each in sources] + [each["state"]["query"]["query"] for each in charts()]


def test_queries_and_columns_name_mapped_fields() -> None:
    asked = {name for query in queries() for name in re.findall(r"([\w.@]+) *(?::|>=|<=)", query)}
    shown = {name for each in OBJECTS if each["type"] == "search" for name in each["attributes"]["columns"]}
    assert asked
    assert asked | shown <= set(TYPES)


def test_the_applications_dashboard_follows_its_namespace() -> None:
    others = saved_objects.objects("shop")
    changed = [each["id"] for each, other in zip(OBJECTS, others, strict=True) if each != other]
    assert changed == [f"{NAME}-app-errors", f"{NAME}-app-slow", f"{NAME}-flask-app"]
    assert "flask-app" not in json.dumps([each["attributes"] for each in others])
