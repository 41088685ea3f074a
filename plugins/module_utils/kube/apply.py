"""Objects applied server-side, with an honest answer beforehand: what would be made, and what would change."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

ANNOTATION = "landfall.eks/applied"
"""Holds the object as it was applied, so that manual changes can be found, and undone, without a run."""
_OF_THE_SERVER = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
_OF_CONTROLLERS = ("status", "operation")

Object = dict[str, Any]


class UnknownKindError(Exception):
    """A sentence on an object whose kind the cluster does not have."""


@dataclass(frozen=True)
class Change:
    """One object that is made (`before` is empty) or changed; both are YAML."""

    title: str
    before: str
    after: str
    wanted: Object


def apply(cluster: Cluster, wanted: Object, *, dry_run: bool) -> Change | None:
    """Bring one object to what is wanted of it, other fields left alone; return the change, None if there is none.

    In a dry run an object whose kind or namespace is still to come would be made. Raises ApiException, and
    UnknownKindError where the kind is missing though it should be there by now.
    """
    bare, wanted = wanted, noted(wanted)
    metadata = wanted["metadata"]
    where = (wanted["apiVersion"], wanted["kind"])
    title = f"{wanted['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
    path = cluster.resource_path(*where, metadata.get("namespace"), metadata["name"])
    if path is None and not dry_run:
        raise UnknownKindError(f"The cluster does not know the kind {where[1]} of {where[0]}: install what brings it.")
    found = cluster.get(*where, metadata["name"], metadata.get("namespace"))
    if found is None or path is None:
        if path and not dry_run:
            cluster.apply(path, wanted)
        return Change(title, "", _text(bare), bare)
    before, after = decided(found), decided(cluster.apply(path, wanted, dry_run=True))
    if before == after:
        return None
    if not dry_run:
        cluster.apply(path, wanted)
    return Change(title, _text(before), _text(after), bare)


def noted(wanted: Object) -> Object:
    """Return an object with a note of itself."""
    made = copy.deepcopy(wanted)
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"))
    made["metadata"]["annotations"] = {**(made["metadata"].get("annotations") or {}), ANNOTATION: text}
    return made


def decided(found: Object) -> Object:
    """Return what people decide of an object: without what the server and controllers write."""
    kept = copy.deepcopy({key: value for key, value in found.items() if key not in _OF_CONTROLLERS})
    for key in _OF_THE_SERVER:
        kept["metadata"].pop(key, None)
    return kept


def _text(found: Object) -> str:
    """Return an object as YAML, without the note of itself."""
    shown = decided(found)
    annotations = shown["metadata"].pop("annotations", {})
    annotations = {key: value for key, value in annotations.items() if key != ANNOTATION}
    shown["metadata"] |= {"annotations": annotations} if annotations else {}
    text: str = yaml.safe_dump(shown, sort_keys=True)
    return text
