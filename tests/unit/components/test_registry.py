"""Every image of every chart comes from `platform_registry`, and every pod names the Secrets to pull with.

The charts are upstream's where LANDFALL_CHART_CACHE has them, otherwise the stand-ins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.preflight.images import images_in
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, release, releases
from tests.unit.contracts import upstream

REGISTRY = "mirror.corp:5000/hub"
SECRETS = ["mirror-login", "second-login"]
NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]
# A reference with a host or a tag, such as an image is: in arguments and variables as well.
REFERENCE = re.compile(
    r"(?:^|=)((?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/[\w./-]+[:@][\w.:-]+|(?:docker|quay)\.io/[\w./-]+)$"
)

pytestmark = pytest.mark.skipif(not upstream.HELM, reason=upstream.NO_HELM)


def chart_of(name: str, version: str) -> Path:
    if name == "flask-app":
        return CHECKOUT / "app/chart"
    cached = Path(os.environ.get("LANDFALL_CHART_CACHE") or os.devnull) / f"{name}-{version}.tgz"
    return cached if cached.is_file() else CHECKOUT / "roles/local_cluster/files/stand_ins" / name


@cache
def rendered(name: str, registry: str = REGISTRY) -> list[dict[str, Any]]:
    """Return the objects of a release; without a registry, as a user gets them who sets none."""
    given = {"platform_registry": registry, "platform_image_pull_secrets": SECRETS} if registry else {}
    # Dex is only there where somebody logs in with it.
    spec = release(name, argocd_sso={"dex": {"connectors": []}}, **given)
    objects = upstream.rendered(chart_of(name, spec["chart"]["version"]), spec)
    return [each for each in objects if each["kind"] != "CustomResourceDefinition"]


def pods(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield each pod's spec: of workloads, hooks and custom resources."""
    for each in tree if isinstance(tree, list) else []:
        yield from pods(each)
    if isinstance(tree, dict):
        if isinstance(tree.get("containers"), list):
            yield tree
        for each in tree.values():
            yield from pods(each)


def strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []:
        yield from strings(each)


def elsewhere(objects: list[dict[str, Any]]) -> set[str]:
    """Return what looks like an image and does not come from the registry, in containers, arguments and variables."""
    named = {found[1] for pod in pods(objects) for each in strings(pod) if (found := REFERENCE.search(each))}
    return {each for each in images_in(objects) | named if not each.startswith(f"{REGISTRY}/")}


@pytest.mark.parametrize("name", NAMES)
def test_every_image_comes_from_the_registry(name: str) -> None:
    assert elsewhere(rendered(name)) == set()
    # A control: the same search finds the images that a user gets without the setting.
    assert name == "eck-stack" or elsewhere(rendered(name, registry=""))


@pytest.mark.parametrize("name", NAMES)
def test_every_pod_names_the_secrets(name: str) -> None:
    found = list(pods(rendered(name)))
    assert found
    for pod in found:
        accounts = [
            each
            for each in rendered(name)
            if each["kind"] == "ServiceAccount" and each["metadata"]["name"] == pod.get("serviceAccountName")
        ]
        named = pod.get("imagePullSecrets") or (accounts and accounts[0].get("imagePullSecrets"))
        assert named == [{"name": each} for each in SECRETS], pod["containers"]


def test_what_operators_start_comes_from_the_registry_too() -> None:
    config = next(each for each in rendered("eck-operator") if "eck.yaml" in (each.get("data") or {}))
    assert yaml.safe_load(config["data"]["eck.yaml"])["container-registry"] == REGISTRY
    for kind, path in (("Elasticsearch", "nodeSets.0.podTemplate.spec"), ("Kibana", "podTemplate.spec")):
        found: Any = next(each for each in rendered("eck-stack") if each["kind"] == kind)["spec"]
        assert not found.get("image"), "the operator's own is below its registry"
        for each in path.split("."):
            found = found[int(each) if each.isdigit() else each]
        assert found["imagePullSecrets"] == [{"name": each} for each in SECRETS]


def test_what_the_prometheus_operator_starts_comes_from_the_registry_too() -> None:
    if chart_of("kube-prometheus-stack", release("kube-prometheus-stack")["chart"]["version"]).is_dir():
        pytest.skip("not run: LANDFALL_CHART_CACHE does not have kube-prometheus-stack")
    for kind in ("Prometheus", "Alertmanager"):
        spec = next(each for each in rendered("kube-prometheus-stack") if each["kind"] == kind)["spec"]
        assert spec["imagePullSecrets"] == [{"name": each} for each in SECRETS]
        assert spec["image"].startswith(f"{REGISTRY}/prometheus/")
