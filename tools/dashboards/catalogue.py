"""All dashboards, as the JSON that Grafana reads, and the queries in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import entities, flask_app, ingress, logs, overview, slo

PAGES = (overview.page, slo.page, entities.page, flask_app.page, ingress.page, logs.page)
LABEL_VALUES = re.compile(r"label_values\((?P<series>.+), *(?P<label>\w+)\)$")


@dataclass(frozen=True)
class Asked:
    """One query: who asks it, the PromQL with Grafana's variables in it, and the panel's number if it has one."""

    dashboard: str
    kind: str
    place: str
    expr: str
    number: int = 0


def rendered() -> dict[str, str]:
    """Return the text of each dashboard's file by its name; the same code gives the same text."""
    made = [page().build() for page in PAGES]
    return {f"{each.uid}.json": text(each) for each in made}


def text(made: object) -> str:
    """Return a dashboard's JSON."""
    return json.dumps(made, cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def asked(content: dict[str, Any]) -> Iterator[Asked]:
    """Yield every query of a dashboard: of its variables, its annotations and its panels."""
    uid = content["uid"]
    for variable in content["templating"]["list"]:
        if variable["type"] == "query":
            found = LABEL_VALUES.match(variable["query"])
            if not found:
                raise ValueError(f"The variable {variable['name']} of {uid} asks something else than label_values.")
            yield Asked(uid, "variable", variable["name"], f"count by ({found['label']}) ({found['series']})")
    for event in content["annotations"]["list"]:
        yield Asked(uid, "annotation", event["name"], event["expr"])
    for panel in content["panels"]:
        for target in panel.get("targets", []):
            yield Asked(uid, "panel", f"{panel['title']} {target['refId']}", target["expr"], panel["id"])
