from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import stages
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    Settings,
)

HOSTNAMES = {"ingress/nginx-ingress-controller": "nginx.example", "argocd/argocd-nlb": "argocd.example"}


def test_every_stage_is_complete(settings: Settings) -> None:
    found = stages.load(settings, HOSTNAMES)
    names = [stage["metadata"]["name"] for stage in found]
    assert len(names) == len(set(names)) == 20
    for stage in found:
        assert stage["kind"] == "Stage"
        assert stage["spec"]["resourceRef"].keys() == {"apiGroup", "kind"}
        assert stage["spec"]["selector"]["matchExpressions"]
        assert stage["spec"]["steps"]


def test_no_placeholder_is_left(settings: Settings) -> None:
    assert not stages.PLACEHOLDER.search(str(stages.load(settings, HOSTNAMES)))


def test_services_and_ingresses_get_the_names_made_in_aws(settings: Settings) -> None:
    found = {stage["metadata"]["name"]: stage["spec"] for stage in stages.load(settings, HOSTNAMES)}
    service = found["service-hostname"]["steps"][0]["patch"]["template"]
    ingress = found["ingress-hostname"]
    assert '"argocd/argocd-nlb" "argocd.example"' in service
    assert '(dict "nginx" "nginx.example")' in ingress["steps"][0]["patch"]["template"]
    assert {"key": ".spec.ingressClassName", "operator": "In", "values": ["nginx"]} in [
        each["jq"] for each in ingress["selector"]["matchExpressions"]
    ]


def test_without_load_balancers_the_stages_still_hold(make_settings: Callable[..., Settings]) -> None:
    found = {each["metadata"]["name"]: each for each in stages.load(make_settings(load_balancers=[]), {})}
    values = [each["jq"].get("values") for each in found["ingress-hostname"]["spec"]["selector"]["matchExpressions"]]
    assert [""] in values


def test_volumes_are_placed_in_the_zone_of_their_node(settings: Settings) -> None:
    node = settings.nodes()[1]
    assert f'"{node.name}" "eu-west-1b"' in stages.placeholders(settings, HOSTNAMES)["__ZONES__"]


def test_an_unknown_placeholder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stage.yml"
    path.write_text("value: __NOBODY_KNOWS__\n")
    with pytest.raises(LocalClusterError, match="__NOBODY_KNOWS__"):
        stages.render(path, {"__REGION__": "eu-west-1"})
