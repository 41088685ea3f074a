"""Every key that our values set is one that its chart knows: judged by upstream's own files, where they are at hand."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.components.rendering import CHECKOUT, release

UPSTREAM = Path(os.environ.get("LANDFALL_UPSTREAM_DIR") or CHECKOUT.parent / "shared" / "upstream")
SUBCHARTS = {
    "kube-prometheus-stack": {"grafana": "grafana-12.11.1/values.yaml"},
    "eck-stack": {
        "eck-elasticsearch": "eck-stack-0.20.0/eck-elasticsearch.values.yaml",
        "eck-kibana": "eck-stack-0.20.0/eck-kibana.values.yaml",
    },
}
RELEASES = (
    "metrics-server",
    "aws-load-balancer-controller",
    "nginx-ingress",
    "kube-prometheus-stack",
    "eck-operator",
    "eck-stack",
    "fluent-bit",
    "argo-cd",
)
# Handed on as they are: whatever a program's own configuration file may hold.
OPEN_MAPS = {("grafana", "grafana.ini")}

pytestmark = pytest.mark.skipif(
    not UPSTREAM.is_dir(), reason=f"no upstream charts in {UPSTREAM}: set LANDFALL_UPSTREAM_DIR"
)


class Known:
    """What one chart documents: its default values, the keys that its comments show, and its schema."""

    def __init__(self, folder: str, subcharts: dict[str, str]) -> None:
        text = (UPSTREAM / folder / "values.yaml").read_text()
        self.values = yaml.safe_load(text)
        for key, file in subcharts.items():
            text += (UPSTREAM / file).read_text()
            self.values[key] = _merged(yaml.safe_load((UPSTREAM / file).read_text()), self.values.get(key) or {})
        self.commented = set(re.findall(r"^\s*#+\s*-?\s*([\w.-]+):", text, re.MULTILINE))
        schema = UPSTREAM / folder / "values.schema.json"
        self.schema = set(_properties(json.loads(schema.read_text()))) if schema.exists() else set()

    def unknown(self, ours: dict[str, Any]) -> list[str]:
        return list(self._unknown(ours, self.values, ()))

    def _unknown(self, ours: dict[str, Any], theirs: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        for key, value in ours.items():
            where = (*path, key)
            if key not in theirs:
                if key not in self.commented and where not in self.schema:
                    yield ".".join(where)
            elif where not in OPEN_MAPS and isinstance(value, dict) and isinstance(theirs[key], dict) and theirs[key]:
                yield from self._unknown(value, theirs[key], where)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = base | over
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            both[key] = _merged(base[key], value)
    return both


def _properties(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in (schema.get("properties") or {}).items():
        yield (*path, key)
        yield from _properties(value, (*path, key))


def known(name: str) -> Known:
    return Known(f"{name}-{release(name)['chart']['version']}", SUBCHARTS.get(name, {}))


@pytest.mark.parametrize("name", RELEASES)
def test_every_key_is_one_that_the_chart_knows(name: str) -> None:
    assert known(name).unknown(release(name, platform_storage_class="gp3")["values"]) == []


def test_a_misspelt_key_is_noticed() -> None:
    chart = known("nginx-ingress")
    assert chart.unknown({"controller": {"service": {"httpsPort": {"enable": True, "prot": 443}}, "replicas": 2}}) == [
        "controller.service.httpsPort.prot",
        "controller.replicas",
    ]
