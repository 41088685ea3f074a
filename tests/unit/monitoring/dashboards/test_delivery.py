"""The dashboards arrive in the cluster as they are in the repository: past Ansible's and Helm's templates."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.filter.dashboard_manifests import dashboard_manifests
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.dashboards import literal
from tests.unit.components.rendering import CHECKOUT, release

NAME = "kube-prometheus-stack"
FOLDER = CHECKOUT / "roles" / "monitoring" / "files" / "dashboards"
STAND_IN = CHECKOUT / "roles" / "local_cluster" / "files" / "stand_ins" / NAME
CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")
HELM = pytest.mark.skipif(not shutil.which("helm"), reason="not run: there is no helm (make tools)")
# Characters. Helm's Secret has 1 MiB, and about 400 KB are the chart's; see docs/dashboards.md.
ROOM = 200_000


def chart(source: str) -> Path:
    """Return a chart of the release, or skip the test."""
    if source == "stand-in":
        return STAND_IN
    if not CACHE:
        pytest.skip("not run: LANDFALL_CHART_CACHE names no folder with the pinned charts")
    return Path(CACHE) / f"{NAME}-{release(NAME)['chart']['version']}.tgz"


def rendered(source: Path, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that Helm makes of a chart and values."""
    done = subprocess.run(
        ["helm", "template", NAME, source, "--namespace", "monitoring", "--kube-version", "1.35", "--values", "-"],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=True,
    )
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def arrived(source: Path, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return our ConfigMaps by name."""
    found = [each for each in rendered(source, values) if each["kind"] == "ConfigMap"]
    return {each["metadata"]["name"]: each for each in found if each["metadata"]["name"].startswith("landfall-")}


@HELM
@pytest.mark.parametrize("source", ["stand-in", "upstream"])
def test_the_json_that_arrives_is_the_files(source: str) -> None:
    found = arrived(chart(source), release(NAME)["values"])
    files = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    assert {name: json.loads(each["data"][f"{name}.json"]) for name, each in found.items()} == files
    assert all("{{" in json.dumps(each) for each in files.values()), "no legend is left that a template could spoil"
    for each in found.values():
        assert each["metadata"]["labels"] == {"grafana_dashboard": "1"}
        assert each["metadata"]["annotations"] == {"grafana_folder": "Landfall"}
        assert each["metadata"]["namespace"] == "monitoring"


@HELM
@pytest.mark.parametrize("source", ["stand-in", "upstream"])
def test_without_the_escape_it_would_not_arrive(source: str) -> None:
    values = json.loads(json.dumps(release(NAME)["values"]))
    for each in values["extraManifests"].values():
        each["data"] = {name: text.replace("{{`{{`}}", "{{") for name, text in each["data"].items()}
    with pytest.raises(subprocess.CalledProcessError):
        arrived(chart(source), values)


@HELM
def test_the_sidecar_puts_them_into_their_folder() -> None:
    found = rendered(chart("upstream"), release(NAME)["values"])
    grafana = next(e for e in found if e["kind"] == "Deployment" and e["metadata"]["name"] == f"{NAME}-grafana")
    sidecars = {each["name"]: each for each in grafana["spec"]["template"]["spec"]["containers"]}
    said = {each["name"]: each.get("value") for each in sidecars["grafana-sc-dashboard"]["env"]}
    wanted = {"LABEL": "grafana_dashboard", "LABEL_VALUE": "1", "FOLDER_ANNOTATION": "grafana_folder"}
    assert said | wanted | {"RESOURCE": "configmap", "NAMESPACE": "ALL"} == said
    provider = next(e for e in found if e["metadata"]["name"] == f"{NAME}-grafana-config-dashboards")
    options = yaml.safe_load(provider["data"]["provider.yaml"])["providers"][0]
    assert options["options"] == {"foldersFromFilesStructure": True, "path": said["FOLDER"]}
    assert options["allowUiUpdates"] is False


def test_a_user_adds_one_and_drops_one() -> None:
    mine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}
    wanted = {"extraManifests": {"mine": mine, "landfall-logging": None}}
    values = release(NAME, monitoring_kube_prometheus_stack_values=wanted)["values"]["extraManifests"]
    assert values["mine"] == mine
    assert values["landfall-logging"] is None
    assert values["landfall-slo"]["kind"] == "ConfigMap"


def test_they_leave_room_in_helms_secret() -> None:
    size = sum(len(json.dumps(each)) for each in release(NAME)["values"]["extraManifests"].values())
    assert size < ROOM


@pytest.mark.parametrize("text", ["{{pod}}", "a {{ b }} {{c}}{{d}}", "{{{x}}}", "no template", "`{{`"])
def test_a_literal_adds_nothing_that_yaml_would_mind(text: str) -> None:
    assert literal(text).replace("{{`{{`}}", "{{") == text
    assert not set(literal(text)) - set(text) - set("{}`")


def test_a_folder_without_dashboards_and_a_broken_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleFilterError, match=f"There is no dashboard in {tmp_path}: run make dashboards."):
        dashboard_manifests(str(tmp_path), "monitoring")
    (tmp_path / "one.json").write_text("{")
    with pytest.raises(AnsibleFilterError, match=r"one.json is not JSON: .* Run make dashboards."):
        dashboard_manifests(str(tmp_path), "monitoring")
