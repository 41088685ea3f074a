"""A cluster in memory that patches and deletes as the API would, and refuses a stale version."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

KINDS = {"Application": "applications", "Deployment": "deployments", "Secret": "secrets", "Service": "services"}


class MemoryCluster(Cluster):
    """Objects by path; `log` holds what was written, `conflicts` how often a version is found stale."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str, Any]] = []
        self.conflicts = 0

    def add(self, kind: str, name: str, namespace: str = "flask-app", **more: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": namespace, "resourceVersion": "1", **more.pop("metadata", {})}
        found = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}
        self.objects[f"/{namespace}/{KINDS[kind]}/{name}"] = found
        return found

    def resource_path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str | None:
        if kind not in KINDS:
            return None
        return f"/{namespace}/{KINDS[kind]}" + (f"/{name}" if name else "")

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        path = self.resource_path(api_version, kind, namespace, name)
        return self.objects.get(path or "")

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, query: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        path = self.resource_path(api_version, kind, namespace)
        wanted = dict(each.split("=") for each in (query or {}).get("labelSelector", "").split(",") if each)
        found = [each for at, each in self.objects.items() if path and at.startswith(f"{path}/")]
        return [each for each in found if wanted.items() <= each["metadata"].get("labels", {}).items()]

    def request(self, method: str, path: str, *, body: Any = None, query: Any = None, **_: Any) -> dict[str, Any]:
        if method == "GET":
            if path.endswith("/secrets"):
                return {"items": self.list("v1", "Secret", path.split("/")[-2], query)}
            if path not in self.objects:
                raise ApiException(status=404)
            return copy.deepcopy(self.objects[path])
        self.log.append((method, path, body))
        if method == "PATCH" and "resourceVersion" in body["metadata"] and self.conflicts:
            self.conflicts -= 1
            raise ApiException(status=409)
        if method == "PATCH":
            self.objects[path]["metadata"].update(body["metadata"])
        if method == "DELETE":
            self._delete(path.removeprefix("/api/v1/namespaces"))
        return {}

    def _delete(self, path: str) -> None:
        if path not in self.objects:
            raise ApiException(status=404)
        if not self.objects[path]["metadata"].get("finalizers"):
            del self.objects[path]


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster()
