"""What is where: the releases of a cluster with their health, their addresses and where their charts came from."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd import delivered
from ansible_collections.landfall.eks.plugins.module_utils.helm import marks, storage
from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses
from ansible_collections.landfall.eks.plugins.module_utils.kube import published
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.readiness import pod_is_ready
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter, Run
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted

REAL_NODE_LABEL = "landfall.test/real"
COLUMNS = ("release", "namespace", "version", "source")
NOBODYS = ingresses.Own()


def components(
    cluster: Cluster,
    runs: list[Run],
    real: list[str],
    simulated: bool,
    ready: Collection[str] = (),
    *,
    own: ingresses.Own = NOBODYS,
) -> list[dict[str, Any]]:
    """Describe every release that Landfall made, those that it has Argo CD deliver included.

    `runs` are those of this run, with their `ready` rows and their component; `real` names releases whose processes are
    real although the cluster is `simulated`, and so is one with pods on a real node: its addresses are theirs, since
    nothing answers at the simulated ones. `ready` are those of `runs`, by `namespace/name`, that were seen ready just
    now; `own` are the host names whose Ingresses are ours. Returns the rows of summary.json's `components`.
    """
    by_argocd = [delivered.row(each) for each in delivered.applications(cluster)]
    taken_over = {release_key(each["namespace"], each["release"]) for each in by_argocd}
    releases = {
        key: each for key, each in storage.read_releases(cluster).items() if each["source"] and key not in taken_over
    }
    known = {release_key(run["namespace"], run["name"]): run for run in runs}
    answering = pod_urls(cluster) if simulated else {}
    addresses = urls_by_release(cluster, list(releases.values()), own) | answering
    real = [*real, *answering]
    by_helm = [
        {"release": release["name"], "namespace": release["namespace"], **said, "source": release["source"]}
        for release, said in _judged(cluster, releases, known, ready)
    ]
    return [
        {
            "name": known.get(release_key(row["namespace"], row["release"]), {}).get("component") or row["release"],
            **row,
            "urls": addresses.get(row["release"], []),
            "simulated": simulated and row["release"] not in real,
        }
        for row in sorted([*by_helm, *by_argocd], key=lambda row: str(row["release"]))
    ]


def _judged(
    cluster: Cluster, releases: Mapping[str, storage.Release], known: Mapping[str, Run], ready: Collection[str]
) -> Iterator[tuple[storage.Release, dict[str, str]]]:
    """Yield each release with {chart, version, health}; what this run has seen ready is not read again."""
    noted = {key: each["identity"] for key, each in releases.items()}
    seen = {key for key, run in known.items() if key in ready and run["identity"] == noted.get(key)}
    # Whatever Helm did has been settled by now, and the files of its jobs are gone. Without an identity nothing is
    # noted: a summary looks only, and in check mode the run's identity is not that of what is live.
    runs = [
        {**known.get(key, _unknown_run(each)), "job": "", "identity": ""}
        for key, each in releases.items()
        if key not in seen
    ]
    waiter = ReleaseWaiter(cluster, runs)
    outcomes = waiter.poll() if runs else {}
    for key, release in releases.items():
        if key in seen:
            yield release, {"chart": known[key]["chart"], "version": known[key]["version"], "health": "ready"}
        else:
            health = "ready" if outcomes[key].phase == "ready" else outcomes[key].message
            yield release, {**waiter.chart(release), "health": health}


def _unknown_run(release: storage.Release) -> Run:
    """Return a run for a release that this run was not about: only its workloads are looked at."""
    return {
        "name": release["name"],
        "namespace": release["namespace"],
        "job": "",
        "identity": "",
        "source": release["source"],
        "ready": [],
        "timeout": 1,
        "started": time.time(),
    }


def urls_by_release(
    cluster: Cluster, releases: list[storage.Release], own: ingresses.Own = NOBODYS
) -> dict[str, list[str]]:
    """Return the https addresses that lead to each release: the names of its Ingresses, and load balancers of its own.

    What others write into Ingresses leads nowhere: `own` says which ones are ours, and for which names.

    A load balancer's Service that no release made belongs to the only release of its namespace.
    """
    found: dict[str, list[str]] = {}
    for ingress in cluster.list("networking.k8s.io/v1", "Ingress"):
        if hosts := own.of(ingress):
            found.setdefault(marks.release_of(ingress), []).extend(f"https://{host}" for host in hosts)
    for service in cluster.list("v1", "Service"):
        annotations = service["metadata"].get("annotations") or {}
        owners = [each["name"] for each in releases if each["namespace"] == service["metadata"]["namespace"]]
        if service["spec"].get("type") == "LoadBalancer" and marks.NAME not in annotations and len(owners) == 1:
            entries = published.points(service)
            found.setdefault(owners[0], []).extend(
                f"https://{each['hostname']}" for each in entries if "hostname" in each
            )
    return {owner: sorted(set(urls)) for owner, urls in found.items()}


def pod_urls(cluster: Cluster) -> dict[str, list[str]]:
    """Return, by release, the addresses of its ready pods on real nodes that join a simulated cluster."""
    nodes = {each["metadata"]["name"] for each in cluster.list("v1", "Node", query={"labelSelector": REAL_NODE_LABEL})}
    found: dict[str, list[str]] = {}
    for pod in cluster.list("v1", "Pod", query={"labelSelector": marks.INSTANCE}) if nodes else []:
        if pod["spec"].get("nodeName") in nodes and "deletionTimestamp" not in pod["metadata"] and pod_is_ready(pod):
            owner = pod["metadata"]["labels"][marks.INSTANCE]
            ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or []]
            urls = [f"http://{pod['status']['podIP']}:{port['containerPort']}" for port in ports]
            found.setdefault(owner, []).extend(urls)
    return {owner: sorted(urls) for owner, urls in found.items()}


def short_health(health: str) -> tuple[str, str]:
    """Return how a release is in one or two words, and why, empty where those words say it all.

    >>> short_health("Deployment a: 0 of 1 replicas available")
    ('not ready', 'Deployment a: 0 of 1 replicas available')
    """
    return (health, "") if health in {"ready", "not installed"} else ("not ready", health)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Lay the components out as lines of aligned columns; why one is not ready and its addresses have their own."""
    cells = []
    for row in rows:
        health, why = short_health(row["health"])
        under = "\n".join([why, *row["urls"]] if why else row["urls"])
        cells.append([*(str(row[each]) for each in COLUMNS), health, under])
    return fitted([*(column.capitalize() for column in COLUMNS), "Health", "Under"], cells, below=("Under",))
