"""What Grafana does to a query before Prometheus gets it."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from dashboards import catalogue

BUILT_IN = {"$__rate_interval": "15s", "$__interval": "15s", "$__range": "1h"}
VARIABLE = re.compile(r"\$(\w+)")


@dataclass(frozen=True)
class Query:
    """A query as Prometheus gets it."""

    where: str
    asked: catalogue.Asked
    expr: str


@cache
def dashboards() -> dict[str, dict[str, Any]]:
    """Return the dashboards that the code makes by uid."""
    made = (json.loads(text) for text in catalogue.rendered().values())
    return {each["uid"]: each for each in made}


def queries() -> list[Query]:
    """Return every query of every dashboard, once for each value of the variables that offer a choice."""
    return [query for each in dashboards().values() for asked in catalogue.asked(each) for query in sent(each, asked)]


def sent(dashboard: dict[str, Any], asked: catalogue.Asked) -> Iterator[Query]:
    """Yield a query with its variables replaced: All for those of many values, each choice for the others."""
    used = dict.fromkeys(VARIABLE.findall(expanded(asked.expr)))
    offered = [values(dashboard, name) for name in used]
    for picked in itertools.product(*offered):
        chosen = dict(zip(used, picked, strict=True))
        text = VARIABLE.sub(lambda found, chosen=chosen: chosen[found[1]], expanded(asked.expr))
        chance = "".join(f" {name}={value}" for name, value in chosen.items() if value != ".*")
        yield Query(f"{asked.dashboard} / {asked.kind} {asked.place}{chance}", asked, text)


def expanded(expr: str) -> str:
    """Return a query with Grafana's own variables replaced."""
    for name, value in BUILT_IN.items():
        expr = expr.replace(name, value)
    return expr


def values(dashboard: dict[str, Any], name: str) -> list[str]:
    """Return what a variable may stand for; a KeyError means that the dashboard does not have it."""
    variable = {each["name"]: each for each in dashboard["templating"]["list"]}[name]
    if variable["type"] == "custom":
        return [each["value"] for each in variable["options"]]
    return [variable["allValue"]]
