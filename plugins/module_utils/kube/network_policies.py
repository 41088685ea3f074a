"""NetworkPolicies from what components list: who may talk to whom, in a form that every engine reads alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces, owned
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

API, KIND = owned.KINDS[0]
EVERY_NAMESPACE = "*"
NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"
"""The label that the API server itself gives each namespace."""
SERVICE_OF_API = {"labelSelector": "kubernetes.io/service-name=kubernetes"}

Object = dict[str, Any]
Flow = Mapping[str, Any]
"""{namespace, pods, cidrs, api_server, ports, udp}, as roles/platform/meta/component.yml describes it."""
Row = Mapping[str, Any]
"""A policy as a component lists it: {name, namespace, pods, from, to}."""
Listed = Mapping[str, Sequence[Row]]
"""The rows of each component, by its name."""


def policy(row: Row, api_server: Sequence[str] = ()) -> Object:
    """Return the NetworkPolicy of a row: its pods have these flows, and no others but those of further policies.

    `api_server` are the networks, such as 10.0.3.7/32, from which the API server connects.
    """
    return {
        "apiVersion": API,
        "kind": KIND,
        "metadata": {"name": row["name"], "namespace": row["namespace"]},
        "spec": {
            "podSelector": _labels(row.get("pods") or {}),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": _rules("from", row, api_server),
            "egress": _rules("to", row, api_server),
        },
    }


def _rules(side: str, row: Row, api_server: Sequence[str]) -> list[Object]:
    # Without any, nothing at all is allowed. The field is ours even so: what somebody adds to it goes.
    return [rule for flow in row.get(side) or [] for rule in _rule(flow, side, api_server)]


def _rule(flow: Flow, side: str, api_server: Sequence[str]) -> Iterator[Object]:
    """Yield the rule of a flow; none where it is the API server's, and nobody knows its addresses."""
    ports = [{"port": each, "protocol": "TCP"} for each in flow.get("ports") or []]
    ports += [{"port": each, "protocol": "UDP"} for each in flow.get("udp") or []]
    limited = {"ports": ports} if ports else {}
    peers = list(_peers(flow, api_server))
    if peers:
        yield {side: peers, **limited}
    elif not flow.get("api_server"):
        yield limited


def _peers(flow: Flow, api_server: Sequence[str]) -> Iterator[Object]:
    networks = [*(flow.get("cidrs") or []), *(api_server if flow.get("api_server") else [])]
    yield from ({"ipBlock": {"cidr": each}} for each in networks)
    namespace, pods = flow.get("namespace"), flow.get("pods")
    peer = {"podSelector": _labels(pods)} if pods else {}
    if namespace:
        peer["namespaceSelector"] = _labels({} if namespace == EVERY_NAMESPACE else {NAME_OF_NAMESPACE: namespace})
    if peer:
        yield peer


def _labels(wanted: Mapping[str, str]) -> Object:
    return {"matchLabels": dict(wanted)} if wanted else {}


def api_networks(cluster: Cluster) -> list[str]:
    """Return the networks, one address each, from which the API server connects to pods.

    On EKS these are its network interfaces in the cluster's subnets. None for a user who may not see them.
    Raises ApiException.
    """
    try:
        slices = cluster.list("discovery.k8s.io/v1", "EndpointSlice", "default", SERVICE_OF_API)
    except ApiException as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return []
    found = {at for each in slices for end in each.get("endpoints") or [] for at in end.get("addresses") or []}
    return sorted(f"{at}/{128 if ':' in at else 32}" for at in found)


def wanted(cluster: Cluster, listed: Listed) -> list[Object]:
    """Return all policies of the rows, those left out whose namespace somebody else made. Raises ApiException."""
    rows = [(component, row) for component, each in listed.items() for row in each]
    if not rows:
        return []
    flows = [flow for _unused, row in rows for flow in [*(row.get("from") or []), *(row.get("to") or [])]]
    networks = api_networks(cluster) if any(flow.get("api_server") for flow in flows) else []
    others = namespaces.foreign(cluster)
    return [owned.marked(component, policy(row, networks)) for component, row in rows if row["namespace"] not in others]
