"""Where a kubeconfig leads, and whether that is the EKS cluster and the region that the settings speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

_OF_EKS = re.compile(
    r"https://[^/:]+\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\.eks\.[a-z0-9.-]+(?::\d+)?/?", re.IGNORECASE
)
"""Endpoints of EKS: <id>.<cell>.<region>.eks.amazonaws.com, with other ends in other partitions."""


def server_of(kubeconfig: Any, context: str) -> str:
    """Return the API server's URL of a kubeconfig (a path or a mapping); empty if it cannot be read or has none."""
    content = kubeconfig
    if not isinstance(kubeconfig, Mapping):
        try:
            content = yaml.safe_load(Path(str(kubeconfig)).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            return ""
    if not isinstance(content, Mapping):
        return ""
    wanted = context or content.get("current-context")
    chosen = (_named(content, "contexts", wanted).get("context") or {}).get("cluster")
    return str((_named(content, "clusters", chosen).get("cluster") or {}).get("server") or "")


def _named(content: Mapping[str, Any], section: str, name: Any) -> Mapping[str, Any]:
    rows: list[dict[str, Any]] = content.get(section) or []
    return next((row for row in rows if row and row.get("name") == name), {})


def region_of(server: str) -> str:
    """Return the region in an endpoint of EKS; empty if it is none, as behind a tunnel.

    >>> region_of("https://0A1B.gr7.eu-central-1.eks.amazonaws.com")
    'eu-central-1'
    """
    found = _OF_EKS.fullmatch(server)
    return found["region"].lower() if found else ""


def region_problem(server: str, region: str) -> str:
    """Return a sentence if the endpoint is in another region than the one that AWS is asked in."""
    there = region_of(server)
    if not there or there == region:
        return ""
    return (
        f"The cluster of platform_kubeconfig is in {there}, and AWS is asked in {region}: write "
        f"platform_aws_region: {there}, or the kubeconfig of the cluster that is meant."
    )


def cluster_problem(server: str, cluster: str, region: str, endpoint: str | None) -> str:
    """Return a sentence if EKS knows the cluster under another endpoint, or (None) does not know it at all."""
    if not region_of(server):
        return ""
    if endpoint is None:
        return (
            f"EKS has no cluster {cluster} in {region}, though platform_kubeconfig leads to one there: write its name "
            "as platform_cluster_name, for the load balancer controller and AWS's tags go by it."
        )
    if endpoint.rstrip("/").lower() != server.rstrip("/").lower():
        return (
            f"platform_kubeconfig leads to {server}, but the cluster {cluster} is at {endpoint}: write the kubeconfig "
            "or the platform_cluster_name of the one that is meant."
        )
    return ""
