"""The objects of a fresh cluster: nodes, storage, and the permissions of metrics-server. Applied server-side."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import metrics
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.pki import METRICS_SERVER_USER
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.programs import (
    FAKE_NODE_ANNOTATION,
    FAKE_NODE_VALUE,
    KUBELET_PORT,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import FakeNode, Settings

FIELD_MANAGER = "landfall-local"
INSTANCE_TYPE = "m7i.xlarge"
CAPACITY = {"cpu": "4", "memory": "16Gi", "pods": "58", "ephemeral-storage": "80Gi"}
ALLOCATABLE = {**CAPACITY, "cpu": "3920m", "memory": "15Gi", "ephemeral-storage": "72Gi"}
RBAC = "rbac.authorization.k8s.io"
EBS_DRIVER = "ebs.csi.aws.com"
METRICS_SERVER = "landfall:metrics-server"
DIGEST_ANNOTATION = "landfall.test/made-from"

Manifest = dict[str, Any]


@dataclass(frozen=True)
class WantedObject:
    """An object to apply, or one of its subresources."""

    manifest: Manifest
    subresource: str = ""

    def __str__(self) -> str:
        """Return `Kind/name`, with the subresource if it is one."""
        name = f"{self.manifest['kind']}/{self.manifest['metadata']['name']}"
        return f"{name} {self.subresource}".strip()


def stage_definition() -> Manifest:
    """Return the definition of kwok's kind Stage, which kwok itself validates."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"kind": "Stage", "listKind": "StageList", "plural": "stages", "singular": "stage"}
    spec = {"group": "kwok.x-k8s.io", "scope": "Cluster", "names": names, "versions": [version]}
    return _manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "stages.kwok.x-k8s.io", spec=spec)


def base(settings: Settings, version: str) -> list[WantedObject]:
    """Return what the cluster holds before anybody installs anything; `version` is that of the API server."""
    wanted = [WantedObject(each) for each in (*_storage(), *_metrics_server_roles())]
    for node in settings.nodes():
        wanted += [WantedObject(_node(settings, node)), WantedObject(_node_status(node, version), "status")]
    return wanted


def _manifest(api_version: str, kind: str, name: str, **rest: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **rest}


def _node(settings: Settings, node: FakeNode) -> Manifest:
    manifest = _manifest("v1", "Node", node.name)
    manifest["metadata"]["annotations"] = {
        FAKE_NODE_ANNOTATION: FAKE_NODE_VALUE,
        metrics.PATH_ANNOTATION: metrics.path(node.name),
    }
    manifest["metadata"]["labels"] = {
        "eks.amazonaws.com/nodegroup": settings.name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": INSTANCE_TYPE,
        "topology.kubernetes.io/region": settings.region,
        "topology.kubernetes.io/zone": node.zone,
    }
    instance = hashlib.sha256(node.name.encode()).hexdigest()[:17]
    manifest["spec"] = {"providerID": f"aws:///{node.zone}/i-{instance}"}
    return manifest


def _node_status(node: FakeNode, version: str) -> Manifest:
    status = {
        "addresses": [
            {"type": "InternalIP", "address": node.address},
            {"type": "Hostname", "address": node.name},
            {"type": "InternalDNS", "address": node.name},
        ],
        "allocatable": ALLOCATABLE,
        "capacity": CAPACITY,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "kwok://simulated",
            "kernelVersion": "simulated",
            "kubeProxyVersion": "",
            "kubeletVersion": version,
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "simulated by kwok",
            "systemUUID": "",
        },
    }
    return _manifest("v1", "Node", node.name, status=status)


def _storage() -> list[Manifest]:
    storage_class = _manifest(
        "storage.k8s.io/v1",
        "StorageClass",
        "gp3",
        provisioner=EBS_DRIVER,
        parameters={"type": "gp3"},
        reclaimPolicy="Delete",
        volumeBindingMode="WaitForFirstConsumer",
        allowVolumeExpansion=True,
    )
    storage_class["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    driver = _manifest("storage.k8s.io/v1", "CSIDriver", EBS_DRIVER, spec={"attachRequired": True})
    return [storage_class, driver]


def _metrics_server_roles() -> list[Manifest]:
    """The permissions of the metrics-server process, apart from those that the chart gives its service account."""
    rules = [
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]},
    ]
    reader = _binding("RoleBinding", "Role", "extension-apiserver-authentication-reader")
    reader["metadata"]["namespace"] = "kube-system"
    delegator = _binding("ClusterRoleBinding", "ClusterRole", "system:auth-delegator")
    delegator["metadata"]["name"] += ":auth-delegator"
    role = _manifest(f"{RBAC}/v1", "ClusterRole", METRICS_SERVER, rules=rules)
    return [role, _binding("ClusterRoleBinding", "ClusterRole", METRICS_SERVER), reader, delegator]


def _binding(kind: str, role_kind: str, role: str) -> Manifest:
    return _manifest(
        f"{RBAC}/v1",
        kind,
        METRICS_SERVER,
        roleRef={"apiGroup": RBAC, "kind": role_kind, "name": role},
        subjects=[{"apiGroup": RBAC, "kind": "User", "name": METRICS_SERVER_USER}],
    )


def apply(cluster: Cluster, wanted: WantedObject) -> bool:
    """Make the cluster hold `wanted`; return whether it did not. LookupError while its kind is not known."""
    manifest = wanted.manifest if wanted.subresource else _signed(wanted.manifest)
    metadata = manifest["metadata"]
    address = (manifest["apiVersion"], manifest["kind"])
    path = cluster.resource_path(*address, metadata.get("namespace"), metadata["name"])
    if path is None:
        cluster.forget_kinds()
        raise LookupError(f"The cluster does not know {manifest['kind']} yet.")
    if _holds(cluster.get(*address, metadata["name"], metadata.get("namespace")), manifest):
        return False
    cluster.apply(f"{path}/{wanted.subresource}" if wanted.subresource else path, manifest, manager=FIELD_MANAGER)
    return True


def forget_node(cluster: Cluster, name: str) -> bool:
    """Remove a node that has gone for good, and its pods, which nobody would end; return whether it was there."""
    if cluster.get("v1", "Node", name) is None:
        return False
    for pod in cluster.list("v1", "Pod"):
        if pod["spec"].get("nodeName") == name:
            meta = pod["metadata"]
            cluster.delete(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}", gracePeriodSeconds=0)
    cluster.delete(f"/api/v1/nodes/{name}", gracePeriodSeconds=0)
    return True


def _signed(manifest: Manifest) -> Manifest:
    """Return the manifest with a digest of itself, by which a field that it no longer has is noticed."""
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    annotations = {**manifest["metadata"].get("annotations", {}), DIGEST_ANNOTATION: digest}
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": annotations}}


def _holds(found: Any, wanted: Any) -> bool:
    """Say whether `found` has all that `wanted` says; what others added does not count."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same_length = isinstance(found, list) and len(found) == len(wanted)
        return same_length and all(map(_holds, found, wanted))
    return bool(found == wanted)
