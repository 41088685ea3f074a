"""The files that the cluster's programs read, and the user's kubeconfig."""

from __future__ import annotations

import base64
import inspect
import ipaddress
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    egress_proxy,
    files,
    metrics,
    real_node,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.pki import OWN_USERS
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import CLIENTS, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.programs import AUDIT_POLICY
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    METRICS_SERVER_IP,
    REAL_NODE_CIDR,
)


def write_files(place: Place) -> bool:
    """Write what the processes read, and the user's kubeconfig; return whether that one changed."""
    for client in (*CLIENTS, *([real_node.NAME] if place.settings.real_node else [])):
        files.write(place.kubeconfig(client), kubeconfig(place, client, place.settings.name))
    files.write(place.path("egress-selector.yml"), yaml.safe_dump(_egress_selector()))
    files.write(place.path("egress_proxy.py"), inspect.getsource(egress_proxy))
    files.write(place.path("kwok.yml"), yaml.safe_dump_all(metrics.documents()))
    if place.settings.audit:
        files.write(place.path(AUDIT_POLICY), yaml.safe_dump(_audit_policy()))
    files.write_json(place.path("routes.json"), routes(place))
    return files.write(place.settings.kubeconfig, kubeconfig(place, "admin", place.settings.context))


def kubeconfig(place: Place, client: str, context: str) -> str:
    """Return the kubeconfig with which `client` reaches the API server, its certificate inside."""
    name = place.settings.name

    def embedded(path: str) -> str:
        return base64.b64encode(Path(path).read_bytes()).decode()

    server = {"server": place.url("kube-apiserver"), "certificate-authority-data": embedded(place.certificate("ca"))}
    user = {
        "client-certificate-data": embedded(place.certificate(client)),
        "client-key-data": embedded(place.key(client)),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": f"{name}-{client}", "user": user}],
        "contexts": [{"name": context, "context": {"cluster": name, "user": f"{name}-{client}"}}],
        "current-context": context,
    }
    return yaml.safe_dump(document, sort_keys=False)


def routes(place: Place) -> dict[str, int]:
    """Return the egress proxy's routes: kubelets, metrics-server's pod, and what a test has added by hand."""
    kubelets = {node.address: place.ports["kwok"] for node in place.settings.nodes()}
    if place.settings.real_node:
        kubelets[place.node.address] = place.ports[real_node.KUBELET_PORT_NAME]
    real = ipaddress.IPv4Network(REAL_NODE_CIDR)
    written = files.read_json(place.path("routes.json"))
    added = {to: port for to, port in written.items() if ipaddress.IPv4Address(to.split(":")[0]) not in real}
    return added | kubelets | {METRICS_SERVER_IP: place.ports["metrics-server"]}


def _audit_policy() -> dict[str, Any]:
    """Who asked for what, and not what was in it: no secret gets into the log. Programs of the cluster are left out."""
    own = {"level": "None", "userGroups": ["system:nodes", "system:serviceaccounts"]}
    programs = {"level": "None", "users": ["system:apiserver", *(f"system:{each}" for each in CLIENTS), *OWN_USERS]}
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "omitManagedFields": True,
        "rules": [own, programs, {"level": "Metadata"}],
    }


def _egress_selector() -> dict[str, Any]:
    # A path relative to the API server's working folder: a socket's path must not exceed 108 bytes.
    connection = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": "egress.sock"}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": name, "connection": connection} for name in ("cluster", "controlplane")],
    }
