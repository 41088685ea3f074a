"""What the API itself can say: its version, releases that are ready, Services that lead to pods, names that agree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.preflight import cluster as preflight_cluster
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError, NotRunError

SYSTEM_HOSTS_FILE = "/etc/hosts"
RELEASE_MARK = "meta.helm.sh/release-name"


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
    simulated = ": its objects are there and ready, and simulated, as no container runs" if row["simulated"] else ""
    return f"{row['chart']} {row['version']}{simulated}"


def leading(cluster: Cluster, releases: Collection[str], namespaces: Collection[str]) -> list[dict[str, Any]]:
    """Return the Services with a selector that are ours: of `releases`, or in `namespaces`, by our operators."""
    return [
        each
        for each in cluster.list("v1", "Service")
        if each["spec"].get("selector")
        and each["spec"].get("type") != "ExternalName"
        and (
            (each["metadata"].get("annotations") or {}).get(RELEASE_MARK) in releases
            or each["metadata"]["namespace"] in namespaces
        )
    ]


def without_pods(cluster: Cluster, services: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of the Services whose selector finds no pod at all, ready or not."""
    pods = cluster.list("v1", "Pod")
    return [each for each in services if not any(_chosen(each, pod) for pod in pods)]


def endpoints(cluster: Cluster, services: Collection[dict[str, Any]]) -> str:
    """See that each of the Services leads to a pod that is ready."""
    led = {
        (each["metadata"]["namespace"], (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name"))
        for each in cluster.list("discovery.k8s.io/v1", "EndpointSlice")
        if any((point.get("conditions") or {}).get("ready") for point in each.get("endpoints") or [])
    }
    places = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in services}
    missing = sorted(f"{namespace}/{name}" for namespace, name in places - led)
    if missing:
        raise CheckFailedError(f"no ready pod is behind {', '.join(missing)}")
    return f"{len(places)} Services lead to ready pods"


def _chosen(service: dict[str, Any], pod: dict[str, Any]) -> bool:
    same = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return bool(same and service["spec"]["selector"].items() <= (pod["metadata"].get("labels") or {}).items())


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
