"""What a rollout of one Helm release would do to the objects that are there."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import crds, render, storage
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.plan import dry_run, rows
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

MANAGER = "helm"
"""Helm's field manager, the base name of its program."""
NAME, NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
MANAGED_BY = "app.kubernetes.io/managed-by"

Object = dict[str, Any]
Release = dict[str, Any]
"""{component, name, namespace, chart, version, values, adopt, crds: {source, values}} of a release that would change.

`chart` is the path of an archive or folder."""


def coming_definitions(releases: Iterable[Release], helm: str) -> list[Object]:
    """Return the definitions that the releases' charts bring. Raises DefinitionError and ChartError."""
    return [
        definition
        for each in releases
        for definition in crds.definitions_of(
            {
                "release": each["name"],
                "path": each["chart"],
                "source": each["crds"]["source"],
                "values": each["crds"].get("values") or {},
            },
            helm,
        )
    ]


def flattened(objects: Iterable[Object]) -> list[Object]:
    """Return objects with those of lists among them taken out of their lists."""
    return [one for each in objects for one in (each["items"] if each["kind"].endswith("List") else [each])]


def as_helm_applies(cluster: Cluster, rendered: Object, release: Release) -> Object:
    """Return a rendered object as Helm applies it: in its release's namespace, with Helm's own marks."""
    made = copy.deepcopy(rendered)
    metadata = made["metadata"]
    if cluster.is_namespaced(made["apiVersion"], made["kind"]):
        metadata["namespace"] = metadata.get("namespace") or release["namespace"]
    metadata.pop("creationTimestamp", None)
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: "Helm"}
    marks = {NAME: release["name"], NAMESPACE: release["namespace"]}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}
    return made


def key(found: Object, namespace: str) -> tuple[str, str, str, str]:
    """Return what tells an object from all others, whatever version its group is at."""
    metadata = found["metadata"]
    group = found["apiVersion"].rpartition("/")[0]
    return group, found["kind"], metadata.get("namespace") or namespace, metadata["name"]


def recorded(cluster: Cluster, release: Release) -> list[Object]:
    """Return the objects of a release's newest revision, as Helm keeps them; none if Helm has no record."""
    return flattened(render.live_objects(cluster, release))


def plan(situation: dry_run.Situation, release: Release, rendered: list[Object], old: list[Object]) -> list[rows.Row]:
    """Return the rows of a release: what it renders now against live objects, and what it no longer renders.

    `old` are the objects of its newest revision. Raises ApiException.
    """
    cluster, namespace = situation.cluster, release["namespace"]
    wanted = [as_helm_applies(cluster, each, release) for each in flattened(rendered)]
    owned = {key(each, namespace) for each in old}

    def row(each: Object) -> rows.Row | None:
        stranger = [] if key(each, namespace) in owned else _stranger(cluster, each, release)
        return dry_run.probe(situation, each, MANAGER, stranger)

    left = {key(each, namespace) for each in wanted}
    gone = [as_helm_applies(cluster, each, release) for each in old if key(each, namespace) not in left]
    found = [*dry_run.side_by_side(row, wanted), *dry_run.side_by_side(lambda each: _gone(situation, each), gone)]
    return [each for each in found if each is not None]


def _stranger(cluster: Cluster, wanted: Object, release: Release) -> list[str]:
    """Return a sentence if an object is there and not this release's, so that Helm would refuse to touch it."""
    metadata = wanted["metadata"]
    live = cluster.get(wanted["apiVersion"], wanted["kind"], metadata["name"], metadata.get("namespace"))
    if live is None or release.get("adopt"):
        return []
    annotations = live["metadata"].get("annotations") or {}
    if (annotations.get(NAME), annotations.get(NAMESPACE)) == (release["name"], release["namespace"]):
        return []
    owner = annotations.get(NAME)
    of = f"release {annotations.get(NAMESPACE)}/{owner}'s" if owner else "nobody's release"
    return [f"it is there already and {of}, so the rollout would be refused"]


def _gone(situation: dry_run.Situation, old: Object) -> rows.Row | None:
    metadata = old["metadata"]
    live = situation.cluster.get(old["apiVersion"], old["kind"], metadata["name"], metadata.get("namespace"))
    return rows.judge(live, None, situation.secrets) if live is not None else None


def release_row(release: Release, live: dict[str, storage.Release]) -> dict[str, Any]:
    """Return what happens to a release itself: {component, release, namespace, chart, version, action, revision}."""
    found = live.get(release_key(release["namespace"], release["name"]))
    return {
        "component": release["component"],
        "release": release["name"],
        "namespace": release["namespace"],
        "version": release["version"],
        "source": release["source"],
        "action": "upgrade" if found and found["good_revision"] else "install",
        "revision": found["revision"] if found else 0,
    }
