"""A cluster in memory whose calls can be cut off, before or after they took effect, as a kill would."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

Object = dict[str, Any]
KINDS = {
    "secrets": "Secret",
    "leases": "Lease",
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "namespaces": "Namespace",
}
PLURALS = {kind: plural for plural, kind in KINDS.items()}


class KilledError(BaseException):
    """The process ended here."""


class FakeApi(Cluster):
    """Objects by (kind, namespace, name); counts the calls, and ends the process at one of them."""

    def __init__(self, objects: list[Object]) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.versions = 0
        self.calls = 0
        self.kill_at: int | None = None
        self.after = False
        self.answers_deletions: Callable[[Object], Object] | None = None
        for each in objects:
            self._put(copy.deepcopy(each))

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        with_effect = self._begin()
        found = copy.deepcopy(self.objects.get((kind, namespace or "", name)))
        with_effect()
        return found

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, query: dict[str, str] | None = None
    ) -> list[Object]:
        with_effect = self._begin()
        label = (query or {}).get("labelSelector", "")
        found = [
            copy.deepcopy(each)
            for (a_kind, place, _), each in self.objects.items()
            if a_kind == kind
            and namespace in (None, place)
            and (not label or label in (each["metadata"].get("labels") or {}))
        ]
        with_effect()
        return found

    def resource_path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str:
        return f"/apis/{api_version}/namespaces/{namespace}/{PLURALS[kind]}/{name}"

    def request(
        self, method: str, path: str, *, body: Any = None, query: Any = None, content_type: str = ""
    ) -> dict[str, Any]:
        with_effect = self._begin()
        namespace, plural, name = path.split("/")[-3:]
        key = (KINDS[plural], namespace, name)
        if method == "DELETE":
            self._delete(key)
        elif "apply-patch" in content_type:
            self._put(copy.deepcopy(body))
        else:
            self._merge(key, body)
        with_effect()
        return {}

    def _begin(self) -> Callable[[], None]:
        self.calls += 1
        number = self.calls
        if self.kill_at == number and not self.after:
            raise KilledError

        def end() -> None:
            if self.kill_at == number:
                raise KilledError

        return end

    def _delete(self, key: tuple[str, str, str]) -> None:
        gone = self.objects.pop(key)
        if self.answers_deletions:
            self._put(self.answers_deletions(gone))

    def _merge(self, key: tuple[str, str, str], body: Object) -> None:
        if key not in self.objects:
            raise ApiException(status=404)
        there = copy.deepcopy(self.objects[key])
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != there["metadata"]["resourceVersion"]:
            raise ApiException(status=409)
        self._put(merged(there, body))

    def _put(self, each: Object) -> None:
        self.versions += 1
        metadata = {"namespace": ""} | each["metadata"]
        each["metadata"] = metadata
        metadata |= {"resourceVersion": str(self.versions), "uid": metadata.get("uid") or f"uid-{self.versions}"}
        metadata.setdefault("creationTimestamp", "2030-01-01T00:00:00Z")
        if "template" in each.get("spec", {}):
            metadata["generation"] = metadata.get("generation", 0) + 1
            each["status"] = rolled_out(metadata["generation"])
        self.objects[each["kind"], metadata["namespace"], metadata["name"]] = each


def rolled_out(generation: int) -> Object:
    """Return the status of a workload of two pods that are all new and ready."""
    counts = ("replicas", "updatedReplicas", "readyReplicas")
    nodes = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return dict.fromkeys(counts + nodes, 2) | {"observedGeneration": generation}


def workload(kind: str, namespace: str, name: str) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 2, "template": {"metadata": {"annotations": {"a": "b"}}}},
    }


def merged(there: Object, patch: Object) -> Object:
    """Return a JSON merge patch's result (RFC 7396)."""
    found = dict(there)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = merged(found.get(key) or {}, value)
        else:
            found[key] = value
    return found
