"""What helmfile and Helm are told to roll out is what site.yml would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.bench import ways
from tests.bench.clusters import Clusters

SPECS = [
    {"name": "nginx-ingress", "namespace": "ingress", "values": {"a": 1}, "needs": ["aws-load-balancer-controller"]},
    {"name": "aws-load-balancer-controller", "namespace": "kube-system", "values": {}},
    {"name": "eck-operator", "namespace": "elastic-system", "values": {"installCRDs": False}},
    {"name": "eck-stack", "namespace": "logging", "values": {}},
    {"name": "kube-prometheus-stack", "namespace": "monitoring", "values": {"crds": {"enabled": False}}},
]
SPECS[2]["crds"] = {"source": "templates", "values": {"installCRDs": True}}


@pytest.fixture
def clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clusters:
    """A cluster on which the specifications have been written down already."""
    made = Clusters(tmp_path / "bench", 1)
    made.first.mkdir()
    charts = {str(spec["name"]): {"path": f"/charts/{spec['name']}.tgz"} for spec in SPECS}
    (made.first / "specs.json").write_text(json.dumps({"releases": SPECS, "charts": charts}))
    monkeypatch.setattr(made, "seconds", lambda *_: 0.0)
    return made


def test_a_helmfile_has_each_release_after_what_it_needs(clusters: Clusters) -> None:
    [[program, file, verb]] = ways.helmfile(clusters, "/bin/helmfile")
    assert (program, verb) == ("/bin/helmfile", "sync")
    text = Path(file.removeprefix("--file=")).read_text()
    # helmfile looks for the keys at the beginning of lines: JSON is no helmfile to it.
    assert "\nreleases:\n" in text
    needs = {release["name"]: release["needs"] for release in yaml.safe_load(text)["releases"]}
    first = "monitoring/kube-prometheus-stack"
    assert needs == {
        "kube-prometheus-stack": [],
        "nginx-ingress": ["kube-system/aws-load-balancer-controller", first],
        "aws-load-balancer-controller": [first],
        "eck-operator": [first],
        "eck-stack": ["elastic-system/eck-operator", first],
    }


def test_plain_helm_begins_with_the_definitions_of_the_others(clusters: Clusters) -> None:
    commands = ways.plain_helm(clusters)
    assert [command[3] for command in commands] == ["kube-prometheus-stack", *[spec["name"] for spec in SPECS[:4]]]
    assert commands[1][4] == "/charts/nginx-ingress.tgz"
    values = {name: json.loads((clusters.first / f"{name}.json").read_text()) for name in ("eck-operator", ways.FIRST)}
    assert values == {"eck-operator": {"installCRDs": True}, ways.FIRST: {"crds": {"enabled": True}}}
