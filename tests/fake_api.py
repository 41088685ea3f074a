"""The wire of the unit tests' cluster: kinds, calls, answers and refusals, in the place of the client library."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple

from urllib3 import HTTPHeaderDict

from tests.fake_objects import Object

Key = tuple[str, str, str]
"""Kind, namespace (empty for an object of the cluster) and name."""


class Kind(NamedTuple):
    """Where a kind is served."""

    api_version: str
    plural: str
    namespaced: bool = True


KINDS = {
    "ConfigMap": Kind("v1", "configmaps"),
    "Event": Kind("v1", "events"),
    "Namespace": Kind("v1", "namespaces", namespaced=False),
    "Node": Kind("v1", "nodes", namespaced=False),
    "PersistentVolume": Kind("v1", "persistentvolumes", namespaced=False),
    "PersistentVolumeClaim": Kind("v1", "persistentvolumeclaims"),
    "Pod": Kind("v1", "pods"),
    "Secret": Kind("v1", "secrets"),
    "Service": Kind("v1", "services"),
    "ServiceAccount": Kind("v1", "serviceaccounts"),
    "DaemonSet": Kind("apps/v1", "daemonsets"),
    "Deployment": Kind("apps/v1", "deployments"),
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "StatefulSet": Kind("apps/v1", "statefulsets"),
    "CronJob": Kind("batch/v1", "cronjobs"),
    "Job": Kind("batch/v1", "jobs"),
    "APIService": Kind("apiregistration.k8s.io/v1", "apiservices", namespaced=False),
    "CustomResourceDefinition": Kind("apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False),
    "HorizontalPodAutoscaler": Kind("autoscaling/v2", "horizontalpodautoscalers"),
    "Lease": Kind("coordination.k8s.io/v1", "leases"),
    "EndpointSlice": Kind("discovery.k8s.io/v1", "endpointslices"),
    "Ingress": Kind("networking.k8s.io/v1", "ingresses"),
    "IngressClass": Kind("networking.k8s.io/v1", "ingressclasses", namespaced=False),
    "NetworkPolicy": Kind("networking.k8s.io/v1", "networkpolicies"),
    "PodDisruptionBudget": Kind("policy/v1", "poddisruptionbudgets"),
    "ClusterRole": Kind("rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False),
    "ClusterRoleBinding": Kind("rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False),
    "RoleBinding": Kind("rbac.authorization.k8s.io/v1", "rolebindings"),
    "CSIDriver": Kind("storage.k8s.io/v1", "csidrivers", namespaced=False),
    "CSINode": Kind("storage.k8s.io/v1", "csinodes", namespaced=False),
    "VolumeAttachment": Kind("storage.k8s.io/v1", "volumeattachments", namespaced=False),
    "StorageClass": Kind("storage.k8s.io/v1", "storageclasses", namespaced=False),
    "NodeMetrics": Kind("metrics.k8s.io/v1beta1", "nodes", namespaced=False),
    "Application": Kind("argoproj.io/v1alpha1", "applications"),
    "Elasticsearch": Kind("elasticsearch.k8s.elastic.co/v1", "elasticsearches"),
    "Kibana": Kind("kibana.k8s.elastic.co/v1", "kibanas"),
    "Alertmanager": Kind("monitoring.coreos.com/v1", "alertmanagers"),
    "PodMonitor": Kind("monitoring.coreos.com/v1", "podmonitors"),
    "ServiceMonitor": Kind("monitoring.coreos.com/v1", "servicemonitors"),
    "Prometheus": Kind("monitoring.coreos.com/v1", "prometheuses"),
}
NO_STATUS_SUBRESOURCE = {"Application"}
"""Kinds whose status anybody may write with the rest; of all others the server leaves it out of a write."""

OBJECTS = re.compile(r"(/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+)(?:/(.+))?)?")
GROUP = re.compile(r"/apis/([^/]+)")
VERSION = re.compile(r"/api/(v1)|/apis/([^/]+/[^/]+)")
AGGREGATED = "APIGroupDiscoveryList"
METADATA_ONLY = "PartialObjectMetadata"
PATCHES = {
    "application/merge-patch+json": "merge",
    "application/apply-patch+yaml": "apply",
}


class Call(NamedTuple):
    """One request that was made."""

    method: str
    path: str
    body: Any
    query: dict[str, str]
    headers: dict[str, str]

    @property
    def writes(self) -> bool:
        """Whether it asks for a change that is kept."""
        return self.method != "GET" and "dryRun" not in self.query


class Place(NamedTuple):
    """What a path names; without a name, all objects of the kind."""

    kind: str
    namespace: str
    name: str
    subresource: str


class RefusedError(Exception):
    """An answer of 400 and above."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status, self.message = status, message or HTTPStatus(status).phrase


@dataclass
class Response:
    """What the client library returns of a call."""

    status: int
    content: bytes
    headers: HTTPHeaderDict = field(default_factory=HTTPHeaderDict)

    @property
    def reason(self) -> str:
        """The phrase of the status."""
        return HTTPStatus(self.status).phrase

    def read(self) -> bytes:
        """Return the body."""
        return self.content


Answer = Object | str | int | tuple[int, str] | Response | Callable[[Call], Any]
"""An object, a text, a status, a status with its message, or a function that returns one of them."""


class FakeApi:
    """What Cluster asks of the client library, without a connection."""

    def __init__(self, answer: Callable[[Call], Any]) -> None:
        self.answer = answer
        self.default_headers: dict[str, str] = {}

    def param_serialize(
        self, method: str, path: str, *, query_params: Any = (), header_params: Any = None, body: Any = None, **_: Any
    ) -> tuple[Call]:
        # As on a wire: what is sent is not changed by whoever sent it, and has to be JSON.
        sent = json.loads(body if isinstance(body, bytes) else json.dumps(body))
        return (Call(method, path, sent, dict(query_params or ()), dict(header_params or {})),)

    def call_api(self, call: Call, **_: Any) -> Any:
        return self.answer(call)


@dataclass
class Refusal:
    """Calls that are refused, as often as `times` says."""

    status: int
    message: str
    method: str
    part_of_path: str
    times: int

    def takes(self, call: Call) -> bool:
        """Say whether a call is one of them, and count it."""
        meant = call.method == self.method if self.method else call.method != "GET"
        if not self.times or not meant or self.part_of_path not in call.path:
            return False
        self.times -= 1
        return True
