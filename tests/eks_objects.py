"""Objects shaped as EKS and its add-ons make them; for the fake API, and for the embedded cluster.

Labels are those of the add-ons' charts, with app.kubernetes.io/managed-by: EKS in place of Helm's name; the field
manager is what an API server notes of `kubectl apply --server-side --field-manager=eks`.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
MANAGER = "eks"


def _labels(name: str, **more: str) -> dict[str, str]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    return labels | {"app.kubernetes.io/managed-by": "EKS"} | more


def workload(
    kind: str, namespace: str, name: str, labels: dict[str, str], selector: dict[str, str], **pod: Any
) -> Object:
    """Return a Deployment or a DaemonSet; `pod` is its pods' spec, over one container without ports."""
    spec = {"containers": [{"name": name, "image": f"example.org/eks/{name}:v1.0.0-eksbuild.1"}], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": selector}, "spec": spec},
        },
    }


def addon(kind: str, name: str, namespace: str = "", **pod: Any) -> Object:
    """Return the workload of a community add-on, which lies in a namespace of its name unless another is said."""
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    return workload(kind, namespace or name, name, _labels(name), selector, **pod)


def node_exporter() -> Object:
    """Return the add-on prometheus-node-exporter, whose pods are on the network of their nodes."""
    name = "prometheus-node-exporter"
    container = {
        "name": "node-exporter",
        "image": f"example.org/eks/{name}:v1.9.1-eksbuild.1",
        "ports": [{"name": "metrics", "containerPort": 9100, "protocol": "TCP"}],
    }
    return addon("DaemonSet", name, hostNetwork=True, containers=[container])


def cloudwatch_fluent_bit() -> Object:
    """Return the Fluent Bit of the add-on amazon-cloudwatch-observability: another label, and none of EKS."""
    labels = {"k8s-app": "fluent-bit", "version": "v1", "kubernetes.io/cluster-service": "true"}
    return workload("DaemonSet", "amazon-cloudwatch", "fluent-bit", labels, {"k8s-app": "fluent-bit"}, hostNetwork=True)


def metrics_server() -> Object:
    """Return the APIService of the add-on metrics-server; whether it is Available is the API server's word."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io", "labels": _labels("metrics-server")},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": "metrics-server", "namespace": "kube-system", "port": 443},
        },
    }


def by_eks(found: Object) -> Object:
    """Return an object as the API server shows it after EKS applied it."""
    metadata = {**found["metadata"], "managedFields": [{"manager": MANAGER, "operation": "Apply"}]}
    return {**found, "metadata": metadata}


def definition(plural: str, kind: str, group: str = "argoproj.io") -> Object:
    """Return the definition of a kind of Argo CD, whose status anybody may write; the group is Argo CD's own."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": {"app.kubernetes.io/part-of": "argocd"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [version],
        },
    }


def application(reconciled_at: str, namespace: str = "argocd") -> Object:
    """Return an Application on which an Argo CD worked last at a time such as 2026-11-30T12:00:00Z."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"namespace": namespace, "name": "shop"},
        "spec": {"project": "default", "destination": {"name": "in-cluster", "namespace": "shop"}},
        "status": {"reconciledAt": reconciled_at, "sync": {"status": "Synced"}},
    }


def fargate_node(name: str) -> Object:
    """Return a node of Fargate: one for one pod, and closed to all others."""
    label = {"eks.amazonaws.com/compute-type": "fargate"}
    taint = {"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"}
    return _node(name, {**label, "kubernetes.io/os": "linux"}, "1", [taint])


def windows_node(name: str) -> Object:
    """Return a Windows node of a node group, which has no taint of its own."""
    return _node(name, {"kubernetes.io/os": "windows", "eks.amazonaws.com/nodegroup": "windows"}, "58", [])


def full_node(name: str) -> Object:
    """Return a Linux node that takes one pod."""
    return _node(name, {"kubernetes.io/os": "linux", "eks.amazonaws.com/nodegroup": "small"}, "1", [])


def filler(node: str) -> Object:
    """Return the one pod of a node that takes one, which no other displaces."""
    containers = [{"name": "filler", "image": "example.org/filler:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "kube-system", "name": f"filler-{node}", "labels": {"app": "filler"}},
        "spec": {"nodeName": node, "priorityClassName": "system-node-critical", "containers": containers},
    }


def _node(name: str, labels: dict[str, str], pods: str, taints: list[Object]) -> Object:
    room = {"cpu": "4", "memory": "16Gi", "pods": pods, "ephemeral-storage": "20Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}},
        "spec": {"taints": taints},
        "status": {"allocatable": room, "capacity": room},
    }
