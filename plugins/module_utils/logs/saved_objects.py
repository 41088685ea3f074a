"""What people find in Kibana: two data views, three saved searches and two dashboards, as an import takes them."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.logs import lens
from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import NAME, PATTERNS

FAILURES = f"{NAME}-failures"
SLOW_SECONDS = 1
"""A request that took as long, or longer, is called slow."""
VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "dashboard": "8.9.0"}
"""Shape of each type of object; Kibana migrates older ones when it imports them."""
CORE_VERSION = "8.8.0"
WHERE = ["kubernetes.namespace_name", "kubernetes.pod_name"]
WIDTH = 48
"""Columns of a dashboard's grid."""

Object = dict[str, Any]


def objects(flask_app_namespace: str) -> list[Object]:
    """Return the saved objects, what is referred to before what refers to it."""
    of_app = f'kubernetes.namespace_name: "{flask_app_namespace}"'
    requests = f"{of_app} and http.status: *"
    bad = "level: (error or critical)"
    searches = [
        _search(
            "errors", "Errors of all containers", bad, ["kubernetes.namespace_name", "kubernetes.pod_name", "message"]
        ),
        _search("app-errors", "Errors of the Flask application", f"{of_app} and {bad}", ["level", "message"]),
        _search(
            "app-slow",
            f"Requests of the Flask application that took {SLOW_SECONDS} s or longer",
            f"{of_app} and http.seconds >= {SLOW_SECONDS}",
            ["http.method", "http.path", "http.status", "http.seconds"],
        ),
    ]
    by_level = lens.split_by("level", "Level")
    volume = [
        (lens.bars("Lines by level", NAME, "", by_level), WIDTH, 12),
        (lens.bars("Lines by namespace", NAME, "", lens.split_by("kubernetes.namespace_name", "Namespace")), 24, 12),
        (lens.bars("Lines by node", NAME, "", lens.split_by("node", "Node")), 24, 12),
        (
            lens.table(
                "Lines by container",
                NAME,
                "",
                lens.split_by("kubernetes.namespace_name", "Namespace")
                | lens.split_by("kubernetes.container_name", "Container"),
                lens.counted(),
            ),
            36,
            14,
        ),
        (lens.number("Kept aside", FAILURES, "", "Lines that could not be stored as such"), 12, 14),
        ("errors", WIDTH, 16),
    ]
    slowest = lens.percentile("p95", "http.seconds", "95th percentile, s", 95)
    application = [
        (lens.bars("Requests by status", NAME, requests, lens.split_by("http.status", "Status", "number")), 24, 12),
        (
            lens.lines(
                "Seconds a request takes",
                NAME,
                requests,
                lens.percentile("p50", "http.seconds", "median, s", 50) | slowest,
            ),
            24,
            12,
        ),
        (lens.bars("Lines by level", NAME, of_app, by_level), 24, 12),
        (
            lens.table(
                "Slowest paths",
                NAME,
                requests,
                lens.split_by("http.path", "Path", order_by="p95"),
                slowest | lens.counted("Requests"),
            ),
            24,
            12,
        ),
        ("app-errors", WIDTH, 14),
        ("app-slow", WIDTH, 14),
    ]
    return [
        _data_view(NAME, "Logs", ",".join(PATTERNS)),
        _data_view(FAILURES, "Logs that were kept aside", ",".join(f"{each}::failures" for each in PATTERNS)),
        *searches,
        _dashboard("volume", "Logs: volume by level, namespace and node", volume),
        _dashboard("flask-app", "Logs: errors and slow requests of the Flask application", application),
    ]


def ndjson(flask_app_namespace: str) -> str:
    """Return the objects as the import takes them: one a line."""
    return "".join(f"{json.dumps(each, sort_keys=True)}\n" for each in objects(flask_app_namespace))


def _saved(kind: str, name: str, attributes: Object, references: list[Object]) -> Object:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": VERSIONS[kind],
    }


def _data_view(name: str, shown: str, pattern: str) -> Object:
    return _saved("index-pattern", name, {"title": pattern, "name": shown, "timeFieldName": "@timestamp"}, [])


def _search(name: str, title: str, query: str, columns: list[str]) -> Object:
    source = {
        "query": {"query": query, "language": "kuery"},
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }
    attributes = {
        "title": title,
        "description": "",
        "columns": columns,
        "sort": [["@timestamp", "desc"]],
        "grid": {},
        "hideChart": True,
        "isTextBasedQuery": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }
    return _saved(
        "search",
        f"{NAME}-{name}",
        attributes,
        [{"type": "index-pattern", "id": NAME, "name": "kibanaSavedObjectMeta.searchSourceJSON.index"}],
    )


def _dashboard(name: str, title: str, panels: list[tuple[Any, int, int]]) -> Object:
    """Return a dashboard of (chart or name of a saved search, width, height), filled row by row."""
    placed, references = [], []
    across = down = 0
    for number, (content, width, height) in enumerate(panels, start=1):
        index = str(number)
        if across + width > WIDTH:
            across, down = 0, down + panels[number - 2][2]
        grid = {"x": across, "y": down, "w": width, "h": height, "i": index}
        across += width
        panel: Object = {"panelIndex": index, "gridData": grid}
        if isinstance(content, str):
            panel |= {"type": "search", "panelRefName": f"panel_{index}", "embeddableConfig": {"enhancements": {}}}
            references.append({"type": "search", "id": f"{NAME}-{content}", "name": f"{index}:panel_{index}"})
        else:
            panel |= {
                "type": "lens",
                "title": content["title"],
                "embeddableConfig": {"attributes": content, "enhancements": {}},
            }
            references += [{**each, "name": f"{index}:{each['name']}"} for each in content["references"]]
        placed.append(panel)
    attributes = {
        "title": title,
        "description": "Made by Landfall, and made again when it changes: copy it to change it.",
        "version": 1,
        "timeRestore": True,
        "timeFrom": "now-24h",
        "timeTo": "now",
        "refreshInterval": {"pause": True, "value": 60000},
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "hidePanelTitles": False}, sort_keys=True),
        "panelsJSON": json.dumps(placed, sort_keys=True),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
    }
    return _saved("dashboard", f"{NAME}-{name}", attributes, references)
