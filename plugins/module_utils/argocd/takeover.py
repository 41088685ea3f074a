"""Moves a release between Helm and Argo CD: its objects change their owner; none is deleted or recreated.

Server-side apply keeps, on each object, who owns which field. Both Helm 4 and Argo CD apply that way, so a move renames
the owner: what the new one no longer wants goes with its first apply, the other's annotations included, and nothing is
left that nobody owns. It is what client-go does when it moves fields from a client-side manager
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#migration-between-client-side-and-server-side-apply).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

APPLICATION = ("argoproj.io/v1alpha1", "Application")
HELM = "helm"
"""Helm's field manager, the base name of its program; client-side up to Helm 3."""
ARGOCD = "argocd-controller"
"""Argo CD's field manager with ServerSideApply=true (v3.4.4, common/common.go)."""
INSTANCE = "app.kubernetes.io/instance"
GONE_SECONDS = 60
TRIES = 5

Object = dict[str, Any]
Reference = Mapping[str, str]
"""{api_version, kind, name, namespace} of one object."""


class TakeoverError(Exception):
    """A sentence on what could not be taken over."""


@dataclass(frozen=True)
class Delivered:
    """A release that either may deliver: its `name` and `namespace`, and the `kinds`, (apiVersion, kind), it is of."""

    name: str
    namespace: str
    kinds: Sequence[tuple[str, str]]


def title(found: Object) -> str:
    """Return how an object is shown: `kind namespace/name`."""
    metadata = found["metadata"]
    return f"{found['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def live_objects(cluster: Cluster, release: Delivered) -> list[Object]:
    """Return the objects of a release that exist, with any owner, by the label that its chart gives them."""
    query = {"labelSelector": f"{INSTANCE}={release.name}"}
    return [each for kind in release.kinds for each in cluster.list(*kind, release.namespace, query)]


def of_either(found: Object) -> bool:
    """Say whether Helm or Argo CD applied an object, so that the one may have it from the other."""
    return any(each["manager"] in {HELM, ARGOCD} for each in found["metadata"].get("managedFields") or [])


def renamed(fields: Sequence[Object], old: str, new: str) -> list[Object] | None:
    """Return managedFields in which `new` owns, by server-side apply, what `old` owned too; None if that owns nothing.

    Entries of a subresource, such as a status, are nobody's to apply and stay.
    """
    moving = [each for each in fields if each["manager"] == old and not each.get("subresource")]
    if not moving:
        return None
    own = [each for each in fields if _applies(each, new)]
    owned: dict[str, Any] = {}
    for each in [*own, *moving]:
        owned = union(owned, each.get("fieldsV1") or {})
    entry = {**moving[0], **(own[0] if own else {}), "manager": new, "operation": "Apply", "fieldsV1": owned}
    return [*(each for each in fields if each not in moving and each not in own), entry]


def _applies(entry: Object, manager: str) -> bool:
    return entry["manager"] == manager and entry["operation"] == "Apply" and not entry.get("subresource")


def union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both sets, each in the nested form FieldsV1 of the API."""
    both = copy.deepcopy(dict(one))
    for key, below in other.items():
        both[key] = union(both.get(key, {}), below)
    return both


def rename(cluster: Cluster, release: Delivered, old: str, new: str, *, dry_run: bool) -> list[str]:
    """Make `new` the owner of what `old` owns of a release's objects; return the titles of those that changed.

    Raises ApiException, and TakeoverError for an object that somebody else keeps changing.
    """
    changed = []
    for found in live_objects(cluster, release):
        if renamed(found["metadata"].get("managedFields") or [], old, new) is not None:
            changed.append(title(found))
            if not dry_run:
                _rename(cluster, found, old, new)
    return changed


def _rename(cluster: Cluster, found: Object, old: str, new: str) -> None:
    path = _path(cluster, reference(found))
    for _unused in range(TRIES):
        metadata = cluster.request("GET", path)["metadata"]
        fields = renamed(metadata.get("managedFields") or [], old, new)
        if fields is None:
            return
        body = {"metadata": {"managedFields": fields, "resourceVersion": metadata["resourceVersion"]}}
        try:
            cluster.patch(path, body)
        except ApiException as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            continue
        return
    raise TakeoverError(f"{title(found)} changes faster than it can be taken over: run again.")


def reference(found: Object) -> dict[str, str]:
    """Return what names an object."""
    metadata = found["metadata"]
    return {
        "api_version": found["apiVersion"],
        "kind": found["kind"],
        "name": metadata["name"],
        "namespace": metadata.get("namespace", ""),
    }


def _path(cluster: Cluster, named: Reference) -> str:
    path = cluster.resource_path(named["api_version"], named["kind"], named["namespace"], named["name"])
    if path is None:
        raise TakeoverError(f"The cluster no longer knows the kind {named['kind']}: run again.")
    return path


def remove(cluster: Cluster, references: Sequence[Reference], *, dry_run: bool) -> list[str]:
    """Delete objects, in that order, and nothing that they stand for; return the titles of those that were there.

    Finalizers are dropped first: an Application that has one, perhaps added in the UI, would otherwise delete what it
    deployed, or wait forever for a controller that is gone (https://github.com/argoproj/argo-cd/issues/7860).
    Raises ApiException, and TakeoverError for one that does not go.
    """
    removed = []
    for each in references:
        found = cluster.get(each["api_version"], each["kind"], each["name"], each["namespace"])
        if found is None:
            continue
        removed.append(title({"kind": each["kind"], **found}))
        if not dry_run:
            _remove(cluster, each, found)
    return removed


def _remove(cluster: Cluster, named: Reference, found: Object) -> None:
    path = _path(cluster, named)
    if found["metadata"].get("finalizers"):
        cluster.patch(path, {"metadata": {"finalizers": None}})
    cluster.delete(path, propagationPolicy="Background")
    if not cluster.wait_gone(path, GONE_SECONDS):
        raise TakeoverError(f"{named['kind']} {named['name']} was deleted and is still there: see its finalizers.")


def delete_objects(cluster: Cluster, release: Delivered, *, dry_run: bool) -> list[str]:
    """Delete a release's objects where Helm does not know it, and would not; return their titles."""
    if has_record(cluster, release):
        return []
    found = live_objects(cluster, release)
    for each in [] if dry_run else found:
        cluster.delete(_path(cluster, reference(each)), propagationPolicy="Background")
    return [title(each) for each in found]


def has_record(cluster: Cluster, release: Delivered) -> bool:
    """Say whether Helm knows a release, in whatever state."""
    return bool(storage.records(cluster, release.namespace, release.name))
