"""Where a kubeconfig leads, and whether that is the EKS cluster and the region that the settings speak of."""

from __future__ import annotations

import os
import re
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import access

_OF_EKS = re.compile(
    r"https://[^/:]+\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\.eks\.[a-z0-9.-]+(?::\d+)?/?", re.IGNORECASE
)
"""Endpoints of EKS: <id>.<cell>.<region>.eks.amazonaws.com, with other ends in other partitions."""


def server_of(kubeconfig: Any, context: str) -> str:
    """Return the API server's URL of a kubeconfig (a path or a mapping); empty if it cannot be read or has none."""
    try:
        chosen = access.choose(access.find(kubeconfig, context, os.environ))
    except access.AccessError:
        return ""
    return str(chosen.cluster.get("server") or "")


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


def balancer_domain(region: str) -> str:
    """Return the domain of the names that AWS gives to Network Load Balancers of a region.

    >>> balancer_domain("eu-central-1"), balancer_domain("cn-north-1")
    ('elb.eu-central-1.amazonaws.com', 'elb.cn-north-1.amazonaws.com.cn')
    """
    suffix = next((each for start, each in _SUFFIXES if region.startswith(start)), "amazonaws.com")
    return f"elb.{region}.{suffix}"


_SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-iso-", "c2s.ic.gov"),
)
"""DNS suffixes of AWS's partitions by how their regions begin (botocore, data/partitions.json)."""
