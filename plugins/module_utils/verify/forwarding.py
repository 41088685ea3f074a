"""A pod's port, reached through the API server: for what asks for a login, which service_proxy cannot hand on."""

from __future__ import annotations

import base64
import socket
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import client, portforward
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import SECONDS, Connect


def forwarded(cluster: Cluster, namespace: str, pod: str, port: int) -> Connect:
    """Return what opens a connection to a port of a pod, as `kubectl port-forward` does.

    It raises CheckFailedError for a user that impersonates another: the client would open it without that.
    """

    def connect() -> socket.socket:
        if cluster.impersonates():
            raise CheckFailedError("ports of pods cannot be forwarded for an impersonated user")
        api: Any = client.CoreV1Api(cluster.api)
        forward = portforward(api.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port))
        opened: socket.socket = forward.socket(port)
        opened.settimeout(SECONDS)
        return opened

    return connect


def ready_pods(cluster: Cluster, namespace: str, selector: str) -> list[str]:
    """Return the names of the ready pods that a label selector finds. Raises CheckFailedError if there are none."""
    found = cluster.list("v1", "Pod", namespace, query={"labelSelector": selector})
    names = sorted(each["metadata"]["name"] for each in found if readiness.pod_is_ready(each))
    if not names:
        raise CheckFailedError(f"no pod with {selector} is ready in the namespace {namespace}")
    return names


def secret_text(cluster: Cluster, namespace: str, name: str, key: str) -> str:
    """Return one key of a Secret. Raises CheckFailedError if it is not there."""
    found = (cluster.get("v1", "Secret", name, namespace) or {}).get("data") or {}
    if not found.get(key):
        raise CheckFailedError(f"there is no Secret {namespace}/{name} with {key}")
    return base64.b64decode(found[key]).decode()
