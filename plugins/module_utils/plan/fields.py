"""Two states of one object, field by field: what differs, where, and without a secret in sight."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import MASK
from ansible_collections.landfall.eks.plugins.module_utils.text.secret_shapes import hides

OF_THE_SERVER = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"})
OF_CONTROLLERS = frozenset({"status", "operation"})
BOOKKEEPING = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "landfall.eks/applied",
        "deprecated.daemonset.template.generation",
    }
)
"""Annotations in which a writer keeps its own copy of the object, or the server counts its changes."""
NAMES_OF_ITEMS = ("name", "key", "containerPort", "port", "mountPath", "host", "ip", "uid", "type")
"""Fields by which the items of a list are told apart, as the API's merge keys mostly do."""
MISSING = object()

Object = dict[str, Any]
Field = dict[str, Any]
"""{path, before, after}; without `before` the field is new, without `after` it goes."""


def cleaned(found: Object) -> Object:
    """Return what people decide of an object: without what the server, controllers and bookkeepers write."""
    kept = copy.deepcopy({key: value for key, value in found.items() if key not in OF_CONTROLLERS})
    metadata = kept.get("metadata") or {}
    for key in OF_THE_SERVER & metadata.keys():
        del metadata[key]
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in annotations.items() if key not in BOOKKEEPING}
    if not metadata["annotations"]:
        del metadata["annotations"]
    return kept


def projected(live: Any, wanted: Any) -> Any:
    """Return what is live of the fields that are wanted: defaults and what controllers write are left out."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {key: projected(live[key], value) for key, value in wanted.items() if key in live}
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        return [projected(one, other) for one, other in zip(live, wanted, strict=True)]
    return live


def differences(before: Any, after: Any, path: str = "") -> list[Field]:
    """Return the leaves in which two states differ, in the order of their paths.

    Items of lists are matched by name where both lists have one, else by place where both are as long.
    """
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_maps(before, after, path)
    if isinstance(before, list) and isinstance(after, list):
        return _of_lists(before, after, path)
    return [_field(path, before, after)]


def _of_maps(before: Object, after: Object, path: str) -> list[Field]:
    found: list[Field] = []
    for key in sorted({*before, *after}, key=str):
        found += differences(before.get(key, MISSING), after.get(key, MISSING), f"{path}.{key}" if path else str(key))
    return found


def _of_lists(before: list[Any], after: list[Any], path: str) -> list[Field]:
    name = _name_of_items(before + after)
    if name is not None:
        one, other = ({each[name]: each for each in items} for items in (before, after))
        if len(one) == len(before) and len(other) == len(after):
            return [
                field
                for item in dict.fromkeys([*one, *other])
                for field in differences(one.get(item, MISSING), other.get(item, MISSING), f"{path}[{item}]")
            ]
    if len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [field for index, (a, b) in pairs for field in differences(a, b, f"{path}[{index}]")]
    return [_field(path, before, after)]


def _name_of_items(items: list[Any]) -> str | None:
    if not items or not all(isinstance(each, dict) for each in items):
        return None
    names = (name for name in NAMES_OF_ITEMS if all(isinstance(each.get(name), str | int) for each in items))
    return next(names, None)


def _field(path: str, before: Any, after: Any) -> Field:
    field: Field = {"path": path}
    return field | ({} if before is MISSING else {"before": before}) | ({} if after is MISSING else {"after": after})


def masked(kind: str, found: list[Field], secrets: set[str]) -> list[Field]:
    """Return fields as they may be shown: no data of a Secret, no value of a telling name, no text in `secrets`."""
    return [
        {key: value if key == "path" else _shown(kind, each["path"], value, secrets) for key, value in each.items()}
        for each in found
    ]


def _shown(kind: str, path: str, value: Any, secrets: set[str]) -> Any:
    top = path.partition(".")[0]
    if kind == "Secret" and top in {"data", "stringData"}:
        return dict.fromkeys(value, MASK) if isinstance(value, dict) else MASK
    if isinstance(value, str) and (hides(path, value) or _is_telling_variable(path)):
        return MASK
    return masking.masked(value, secrets)


def _is_telling_variable(path: str) -> bool:
    """Say whether a path is that of an environment variable's literal value whose name tells a secret."""
    owner, _unused, last = path.rpartition(".")
    return last == "value" and bool(masking.TELLING_NAME.search(owner.rpartition("[")[2].rstrip("]")))
