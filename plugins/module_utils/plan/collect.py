"""All rows of a plan: releases rendered side by side, and what a run would make beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import render as release_diff
from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube import apply, network_policies, owned
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import FIELD_MANAGER, Cluster
from ansible_collections.landfall.eks.plugins.module_utils.plan import dry_run, releases, report, rows, schema
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

RENDERED_AT_ONCE = 2
DEFINITION = "apiextensions.k8s.io/v1"

Options = Mapping[str, Any]
"""The options of the module plan."""


def collect(cluster: Cluster, options: Options, helm: str) -> tuple[report.Plan, list[rows.Row]]:
    """Return the plan and its rows, each with its states.

    Raises ApiException, RenderError, and DefinitionError or ChartError of a chart's definitions.
    """
    versions = cluster.discover()
    definitions = releases.coming_definitions(options["releases"], helm)
    namespaces = {options["records"], *(each["namespace"] for each in [*options["releases"], *options["runs"]])}
    situation = dry_run.situation_of(cluster, namespaces, schema.schemas_of(definitions))
    live = storage.read_releases(cluster)
    found = [
        *_namespaces(situation, options["namespaces"], options["records"]),
        *_definitions(cluster, options["definitions"]),
        *_credentials(options["secrets"]),
        *_owned(situation, options["policies"], options["permissions"]),
        *_own_objects(situation, options["objects"]),
        *_handed_over(options["handed_over"]),
        *_releases(situation, options, helm, [*versions, *_coming_versions(situation.schemas)]),
        *_others(options["others"]),
    ]
    changing = [releases.release_row(each, live) for each in options["releases"]]
    keys = {release_key(each["namespace"], each["name"]) for each in options["releases"]}
    unchanged = [each["name"] for each in options["runs"] if release_key(each["namespace"], each["name"]) not in keys]
    plan = report.record(options["cluster"], found, changing, unchanged)
    untested = [{"object": name, "why": why} for name, why in options["untested"].items()]
    return {**plan, "untested": untested, "unverified": options["unverified"]}, found


def _coming_versions(schemas: schema.Schemas) -> list[str]:
    """Return what charts ask for in .Capabilities, of kinds that come with the run."""
    return sorted({version for version, _unused in schemas} | {f"{version}/{kind}" for version, kind in schemas})


def _releases(situation: dry_run.Situation, options: Options, helm: str, versions: list[str]) -> Iterable[rows.Row]:
    cluster = situation.cluster
    kube_version = cluster.request("GET", "/version")["gitVersion"]
    access = {"kubeconfig": options["kubeconfig"], "context": options["context"]}
    known = all(kind in cluster.kinds(version) for version, kind in situation.schemas)

    def render(release: releases.Release) -> list[dict[str, Any]]:
        # A template may look up what is there; but it must not miss a kind that is still to come.
        return release_diff.render(helm, release, kube_version, versions, access if known else None)

    rendered = dry_run.side_by_side(render, options["releases"], RENDERED_AT_ONCE)
    for release, objects in zip(options["releases"], rendered, strict=True):
        coming = {**release, "adopt": release.get("adopt", False)}
        for row in releases.plan(situation, coming, objects, releases.recorded(cluster, release)):
            yield {"component": release["component"], "release": release["name"], **row}


def _plain(action: str, component: str, named: dict[str, str], *notes: str) -> rows.Row:
    return {
        "component": component,
        "release": "",
        "api_version": "v1",
        "namespace": "",
        **named,
        "checked": rows.DRY_RUN,
        "fields": [],
        "immutable": [],
        "notes": list(notes),
        "action": action,
        "data_at_risk": "",
        "public": "",
    }


def _namespaces(situation: dry_run.Situation, names: Iterable[str], records: str) -> Iterable[rows.Row]:
    """Yield a row for each of `names` and, unless it is there, for that of the records, which the Lease makes."""
    for name in dict.fromkeys([*({records} - situation.namespaces), *names]):
        there = name in situation.namespaces
        note = ["gets the labels that its releases want"] if there else []
        yield _plain(rows.CHANGE if there else rows.CREATE, "namespaces", {"kind": "Namespace", "name": name}, *note)


def _definitions(cluster: Cluster, names: Iterable[str]) -> Iterable[rows.Row]:
    there = {each["metadata"]["name"] for each in cluster.list(DEFINITION, "CustomResourceDefinition")}
    for name in names:
        named = {"kind": "CustomResourceDefinition", "api_version": DEFINITION, "name": name}
        yield _plain(rows.CHANGE if name in there else rows.CREATE, "definitions", named)


def _credentials(planned: Iterable[dict[str, str]]) -> Iterable[rows.Row]:
    for each in planned:
        named = {"kind": each["kind"], "namespace": each["namespace"], "name": each["name"]}
        yield _plain(each["action"], "credentials", named)


def _owned(
    situation: dry_run.Situation, policies: network_policies.Listed, permissions: Mapping[str, list[dict[str, Any]]]
) -> Iterable[rows.Row]:
    """Yield a row for each NetworkPolicy and permission of a component that would be made, changed or removed."""
    components = {*policies, *permissions}
    if not components:
        return
    coming = [*network_policies.wanted(situation.cluster, policies), *owned.of_permissions(permissions)]
    yield from _own_objects(situation, [{"component": owned.component_of(each), "objects": [each]} for each in coming])
    for each in owned.stale(owned.live(situation.cluster), coming, components):
        kind, namespace, name = owned.key(each)
        named = {"kind": kind, "api_version": each["apiVersion"], "namespace": namespace, "name": name}
        yield _plain(rows.DELETE, owned.component_of(each), named)


def _own_objects(situation: dry_run.Situation, planned: Iterable[dict[str, Any]]) -> Iterable[rows.Row]:
    """Yield the rows of objects that roles apply themselves, {component, objects}."""
    for each in planned:
        for wanted in each["objects"]:
            row = dry_run.probe(situation, apply.noted(wanted), FIELD_MANAGER)
            if row is not None:
                yield {"component": each["component"], "release": "", **row}


def _handed_over(planned: Iterable[dict[str, Any]]) -> Iterable[rows.Row]:
    """Yield a row for each object that changes its owner or goes, {component, to, objects, removed}, titles each."""
    for each in planned:
        for title in each.get("objects") or []:
            yield _plain(rows.CHANGE, each["component"], _named(title), f"its owner becomes {each['to']}")
        for title in each.get("removed") or []:
            yield _plain(rows.DELETE, each["component"], _named(title))


def _named(title: str) -> dict[str, str]:
    kind, _unused, place = title.partition(" ")
    namespace, _unused, name = place.rpartition("/")
    return {"kind": kind, "namespace": namespace, "name": name}


def _others(planned: Iterable[dict[str, Any]]) -> Iterable[rows.Row]:
    """Yield a row for each thing that is no object to be applied, {component, action, kind, namespace, name, note}."""
    for each in planned:
        named = {key: each.get(key, "") for key in ("kind", "namespace", "name")}
        yield _plain(each["action"], each["component"], {"api_version": "", **named}, each["note"])
