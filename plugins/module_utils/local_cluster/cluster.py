"""The local cluster as a whole: started, repaired, and removed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, client_from
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException, HTTPError
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    aws,
    files,
    objects,
    pki,
    ports,
    processes,
    program_files,
    programs,
    real_node,
    real_node_files,
    real_node_machine,
    stages,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import LOOPBACK, NAMES, PORTS, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    Settings,
)

RECORD = "cluster.json"
ANSWER_SECONDS = 10
RETRY_SECONDS = 0.1
AFTER_OBJECTS = ("kwok", "metrics-server")


@dataclass
class Report:
    """What a run found and did."""

    started: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    written: bool = False
    aws: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0

    @property
    def changed(self) -> bool:
        """Whether anything had to be done."""
        return self.written or bool(self.started or self.applied)


class Keeper:
    """Keeps the right processes running: starts what is missing, and replaces what is outdated or does not answer."""

    def __init__(self, place: Place, report: Report) -> None:
        """Take stock of what runs."""
        self.place = place
        self.report = report
        self.directory = place.settings.directory
        self.programs = {each.name: each for each in programs.programs(place)}
        found = processes.find(self.directory)
        self.running = {each.name: each for each in found if each.name in self.programs}
        processes.stop(each for each in found if self.running.get(each.name) is not each)

    def keep(self, name: str) -> None:
        """Make sure that a process runs; those that it needs come first."""
        program = self.programs[name]
        running = self.running.get(name)
        recipe = program.recipe({each: mark.start for each, mark in self.running.items()})
        if running and running.recipe == recipe and processes.answers_within(program.health, ANSWER_SECONDS):
            return
        if running:
            processes.stop([running])
        self.running[name] = processes.start(program, recipe, self.directory)
        self.report.started.append(name)

    def wait(self, name: str) -> None:
        """Wait until a process is well."""
        processes.wait_well(self.programs[name], self.running[name], self.directory)


def ensure(settings: Settings) -> Report:
    """Bring the cluster up, or repair it. LocalClusterError if that fails."""
    begin = time.monotonic()
    report = Report()
    _check_tools(settings)
    _reach_loopback_directly()
    with files.locked(settings.directory):
        place = _place(settings)
        _remember_ports(place)
        report.written = pki.ensure(settings, place.pki)
        if settings.real_node:
            real_node_files.prepare(place.node, place.ports, place.pki)
        report.written |= program_files.write_files(place)
        keeper = Keeper(place, report)
        if not settings.real_node and real_node_machine.clear(place.node):
            report.applied.append("real node removed")
        for name in ("etcd", "egress-proxy", "moto"):
            keeper.keep(name)
        with ThreadPoolExecutor(1) as pool:
            hostnames = pool.submit(_aws, keeper)
            _control_plane(keeper)
            _objects(keeper, hostnames.result)
        _write_record(keeper)
    report.seconds = round(time.monotonic() - begin, 1)
    return report


def _check_tools(settings: Settings) -> None:
    needed = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "metrics-server"]
    if settings.real_node:
        real_node.check(settings)
        needed += ["kubelet", "pause"]
    missing = [name for name in needed if not (settings.tools / name).is_file()]
    if missing:
        raise LocalClusterError(f"{settings.tools} holds no {', '.join(missing)}: run `make tools`.")


def _reach_loopback_directly() -> None:
    """Keep a proxy of the user's shell out of this run's own calls: not every client knows that loopback needs none."""
    kept = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(filter(None, [kept, LOOPBACK]))


def _place(settings: Settings) -> Place:
    """Choose ports: those of before where they are ours or free."""
    remembered = files.read_json(settings.directory / RECORD).get("ports") or {}
    running = {each.name for each in processes.find(settings.directory)}
    if "etcd" in running:
        running.add("etcd-peer")
    if real_node.NAME in running:
        running.add(real_node.KUBELET_PORT_NAME)
    return Place(settings, ports.choose(PORTS, remembered, running))


def _remember_ports(place: Place) -> None:
    """Note the ports before anything listens on them: a run that is killed leaves them to the next one."""
    record = place.path(RECORD)
    if files.read_json(record).get("ports") != place.ports:
        files.write_json(record, {"name": place.settings.name, "ports": place.ports})


def _aws(keeper: Keeper) -> dict[str, str]:
    """Make the simulated account; return the load balancers' host names."""
    keeper.wait("moto")
    endpoint = f"http://{LOOPBACK}:{keeper.place.ports['moto']}"
    facts, hostnames, changed = aws.ensure(keeper.place.settings, endpoint)
    if changed:
        keeper.report.applied.append("AWS")
    files.write_json(keeper.directory / "aws.json", facts)
    keeper.report.aws = facts
    return hostnames


def _control_plane(keeper: Keeper) -> None:
    keeper.wait("etcd")
    keeper.wait("egress-proxy")
    keeper.keep("kube-apiserver")
    keeper.wait("kube-apiserver")
    for name in ("kube-controller-manager", "kube-scheduler"):
        keeper.keep(name)


