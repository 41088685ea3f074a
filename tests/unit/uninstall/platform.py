"""What a rollout leaves on a cluster: releases, their objects, and definitions."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.crds import LABEL_RELEASE
from tests.fake_cluster import FakeCluster

DEFINITIONS = {
    "elasticsearches.elasticsearch.k8s.elastic.co": "eck-operator",
    "kibanas.kibana.k8s.elastic.co": "eck-operator",
    "applications.argoproj.io": "argo-cd",
}


def add(
    api: FakeCluster, kind: str, namespace: str, name: str, release: tuple[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """Add an object, of a release (namespace, name) if one is named; return it."""
    notes = {"meta.helm.sh/release-namespace": release[0], "meta.helm.sh/release-name": release[1]} if release else {}
    metadata = {"name": name, "annotations": notes, "uid": name, **({"namespace": namespace} if namespace else {})}
    metadata |= fields.pop("metadata", {})
    return api.add({"kind": kind, "metadata": metadata, **fields})


def roll_out(api: FakeCluster, releases: frozenset[tuple[str, str]]) -> None:
    """Add Helm's records of releases, and the definitions that they brought."""
    for namespace, name in releases:
        labels = {"owner": "helm", "name": name, "status": "deployed", "version": "3"}
        record = f"sh.helm.release.v1.{name}.v3"
        add(api, "Secret", namespace, record, metadata={"labels": labels}, type="helm.sh/release.v1")
    for name, release in DEFINITIONS.items():
        add(api, "CustomResourceDefinition", "", name, metadata={"labels": {LABEL_RELEASE: release}})


def written(api: FakeCluster) -> list[str]:
    """Return what was asked for, such as `DELETE services/nginx`."""
    return [f"{method} {'/'.join(path.split('/')[-2:])}" for method, path, _ in api.written]
