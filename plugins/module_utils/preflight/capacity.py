"""Whether the nodes have room for the platform: only what must hold, so that no cluster is refused that would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.autoscaling import makes_nodes
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.nodes import unfit

PAGE = "500"
SIDE_BY_SIDE = 6
INSTANCE_LABEL = "app.kubernetes.io/instance"
_UNITS = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    **{unit: 1000.0**power for power, unit in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), 1)},
}

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """Pods of one kind that the platform runs.

    `cpu` (cores) and `memory` (bytes) are requests of one pod, `volumes` its volumes; `count` is how many, or 0 for one
    on each node. `advice` says how to want less, the end of a sentence.
    """

    name: str
    count: int
    cpu: float
    memory: float
    volumes: int = 0
    advice: str = ""


def needs_of(releases: Iterable[Mapping[str, Any]]) -> list[Need]:
    """Return what the pods of release specifications want.

    Pods whose quantities cannot be read are left out, for the setting that they come from is refused.
    """
    found = []
    for row in (pods for each in releases for pods in each.get("pods") or []):
        try:
            cpu, memory = quantity(row["cpu"]), quantity(row["memory"])
        except (ValueError, KeyError):
            continue
        volumes = int(row.get("volumes", 0))
        found.append(Need(row["name"], int(row["count"]), cpu, memory, volumes, row.get("advice", "")))
    return found


@dataclass
class Node:
    """What a node has left for pods, CPU in cores and memory in bytes.

    `volumes` is None where nobody knows; `unfit` says in a word why our pods do not run there, empty where they do.
    """

    name: str
    cpu: float
    memory: float
    pods: float
    volumes: float | None = None
    unfit: str = ""


@dataclass
class Capacity:
    """What was found, `line` for people; `problems` are sentences."""

    line: str = ""
    problems: list[str] = field(default_factory=list)


def quantity(text: str | float) -> float:
    """Return a Kubernetes quantity, such as 250m or 2Gi, as a number.

    >>> quantity("250m"), quantity("2Gi")
    (0.25, 2147483648.0)
    """
    text = str(text)
    number = text.rstrip("numkKMGTPi")
    return float(number) * _UNITS[text[len(number) :]]


def read_room(cluster: Cluster, needs: Sequence[Need], own: Iterable[tuple[str, str]]) -> Capacity:
    """Compare what `needs` want with what the nodes have left.

    `own` are the (namespace, release) of our releases: what runs of them already is part of the needs and not counted
    again. Errors of the transport and refusals are the caller's.
    """
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        nodes = pool.submit(_all, cluster, "/api/v1/nodes")
        pods = pool.submit(_all, cluster, "/api/v1/pods", "status.phase!=Succeeded,status.phase!=Failed")
        drivers = pool.submit(_all, cluster, "/apis/storage.k8s.io/v1/csinodes")
        attached = pool.submit(_all, cluster, "/apis/storage.k8s.io/v1/volumeattachments")
        grows = pool.submit(makes_nodes, cluster)
    left = [_node(each) for each in nodes.result()]
    _take(left, [each for each in pods.result() if not _is_own(each, list(own))])
    _count_volumes(left, drivers.result(), attached.result())
    return judge(left, needs, grows.result())


def _all(cluster: Cluster, path: str, fields: str = "") -> list[dict[str, Any]]:
    """Return all objects of a path, read in pages."""
    items: list[dict[str, Any]] = []
    query = {"limit": PAGE, **({"fieldSelector": fields} if fields else {})}
    while True:
        page = cluster.request("GET", path, query=dict(query))
        items += page.get("items") or []
        token = (page.get("metadata") or {}).get("continue")
        if not token:
            return items
        query["continue"] = token


def _node(node: Object) -> Node:
    room = node["status"].get("allocatable") or {}
    return Node(
        node["metadata"]["name"],
        quantity(room.get("cpu", 0)),
        quantity(room.get("memory", 0)),
        quantity(room.get("pods", 0)),
        unfit=unfit(node),
    )


def _is_own(pod: Object, own: list[tuple[str, str]]) -> bool:
    namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
    if namespace == "kube-system":
        return (namespace, labels.get(INSTANCE_LABEL)) in own
    return any(namespace == each for each, _unused in own)


def requests_of(spec: Object) -> tuple[float, float]:
    """Return CPU (cores) and memory (bytes) that the scheduler sets aside for a pod, by its spec."""
    both = []
    for resource in ("cpu", "memory"):
        main = sum(_request(each, resource) for each in spec.get("containers") or [])
        first = max((_request(each, resource) for each in spec.get("initContainers") or []), default=0.0)
        both.append(max(main, first))
    return both[0], both[1]


def _request(container: Object, resource: str) -> float:
    return quantity(((container.get("resources") or {}).get("requests") or {}).get(resource, 0))


def _take(nodes: Sequence[Node], pods: Iterable[Object]) -> None:
    """Take from the nodes what pods set aside."""
    by_name = {node.name: node for node in nodes}
    for pod in pods:
        node = by_name.get(pod["spec"].get("nodeName", ""))
        if node:
            cpu, memory = requests_of(pod["spec"])
            node.cpu, node.memory, node.pods = node.cpu - cpu, node.memory - memory, node.pods - 1


def _count_volumes(nodes: Sequence[Node], drivers: Iterable[Object], attached: Iterable[Object]) -> None:
    """Note how many more volumes each node takes, where its driver says so."""
    used: dict[str, int] = {}
    for each in attached:
        used[each["spec"]["nodeName"]] = used.get(each["spec"]["nodeName"], 0) + 1
    limits = {
        each["metadata"]["name"]: sum((driver.get("allocatable") or {}).get("count", 0) for driver in driven)
        for each in drivers
        if (driven := (each.get("spec") or {}).get("drivers") or [])
    }
    for node in nodes:
        if limits.get(node.name):
            node.volumes = limits[node.name] - used.get(node.name, 0)


def judge(nodes: Sequence[Node], needs: Sequence[Need], grows: bool) -> Capacity:
    """Return the sentences on `nodes` that should hold `needs`; `grows`: nodes are made when pods want them."""
    left_out = Counter(why for node in nodes if (why := _why_left_out(node)))
    usable = [node for node in nodes if not _why_left_out(node)]
    everywhere = [need for need in needs if need.count == 0]
    counted = [need for need in needs if need.count]
    for node in usable:
        node.cpu -= sum(need.cpu for need in everywhere)
        node.memory -= sum(need.memory for need in everywhere)
        node.pods -= len(everywhere)
    # What is free on a node that takes no further pod is free for nobody.
    roomy = [node for node in usable if node.pods > 0]
    cpu, memory = sum(max(each.cpu, 0) for each in roomy), sum(max(each.memory, 0) for each in roomy)
    wanted_cpu, wanted_memory = sum(n.cpu * n.count for n in counted), sum(n.memory * n.count for n in counted)
    found = Capacity(
        f"{len(usable)} nodes with {_cores(cpu)} CPUs and {_gib(memory)} of memory free, "
        f"the platform wants {_cores(wanted_cpu)} and {_gib(wanted_memory)}"
    )
    if left_out:
        found.line += "; not counted: " + ", ".join(f"{count} {why}" for why, count in sorted(left_out.items()))
    if grows:
        found.line += "; an autoscaler makes nodes where they are missing"
        return found
    found.problems += _total_problems(usable, counted, (cpu, memory), (wanted_cpu, wanted_memory))
    # Where the sum is short already, its single parts say nothing more.
    found.problems += [] if found.problems else _single_problems(usable, counted)
    return found


def _why_left_out(node: Node) -> str:
    return node.unfit or ("full" if node.pods < 1 else "")


def _total_problems(
    nodes: Sequence[Node], needs: Sequence[Need], free: tuple[float, float], wanted: tuple[float, float]
) -> list[str]:
    advice = next((need.advice for need in sorted(needs, key=lambda each: -each.memory) if need.advice), "")
    less = f"add nodes, or write {advice}" if advice else "add nodes"
    pods, wanted_pods = sum(max(each.pods, 0) for each in nodes), sum(need.count for need in needs)
    volumes = [node.volumes for node in nodes]
    free_volumes = sum(max(each, 0) for each in volumes if each is not None)
    wanted_volumes = sum(need.volumes * need.count for need in needs)
    rows = [
        (free[0], wanted[0], f"{_cores(wanted[0])} CPUs", f"{_cores(free[0])} free"),
        (free[1], wanted[1], f"{_gib(wanted[1])} of memory", f"{_gib(free[1])} free"),
        (pods, wanted_pods, f"{wanted_pods} pods", f"room for {pods:.0f}"),
    ]
    if volumes and None not in volumes:
        rows.append((free_volumes, wanted_volumes, f"{wanted_volumes} volumes", f"room for {free_volumes:.0f}"))
    return [
        f"The platform wants {what} and the {len(nodes)} usable nodes have {there}: {less}."
        for have, want, what, there in rows
        if want > have
    ]


def _single_problems(nodes: Sequence[Node], needs: Sequence[Need]) -> list[str]:
    """Return a sentence for each kind of pod of which not all find a node, even if they were the only ones."""
    problems = []
    for need in needs:
        room = sum(_holds(node, need) for node in nodes)
        if room < need.count:
            less = f", or write {need.advice}" if need.advice else ""
            problems.append(
                f"{need.count} pods {need.name} want {_cores(need.cpu)} CPUs, {_gib(need.memory)} of memory and "
                f"{need.volumes} volumes each, and the {len(nodes)} usable nodes have room for {room}: add larger or "
                f"emptier nodes{less}."
            )
    return problems


def _holds(node: Node, need: Need) -> int:
    """Return how many pods of a kind a node holds, were they the only ones."""
    limits = [node.pods]
    limits += [node.cpu / need.cpu] if need.cpu else []
    limits += [node.memory / need.memory] if need.memory else []
    limits += [node.volumes / need.volumes] if need.volumes and node.volumes is not None else []
    # A sum of tenths is a hair below what it is meant to be.
    return max(int(min(limits) + 1e-9), 0)


def _cores(cpu: float) -> str:
    return f"{cpu:.1f}"


def _gib(memory: float) -> str:
    return f"{memory / _UNITS['Gi']:.1f} GiB"
