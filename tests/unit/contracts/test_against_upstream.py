"""Our values and custom resources are judged by upstream's own schemas and definitions, where they are at hand."""

import copy
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from contracts.check import problems

from tests.unit.components.rendering import CHECKOUT, COMPONENTS, release, releases
from tests.unit.contracts import upstream
from tests.unit.contracts.upstream import FOLDER, HELM, MISSING, NO_HELM

CONTRACTS = sorted((CHECKOUT / "tests" / "contracts").glob("*.yml"))
STAND_INS = CHECKOUT / "roles" / "local_cluster" / "files" / "stand_ins"
CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")
# Subcharts whose values upstream's folder holds, by the key under which their chart takes them.
SUBCHARTS = {
    "grafana-12.11.1/values.yaml": ("kube-prometheus-stack-88.5.3", "grafana"),
    "kube-state-metrics-8.4.0/values.yaml": ("kube-prometheus-stack-88.5.3", "kube-state-metrics"),
    "prometheus-node-exporter-4.56.1/values.yaml": ("kube-prometheus-stack-88.5.3", "prometheus-node-exporter"),
    "eck-stack-0.20.0/eck-elasticsearch.values.yaml": ("eck-stack-0.20.0", "eck-elasticsearch"),
    "eck-stack-0.20.0/eck-kibana.values.yaml": ("eck-stack-0.20.0", "eck-kibana"),
}
DEFAULTS = {f"{each.stem}/values.yaml": (each.stem, "") for each in CONTRACTS} | SUBCHARTS

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
with_helm = pytest.mark.skipif(not HELM, reason=NO_HELM)


def keys_of(contract: str, subchart: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHECKOUT / "tests/contracts" / f"{contract}.yml").read_text())["values"]
    # A subchart's `global` is that of the whole chart.
    return {**found[subchart], "global": found["global"]} if subchart else found


def load(file: str) -> dict[str, Any]:
    if not (FOLDER / file).exists():
        pytest.skip(f"not run: {file} is not in {FOLDER}")
    found: dict[str, Any] = yaml.safe_load((FOLDER / file).read_text())
    return found


@pytest.mark.parametrize("file", DEFAULTS)
def test_each_contract_holds_all_of_upstreams_values(file: str) -> None:
    assert list(problems(load(file), keys_of(*DEFAULTS[file]))) == []


def test_a_contract_that_lacks_one_key_is_noticed() -> None:
    keys = copy.deepcopy(keys_of("nginx-ingress-2.6.4", ""))
    del keys["controller"]["replicaCount"]
    found = list(problems(load("nginx-ingress-2.6.4/values.yaml"), keys))
    assert [each.partition(" ")[0] for each in found] == ["controller.replicaCount"]


def charts() -> list[Any]:
    """Return each release with the chart to render: the stand-in, and the real one where a cache has it."""
    rows = [pytest.param("flask-app", CHECKOUT / "app" / "chart", id="flask-app")]
    for name in (each["name"] for role in COMPONENTS for each in releases(role) if each["name"] != "flask-app"):
        rows.append(pytest.param(name, STAND_INS / name, id=f"{name}-stand-in"))
        archive = Path(CACHE) / f"{name}-{release(name)['chart']['version']}.tgz"
        at_hand = pytest.mark.skipif(not CACHE or not archive.exists(), reason="not run: LANDFALL_CHART_CACHE lacks it")
        rows.append(pytest.param(name, archive, id=f"{name}-real", marks=at_hand))
    return rows


@cache
def custom_resources(name: str, chart: Path) -> list[dict[str, Any]]:
    found = upstream.rendered(chart, release(name, platform_storage_class="gp3"))
    return [each for each in found if upstream.schema_of(each["kind"], each["apiVersion"])]


# What each of our releases is known to make of these; a rendering without them would be judged by nobody.
EXPECTED = {
    "flask-app": {"ServiceMonitor"},
    "metrics-server": {"ServiceMonitor"},
    "aws-load-balancer-controller": {"ServiceMonitor"},
    "eck-operator": {"PodMonitor"},
    "eck-stack": {"Elasticsearch", "Kibana"},
    "fluent-bit": {"ServiceMonitor"},
    "argo-cd": {"ServiceMonitor"},
    "kube-prometheus-stack": {"ServiceMonitor", "Prometheus", "Alertmanager", "PrometheusRule"},
}


@with_helm
@pytest.mark.parametrize(("name", "chart"), charts())
def test_custom_resources_are_what_their_definitions_allow(name: str, chart: Path) -> None:
    found = custom_resources(name, chart)
    assert {each["kind"] for each in found} >= EXPECTED.get(name, set())
    assert [sentence for each in found for sentence in upstream.refusals(each)] == []


def in_node_sets(found: dict[str, Any]) -> None:
    found["spec"]["nodeSets"][0]["cuont"] = 3


def in_kibana(found: dict[str, Any]) -> None:
    found["spec"]["count"] = "two"


def in_endpoint(found: dict[str, Any]) -> None:
    found["spec"]["endpoints"][0]["prot"] = "metrics"


@with_helm
@pytest.mark.parametrize(
    ("name", "kind", "spoil", "words"),
    [
        ("eck-stack", "Elasticsearch", in_node_sets, "$.spec.nodeSets[0]: Additional properties are not allowed"),
        ("eck-stack", "Kibana", in_kibana, "$.spec.count: 'two' is not of type 'integer'"),
        ("flask-app", "ServiceMonitor", in_endpoint, "$.spec.endpoints[0]: Additional properties are not allowed"),
    ],
)
def test_a_spoilt_custom_resource_is_refused(
    name: str, kind: str, spoil: Callable[[dict[str, Any]], None], words: str
) -> None:
    chart = CHECKOUT / "app" / "chart" if name == "flask-app" else STAND_INS / name
    found = copy.deepcopy(next(each for each in custom_resources(name, chart) if each["kind"] == kind))
    assert upstream.refusals(found) == []
    spoil(found)
    assert len(upstream.refusals(found)) == 1
    assert words in upstream.refusals(found)[0]


def merged(base: Any, over: Any) -> Any:
    """Merge values as Helm does: objects key by key, everything else replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def schemas() -> list[str]:
    return sorted(each.parent.name for each in FOLDER.glob("*/values.schema.json"))


@pytest.mark.parametrize("chart", schemas())
def test_values_are_what_the_charts_schema_allows(chart: str, record_property: Callable[[str, object], None]) -> None:
    left_out: list[str] = []
    schema = upstream.without_remote(json.loads((FOLDER / chart / "values.schema.json").read_text()), left_out)
    validator = jsonschema.validators.validator_for(schema)(schema)
    spec = next(
        each for role in COMPONENTS for each in releases(role) if f"{each['name']}-{each['chart']['version']}" == chart
    )
    values = json.loads(json.dumps(merged(load(f"{chart}/values.yaml"), spec["values"]), default=str))
    assert [each.message for each in validator.iter_errors(values)] == []
    record_property(
        "table",
        f"{chart}: judged by its schema, but for {len(left_out)} parts that lie on other hosts, which no test asks",
    )
    values["controller"]["replicaCount"] = "two"
    assert [each.message for each in validator.iter_errors(values)] == ["'two' is not of type 'integer'"]
