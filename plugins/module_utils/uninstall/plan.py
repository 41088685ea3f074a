"""What an uninstall removes and what it keeps, as rows of a table; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.dns import names as dns_names
from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import read_releases
from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import objects

MANY = 3
"""Objects of one kind and namespace from which on the table has one row for all of them."""
COLUMNS = ("what", "name", "fate", "why")


@dataclass(frozen=True)
class Row:
    """One thing: `what` it is, its `name`, its `fate` (goes or stays), and why."""

    what: str
    name: str
    fate: str
    why: str = ""


@dataclass(frozen=True)
class UninstallRequest:
    """What an uninstall is asked to remove: releases, (namespace, name) each, and what else by name.

    `records` is the namespace of Landfall's own records; `kinds` are those of which Landfall applies objects itself.
    """

    releases: frozenset[tuple[str, str]]
    records: str
    asked: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()


@dataclass
class UninstallPlan:
    """The rows, and sentences on what has to be seen to before anything may go."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"rows": [asdict(each) for each in self.rows], "problems": self.problems}


def plan_uninstall(cluster: Cluster, request: UninstallRequest) -> UninstallPlan:
    """Return what an uninstall removes from a cluster and what it keeps. Raises ApiException."""
    found = UninstallPlan()
    live = read_releases(cluster)
    there = [live[key] for key in sorted(live) if (live[key]["namespace"], live[key]["name"]) in request.releases]
    found.rows += [
        Row("release", release_key(each["namespace"], each["name"]), "goes", f"revision {each['revision']}, with Helm")
        for each in there
    ]
    custom = objects.custom_objects(cluster, request.releases, request.kinds)
    found.rows += _grouped([each for each in custom if each.ours])
    found.rows += [
        Row("records", f"Route 53, zone {each}", "goes", "those with the mark of this cluster")
        for each in dns_names.noted(cluster, request.records)
    ]
    services = objects.balanced(cluster)
    found.rows += [
        Row(
            "load balancer", objects.name_of(each), "goes", ", ".join(objects.hosts_of(each)) or "it has no address yet"
        )
        for each in services
        if objects.is_ours(each, request.releases)
    ]
    if any(each["name"] == objects.CONTROLLER for each in there):
        found.problems += objects.holding_the_controller(cluster, services, request.releases)
    claims = objects.claims(cluster, request.releases)
    found.rows += [_of_claim(each, volume, request) for each, volume in claims]
    kept = _kept_namespaces(cluster, request, [each for each, _unused in claims])
    made = namespaces.ours(cluster)
    found.rows += [_of_namespace(name, kept.get(name, []), request.records) for name in made]
    found.rows += _definitions(cluster, request, custom)
    return found


def _grouped(ours: Iterable[objects.Custom]) -> list[Row]:
    by: dict[tuple[str, str], list[str]] = {}
    for each in ours:
        by.setdefault((each.kind, each.namespace), []).append(each.name)
    rows = []
    for (kind, namespace), names in sorted(by.items()):
        where = f"{namespace}/" if namespace else ""
        if len(names) < MANY:
            rows += [Row(kind, f"{where}{name}", "goes", "before its controller") for name in sorted(names)]
        else:
            rows.append(Row(kind, f"{where}* ({len(names)})", "goes", "before their controller"))
    return rows


def _of_claim(claim: dict[str, Any], volume: dict[str, Any] | None, request: UninstallRequest) -> Row:
    size = (claim["spec"].get("resources") or {}).get("requests", {}).get("storage", "?")
    policy = (volume or {}).get("spec", {}).get("persistentVolumeReclaimPolicy", "")
    if "volumes" not in request.asked:
        return Row("volume", objects.name_of(claim), "stays", f"{size} of data; asked for as volumes")
    detail = "; its PersistentVolume is set from Retain to Delete first" if policy == "Retain" else ""
    return Row("volume", objects.name_of(claim), "goes", f"{size} of data, for good{detail}")


def _kept_namespaces(cluster: Cluster, request: UninstallRequest, claims: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return what will still hold each of Landfall's namespaces, as module namespaces will find it."""
    going = {objects.name_of(each) for each in claims} if "volumes" in request.asked else set()
    kept: dict[str, list[str]] = {}
    for name in namespaces.ours(cluster):
        if name == request.records:
            continue
        held = [each for each in objects.held(cluster, name, request.releases) if f"{name}/{each[1]}" not in going]
        if held:
            kept[name] = [f"{kind}/{each}" for kind, each in held]
    volumes = any(each.startswith("PersistentVolumeClaim/") for held in kept.values() for each in held)
    if volumes and "credentials" not in request.asked:
        kept[request.records] = ["the credentials of what lies on the volumes; asked for as credentials"]
    return kept


def _of_namespace(name: str, held: Sequence[str], records: str) -> Row:
    if not held:
        return Row("namespace", name, "goes", "with the credentials and records" if name == records else "")
    shown = ", ".join(held[:MANY]) + (f" and {len(held) - MANY} more" if len(held) > MANY else "")
    return Row("namespace", name, "stays", f"it holds {shown}")


def _definitions(cluster: Cluster, request: UninstallRequest, custom: Iterable[objects.Custom]) -> list[Row]:
    others: dict[str, list[str]] = {}
    for each in custom:
        if not each.ours:
            others.setdefault(each.definition, []).append(f"{each.namespace}/{each.name}".strip("/"))
    names = objects.definitions(cluster, request.releases)
    rows = []
    if unused := [name for name in names if name not in others]:
        rows.append(Row("definitions", f"* ({len(unused)})", "goes", "nobody else's objects are of these kinds"))
    for name in (each for each in names if each in others):
        held = ", ".join(others[name][:MANY])
        if "definitions" in request.asked:
            rows.append(Row("definition", name, "goes", f"and with it {held}"))
        else:
            rows.append(Row("definition", name, "stays", f"somebody's {held}; asked for as definitions"))
    return rows


def table(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Lay rows out as lines of aligned columns: what goes first, then what stays."""
    ordered = sorted(rows, key=lambda row: row["fate"] != "goes")
    cells = [[row[column] for column in COLUMNS] for row in ordered]
    return fitted([column.capitalize() for column in COLUMNS], cells)
