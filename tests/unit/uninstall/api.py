"""A cluster in memory that answers under paths as the API does, with finalizers and who takes them off."""

from __future__ import annotations

import copy
import re

from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

KINDS = {
    "v1": {
        "Service": ("services", True),
        "Namespace": ("namespaces", False),
        "PersistentVolumeClaim": ("persistentvolumeclaims", True),
        "PersistentVolume": ("persistentvolumes", False),
        "Event": ("events", True),
    },
    "apps/v1": {"Deployment": ("deployments", True), "StatefulSet": ("statefulsets", True)},
    "networking.k8s.io/v1": {"Ingress": ("ingresses", True)},
    "argoproj.io/v1alpha1": {"Application": ("applications", True)},
    "elasticsearch.k8s.elastic.co/v1": {"Elasticsearch": ("elasticsearches", True)},
    "kibana.k8s.elastic.co/v1": {"Kibana": ("kibanas", True)},
}
DEFINITIONS = {
    "elasticsearches.elasticsearch.k8s.elastic.co": "eck-operator",
    "kibanas.kibana.k8s.elastic.co": "eck-operator",
    "applications.argoproj.io": "argo-cd",
}


class ApiInMemory(Cluster):
    """`log` is what was written, in its order; a `controller` is called after each look at an object that is going."""

    def __init__(self) -> None:
        self.objects: dict[str, dict] = {}
        self.releases: list[tuple[str, str]] = []
        self.log: list[str] = []
        self.controller = lambda api, path, found: None

    def _kinds(self, api_version):
        return KINDS.get(api_version, {})

    def add(self, api_version, kind, namespace, name, release=None, **fields):
        """Add an object, of a release (namespace, name) if one is named; return its path."""
        metadata = {"name": name, "annotations": {}, "labels": {}, "uid": name}
        if namespace:
            metadata["namespace"] = namespace
        if release:
            notes = {"meta.helm.sh/release-namespace": release[0], "meta.helm.sh/release-name": release[1]}
            metadata["annotations"] |= notes
        metadata |= fields.pop("metadata", {})
        path = self.resource_path(api_version, kind, namespace or None, name)
        self.objects[path] = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
        return path

    def request(self, method, path, *, body=None, query=None, content_type="", accept=""):
        if path == "/api/v1/secrets":
            return {"items": [self._record(*each) for each in self.releases]}
        if path.endswith("/customresourcedefinitions"):
            wanted = re.search(r"in \((.*)\)", query["labelSelector"])[1].split(",")
            return {"items": [{"metadata": {"name": name}} for name, of in DEFINITIONS.items() if of in wanted]}
        if method == "GET" and re.fullmatch(r"/apis/[a-z0-9.]+", path):
            version = next(each for each in KINDS if each.startswith(f"{path[6:]}/"))
            return {"preferredVersion": {"groupVersion": version}}
        if method == "GET" and path[6:] in KINDS:
            return {
                "resources": [{"name": p, "kind": kind, "namespaced": n} for kind, (p, n) in KINDS[path[6:]].items()]
            }
        if method == "GET" and path not in self.objects and not self._is_one(path):
            return {"items": [copy.deepcopy(each) for key, each in self.objects.items() if self._in(key, path)]}
        if path not in self.objects:
            raise ApiException(status=404, reason="Not Found")
        return self._one(method, path, body)

    def _one(self, method, path, body):
        found = self.objects[path]
        if method == "DELETE":
            self.log.append(f"DELETE {found['kind']} {found['metadata']['name']}")
            found["metadata"]["deletionTimestamp"] = "2026-11-26T00:00:00Z"
        if method == "PATCH":
            self.log.append(f"PATCH {found['kind']} {found['metadata']['name']}")
            found["metadata"] |= body.get("metadata", {})
            found.setdefault("spec", {}).update(body.get("spec", {}))
        if found["metadata"].get("deletionTimestamp"):
            self.controller(self, path, found)
            if not found["metadata"].get("finalizers"):
                self.objects.pop(path)
                if method == "GET":
                    raise ApiException(status=404, reason="Not Found")
        return copy.deepcopy(found)

    @staticmethod
    def _record(namespace, name):
        labels = {"owner": "helm", "name": name, "status": "deployed", "version": "3"}
        return {"metadata": {"name": f"{name}.v3", "namespace": namespace, "labels": labels}}

    @staticmethod
    def _is_one(path):
        return path.rpartition("/")[2] not in {plural for kinds in KINDS.values() for plural, _ in kinds.values()}

    @staticmethod
    def _in(key, path):
        """Whether an object lies in a collection, of one namespace or of all."""
        collection = key.rpartition("/")[0]
        return collection == path or re.sub(r"/namespaces/[^/]+", "", collection) == path
