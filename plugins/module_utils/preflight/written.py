"""What a run writes, as far as its charts tell before they are rendered: kinds, where, and labels that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.namespaces import LABEL_OURS

_KIND = re.compile(r"^kind:\s*[\"']?(\w+)", re.MULTILINE)
_VERSION = re.compile(r"^apiVersion:\s*[\"']?([\w./-]+)[\"']?\s*$", re.MULTILINE)
_RUN_BY = {"DaemonSet", "Deployment", "Job", "StatefulSet"}
"""Kinds whose controllers make pods."""


@dataclass(frozen=True)
class Write:
    """A kind of object that a run writes: `namespace` is empty for one of the cluster, `labels` are those known."""

    group: str
    resource: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def words(self) -> str:
        """Return it as people write it, such as `ingresses.networking.k8s.io in the namespace shop`."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{name} in the namespace {self.namespace}" if self.namespace else name


def kinds_in(path: Path) -> set[tuple[str, str]]:
    """Return (API version, kind) of what a chart's templates can render; an API version that is rendered is empty.

    Raises ChartError if the archive cannot be read.
    """
    found = set()
    for name, content in chart.files_of(path):
        folders = Path(name).parts[:-1]
        if "templates" in folders and "tests" not in folders:
            for part in re.split(r"^---", content.decode("utf-8", "replace"), flags=re.MULTILINE):
                version = _VERSION.search(part)
                found |= {(version[1] if version else "", kind) for kind in _KIND.findall(part)}
    return found


def of_release(release: Mapping[str, Any], path: Path, cluster: Cluster, served: Iterable[str]) -> Iterator[Write]:
    """Yield what a release {name, namespace} writes that the cluster serves; `served` is what discover returned."""
    namespace = release["namespace"]
    labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": release["name"]}
    kinds = kinds_in(path)
    if _RUN_BY & {kind for _unused, kind in kinds}:
        kinds |= {("v1", "Pod"), ("apps/v1", "ReplicaSet")}
    for version, kind in kinds:
        for each in [version] if version else _versions(kind, served):
            place = cluster.resource_path(each, kind, None)
            if place:
                where = namespace if cluster.is_namespaced(each, kind) else ""
                yield Write(each.rpartition("/")[0], place.rpartition("/")[2], where, labels)
    if (release.get("crds") or {}).get("source", "none") != "none":
        yield Write("apiextensions.k8s.io", "customresourcedefinitions", "")
    yield Write("", "secrets", namespace, {"owner": "helm", "name": release["name"]})


def of_landfall(namespace: str) -> list[Write]:
    """Return what every run writes itself into its own namespace."""
    return [
        Write("", "secrets", namespace, LABEL_OURS),
        Write("coordination.k8s.io", "leases", namespace, LABEL_OURS),
    ]


def _versions(kind: str, served: Iterable[str]) -> list[str]:
    """Return the API versions that serve a kind; those of Kubernetes itself, where there are any."""
    found = [version for version, _unused, name in (each.rpartition("/") for each in served) if name == kind]
    own = [each for each in found if "." not in each.partition("/")[0] or ".k8s.io/" in each]
    return own or found