def _objects(keeper: Keeper, hostnames: Callable[[], dict[str, str]]) -> None:
    """Fill the cluster, then start what works on those objects, and wait for all of it."""
    settings = keeper.place.settings
    cluster = Cluster(client_from({"kubeconfig": str(settings.kubeconfig)}))
    version = cluster.request("GET", "/version")["gitVersion"]
    _apply(cluster, keeper.report, [objects.WantedObject(objects.stage_definition()), *objects.base(settings, version)])
    wanted = [objects.WantedObject(stage) for stage in stages.load(settings, hostnames())]
    _retried(keeper, lambda: _apply(cluster, keeper.report, wanted))
    for name in AFTER_OBJECTS:
        keeper.keep(name)
    _real_node(keeper, cluster)
    for name in keeper.programs:
        keeper.wait(name)
    _retried(keeper, lambda: _check_nodes(cluster, settings))


def _real_node(keeper: Keeper, cluster: Cluster) -> None:
    """Start the real node and hand it its images; or forget the one that there was."""
    settings, node = keeper.place.settings, keeper.place.node
    record = keeper.directory / "real-node.json"
    if settings.real_node:
        keeper.keep(real_node.NAME)
        keeper.wait(real_node.NAME)
        keeper.report.applied += [
            f"Image/{each}" for each in real_node.import_images(node, keeper.running[real_node.NAME])
        ]
        files.write_json(record, {"node": node.name, "images": {each.name: each.id for each in settings.images}})
        return
    record.unlink(missing_ok=True)
    if objects.forget_node(cluster, node.name):
        keeper.report.applied.append(f"Node/{node.name} removed")


def _apply(cluster: Cluster, report: Report, wanted: list[objects.WantedObject]) -> None:
    report.applied += [str(each) for each in wanted if objects.apply(cluster, each)]


def _check_nodes(cluster: Cluster, settings: Settings) -> None:
    """LookupError while a node is not ready or the default service account is not there."""
    nodes = {node["metadata"]["name"]: node for node in cluster.list("v1", "Node")}
    real = [real_node.Node(settings).name] if settings.real_node else []
    for name in [*(each.name for each in settings.nodes()), *real]:
        if name not in nodes:
            raise LookupError(f"Node {name} has not joined.")
        conditions = nodes[name]["status"].get("conditions") or []
        if not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
            raise LookupError(f"Node {name} is not ready.")
        if any(taint["key"] != real_node.LABEL for taint in nodes[name]["spec"].get("taints") or []):
            raise LookupError(f"Node {name} is still tainted.")
    if cluster.get("v1", "ServiceAccount", "default", "default") is None:
        raise LookupError("The service account default is missing.")


def _retried(keeper: Keeper, action: Callable[[], None]) -> None:
    """Do `action` again while the cluster is not there yet and all its processes live.

    Raises LocalClusterError if one ends, or after processes.READY_SECONDS.
    """
    deadline = time.monotonic() + processes.READY_SECONDS
    while True:
        try:
            action()
        except (LookupError, ApiException, HTTPError) as error:
            processes.check_alive(keeper.running.values(), keeper.directory)
            if time.monotonic() > deadline:
                raise LocalClusterError(f"The local cluster does not settle: {error}") from error
            time.sleep(RETRY_SECONDS)
        else:
            return


def _write_record(keeper: Keeper) -> None:
    """Say in one file where everything is, for people and tests."""
    table = {
        name: {"pid": running.pid, "port": keeper.place.ports[name], "log": f"logs/{name}.log"}
        for name, running in keeper.running.items()
    }
    record = {"name": keeper.place.settings.name, "ports": keeper.place.ports, "processes": table}
    files.write_json(keeper.directory / RECORD, record)


def missing(settings: Settings) -> list[str]:
    """Return the names of the processes that do not run."""
    alive = {each.name for each in processes.find(settings.directory)}
    wanted = [*NAMES, *([real_node.NAME] if settings.real_node else [])]
    return [name for name in wanted if name not in alive]


def remove(settings: Settings, *, dry_run: bool = False) -> bool:
    """End the cluster's processes and remove its folder and kubeconfig; return whether there was anything."""
    directory = settings.directory
    if not directory.exists():
        running = processes.find(directory)  # somebody removed the folder by hand
        if not dry_run:
            processes.stop(running)
            real_node_machine.clear(real_node.Node(settings))
        return bool(running)
    if any(directory.iterdir()) and not (directory / RECORD).is_file():
        raise LocalClusterError(f"{directory} holds no local cluster: set local_cluster_dir to the folder of one.")
    if not dry_run:
        with files.locked(directory):
            processes.stop(processes.find(directory))
            real_node_machine.clear(real_node.Node(settings))
            _remove_kubeconfig(settings)
            shutil.rmtree(directory)
    return True


def _remove_kubeconfig(settings: Settings) -> None:
    """Remove the kubeconfig, unless somebody put one of another cluster there."""
    path = settings.kubeconfig
    if path.is_file() and f"current-context: {settings.context}\n" in path.read_text():
        path.unlink()
