"""Objects as a real API server gave them, and a cluster in memory that answers a dry run."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

RECORDED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "recorded.json").read_text())
KINDS = {
    "v1": {"Secret": ("secrets", True), "Service": ("services", True), "ConfigMap": ("configmaps", True)},
    "apps/v1": {"Deployment": ("deployments", True)},
    "batch/v1": {"Job": ("jobs", True)},
    "autoscaling/v2": {"HorizontalPodAutoscaler": ("horizontalpodautoscalers", True)},
}


def recorded(kind: str) -> dict[str, Any]:
    """Return a fresh copy of the recorded object of a kind, with its bookkeeping."""
    return copy.deepcopy(RECORDED[kind])


def changed(found: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a path of plain field names; None takes the field away."""
    made = copy.deepcopy(found)
    *way, last = path.split(".")
    holder = made
    for each in way:
        holder = holder.setdefault(each, {})
    if value is None:
        holder.pop(last, None)
    else:
        holder[last] = value
    return made


class DryCluster(Cluster):
    """Objects by path; an apply merges maps over what is there. `answers` are errors, {path: [(status, text), ...]}."""

    def __init__(self) -> None:
        self._paths = copy.deepcopy(KINDS)
        self.objects: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, list[tuple[int, str]]] = {}
        self.log: list[tuple[str, str, dict[str, str]]] = []

    def add(self, found: dict[str, Any]) -> dict[str, Any]:
        metadata = found["metadata"]
        path = self.resource_path(found["apiVersion"], found["kind"], metadata.get("namespace"), metadata["name"])
        self.objects[str(path)] = found
        return found

    def list(self, api_version: str, kind: str, namespace: Any = None, query: Any = None) -> Any:
        return [each for each in self.objects.values() if each["kind"] == kind]

    def request(self, method: str, path: str, *, body: Any = None, query: Any = None, **_: Any) -> dict[str, Any]:
        self.log.append((method, path, query or {}))
        if method != "GET" and self.answers.get(path):
            status, text = self.answers[path].pop(0)
            raise ApiException(status=status, reason=text)
        if method == "GET":
            if path not in self.objects:
                raise ApiException(status=404, reason="not found")
            return copy.deepcopy(self.objects[path])
        made = merged(self.objects.get(path, {}), body)
        if "dryRun" not in (query or {}):
            self.objects[path] = made
        return made


def merged(there: Any, wanted: Any) -> Any:
    if isinstance(there, dict) and isinstance(wanted, dict):
        return {**there, **{key: merged(there.get(key), value) for key, value in wanted.items()}}
    return copy.deepcopy(wanted)


@pytest.fixture
def cluster() -> DryCluster:
    return DryCluster()
