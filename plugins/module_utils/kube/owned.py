"""What components have beside their releases and stays with the namespaces: policies of the network, and permissions.

All of it is applied before the first release starts, and removed once a component lists it no more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import apply, namespaces, permissions
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.permissions import RBAC

LABEL_COMPONENT = "landfall.eks/component"
KINDS = (
    ("networking.k8s.io/v1", "NetworkPolicy"),
    (RBAC, "ClusterRole"),
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "RoleBinding"),
)
"""Version and kind of all that there is, in the order in which it is applied."""

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace (empty for an object of the cluster) and name."""


def marked(component: str, found: Mapping[str, Any]) -> Object:
    """Return an object with the labels by which a later run knows whose it is."""
    metadata = found["metadata"]
    labels = {**(metadata.get("labels") or {}), **namespaces.LABEL_OURS, LABEL_COMPONENT: component}
    return {**found, "metadata": {**metadata, "labels": labels}}


def of_permissions(listed: Mapping[str, Sequence[permissions.Row]]) -> list[Object]:
    """Return the objects of what components list as their permissions, by component."""
    return [marked(name, each) for name, rows in listed.items() for row in rows for each in permissions.objects(row)]


def key(found: Object) -> Key:
    """Return what tells an object from all others of these kinds."""
    return found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"]


def component_of(found: Object) -> str:
    """Return the component of an object; empty if it has none."""
    return str((found["metadata"].get("labels") or {}).get(LABEL_COMPONENT, ""))


def live(cluster: Cluster) -> dict[Key, Object]:
    """Return what is there of all components. Raises ApiException."""
    query = {"labelSelector": f"{namespaces.SELECTOR_OURS},{LABEL_COMPONENT}"}
    return {key(each): each for version, kind in KINDS for each in cluster.list(version, kind, query=query)}


def stale(there: Mapping[Key, Object], wanted: Sequence[Object], components: Collection[str]) -> list[Object]:
    """Return what is there of the components and not wanted any more."""
    kept = {key(each) for each in wanted}
    return [each for which, each in there.items() if which not in kept and component_of(each) in components]


def bring(cluster: Cluster, wanted: Sequence[Object], components: Collection[str], *, dry_run: bool) -> list[str]:
    """Bring what the components have to what is wanted of it, and remove the rest.

    Returns the titles of what is changed, or would be in a dry run. Raises ApiException.
    """
    if not components:
        return []
    there = live(cluster)
    changed = [
        change.title
        for each in wanted
        if not _same(each, there.get(key(each)))
        if (change := apply.apply(cluster, each, dry_run=dry_run))
    ]
    return changed + _remove(cluster, stale(there, wanted, components), dry_run=dry_run)


def _same(wanted: Object, there: Object | None) -> bool:
    """Say whether an object is there just as it is wanted, which one look at all of them tells."""
    if there is None or any(_full(there.get(field)) != _full(wanted[field]) for field in wanted if field != "metadata"):
        return False
    note = (there["metadata"].get("annotations") or {}).get(apply.ANNOTATION, "{}")
    return bool(json.loads(note) == wanted)


def _full(value: Any) -> Any:
    """Return a value as the API server shows it, which leaves empty lists out."""
    return {key: each for key, each in value.items() if each != []} if isinstance(value, dict) else value


def clear(cluster: Cluster, *, dry_run: bool) -> list[str]:
    """Remove what all components have, and return the titles. Raises ApiException."""
    return _remove(cluster, list(live(cluster).values()), dry_run=dry_run)


def _remove(cluster: Cluster, objects: Sequence[Object], *, dry_run: bool) -> list[str]:
    for each in () if dry_run else objects:
        kind, namespace, name = key(each)
        path = cluster.resource_path(each["apiVersion"], kind, namespace or None, name)
        cluster.delete(str(path))
    return ["{} {}/{}".format(*key(each)) for each in objects]
