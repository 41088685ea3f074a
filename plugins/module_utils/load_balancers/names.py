"""The names by which people reach load balancers directly, which their certificates have."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

REGION_LABEL = "topology.kubernetes.io/region"
"""Label of nodes that cloud providers set (Kubernetes, "Well-Known Labels, Annotations and Taints")."""


def reached(releases: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the hosts of load balancers that lead to one release alone, of release specifications (helm_release)."""
    return [host for each in releases if (host := (each.get("load_balancer") or {}).get("host"))]


def domains(hosts: Iterable[str], region: str) -> list[str]:
    """Return the domain of the names that AWS gives to such load balancers; none without any, or without a region."""
    return [endpoint.balancer_domain(region)] if region and any(hosts) else []


def region_of(cluster: Cluster, setting: str, server: str) -> str:
    """Return the region of a cluster without asking AWS; empty if nothing says it.

    That is the one of the setting, of the cluster's endpoint, of a node, or of the environment.
    """
    return setting or endpoint.region_of(server) or _of_nodes(cluster) or _of_environment()


def _of_nodes(cluster: Cluster) -> str:
    found: list[dict[str, Any]] = []
    with contextlib.suppress(ApiException):  # who may not read nodes does without
        found = cluster.request("GET", "/api/v1/nodes", query={"limit": "1"}).get("items") or []
    labels = [each["metadata"].get("labels") or {} for each in found]
    return next((str(each[REGION_LABEL]) for each in labels if REGION_LABEL in each), "")


def _of_environment() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
