"""What the API itself can say: its version, releases that are ready, Services that lead to pods, names that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils import preflight_cluster
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses
from ansible_collections.landfall.eks.plugins.module_utils.verifying.model import CheckFailedError, NotRunError

SYSTEM_HOSTS_FILE = "/etc/hosts"
HEADLESS = "None"


def version(cluster: Cluster, oldest: str, newest: str) -> str:
    """See that the API is of a version that Landfall knows."""
    found = str(cluster.request("GET", "/version").get("gitVersion", ""))
    problems = preflight_cluster.version_problems(found, oldest, newest)
    if problems:
        raise CheckFailedError(problems[0].rstrip("."))
    return f"{found}, within {oldest} to {newest}"


def ready(row: dict[str, Any]) -> str:
    """See that a release, a row of the status, is ready."""
    if row["health"] != "ready":
        raise CheckFailedError(str(row["health"]))
    return f"{row['chart']} {row['version']}"


def endpoints(cluster: Cluster, namespace: str) -> str:
    """See that each Service of a namespace that chooses pods leads to one that is ready."""
    services = [
        each["metadata"]["name"]
        for each in cluster.list("v1", "Service", namespace)
        if each["spec"].get("selector") and each["spec"].get("type") != "ExternalName"
    ]
    if not services:
        raise CheckFailedError(f"the namespace {namespace} has no Service that leads to pods")
    led = {
        (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name")
        for each in cluster.list("discovery.k8s.io/v1", "EndpointSlice", namespace)
        if any((point.get("conditions") or {}).get("ready") for point in each.get("endpoints") or [])
    }
    missing = sorted(set(services) - led)
    if missing:
        raise CheckFailedError(f"no ready pod is behind the Services {', '.join(missing)}")
    return f"{len(services)} Services lead to ready pods"


def names_agree(found: addresses.Addresses, ask: Callable[[str], Iterable[str]]) -> str:
    """See that the hosts block, and what this machine makes of each name, are the load balancer's addresses.

    `ask` returns the addresses of a name as any program here would get them.
    """
    if not found.names:
        raise CheckFailedError("no Ingress names a host")
    if found.hosts_file and found.state == addresses.STALE:
        raise CheckFailedError(f"the hosts block in {found.hosts_file} is stale: {found.why}")
    if not found.ips:
        raise NotRunError(f"{', '.join(found.points) or 'the load balancer'} does not resolve here")
    if found.hosts_file not in {"", SYSTEM_HOSTS_FILE}:
        return f"{found.hosts_file} and the load balancer agree on {len(found.names)} names"
    for name in found.names:
        there = set(ask(name))
        if not there:
            raise CheckFailedError(f"{name} does not resolve here")
        if strange := sorted(there - set(found.ips)):
            raise CheckFailedError(
                f"{name} leads to {', '.join(strange)}, and the load balancer is {', '.join(found.ips)}"
            )
    return f"{len(found.names)} names lead to {', '.join(found.ips)}"
