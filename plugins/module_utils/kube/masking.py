"""Objects and texts without the secrets in them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.kube.secret_values import NO_RECORDS, secret_values
from ansible_collections.landfall.eks.plugins.module_utils.text import secret_shapes
from ansible_collections.landfall.eks.plugins.module_utils.text.secret_shapes import MASK

__all__ = ["MASK", "NO_RECORDS", "kubeconfig_secrets", "masked", "masked_object", "masked_text", "secret_values"]

TELLING_NAME = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)
"""What a variable's name has in it whose literal value is not shown; `KEY_FILE` is one too many, and does no harm."""
COPIES = frozenset({"kubectl.kubernetes.io/last-applied-configuration", "landfall.eks/applied"})
"""Annotations in which a writer keeps an object as it wrote it, the data of a Secret too."""

SECRET_FIELDS = frozenset(
    {"token", "password", "client-key-data", "access-token", "refresh-token", "id-token", "client-secret"}
)
"""Fields of a kubeconfig whose values open the cluster."""
SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD", "KEY")


def kubeconfig_secrets(kubeconfig: Any) -> set[str]:
    """Return the texts in a kubeconfig's content that open the cluster; none for a path.

    Masked one by one: with `no_log` for the whole option, its path or server would be masked in every message too.
    """
    if isinstance(kubeconfig, list):
        return {value for each in kubeconfig for value in kubeconfig_secrets(each)}
    if not isinstance(kubeconfig, dict):
        return set()
    found = {str(value) for key, value in kubeconfig.items() if key in SECRET_FIELDS and value}
    if proxy_password := urlsplit(str(kubeconfig.get("proxy-url") or "")).password:
        found |= {proxy_password, unquote(proxy_password)}
    # What an exec plugin gets in its environment; a profile or region there is no secret.
    if any(word in str(kubeconfig.get("name")).upper() for word in SECRET_WORDS) and kubeconfig.get("value"):
        found.add(str(kubeconfig["value"]))
    return found.union(*(kubeconfig_secrets(each) for each in kubeconfig.values()))


def masked_text(text: str, values: Collection[str] = ()) -> str:
    """Return a text without any of the values, as secret_values returns them, and without what looks like a secret.

    Of the values the longest are replaced first.
    """
    for value in sorted((each for each in values if each in text), key=len, reverse=True):
        text = text.replace(value, MASK)
    return secret_shapes.masked(text)


def masked_object(found: dict[str, Any], values: Collection[str] = ()) -> dict[str, Any]:
    """Return an object as it may be kept: without a Secret's data, the values, and what looks like a secret."""
    kept = {key: value for key, value in found.items() if key != "metadata"}
    kept["metadata"] = {key: value for key, value in (found.get("metadata") or {}).items() if key != "managedFields"}
    if found["kind"] == "Secret":
        kept = {key: value for key, value in kept.items() if key not in {"data", "stringData"}}
        kept["data"] = dict.fromkeys({**(found.get("data") or {}), **(found.get("stringData") or {})}, MASK)
        if annotations := kept["metadata"].get("annotations"):
            kept["metadata"]["annotations"] = annotations | dict.fromkeys(COPIES & annotations.keys(), MASK)
    ordered = {key: kept[key] for key in (*found, "data") if key in kept}
    # Few of all values are in one object; JSON has them as JSON writes them.
    text = json.dumps(ordered, ensure_ascii=False, default=str)
    there = [each for each in values if json.dumps(each, ensure_ascii=False)[1:-1] in text]
    shown: dict[str, Any] = masked(ordered, there)
    return shown


def masked(node: Any, values: Collection[str] = ()) -> Any:
    """Return a part of an object, at any depth, as it may be shown."""
    if isinstance(node, str):
        return masked_text(node, values)
    if isinstance(node, list):
        return list(_items(node, values))
    if not isinstance(node, dict):
        return node
    telling = bool(TELLING_NAME.search(str(node.get("name", "")))) and isinstance(node.get("value"), str)
    return {key: MASK if key == "value" and telling else _field(str(key), node[key], values) for key in node}


def _field(name: str, value: Any, values: Collection[str]) -> Any:
    if isinstance(value, str) and secret_shapes.hides(name, value):
        return MASK
    return masked(value, values)


def _items(items: list[Any], values: Collection[str]) -> Iterator[Any]:
    """Yield the items of a list; after a flag such as `--token`, the next one is its value."""
    flag = False
    for item in items:
        yield MASK if flag and isinstance(item, str) else masked(item, values)
        flag = isinstance(item, str) and item.startswith("-") and secret_shapes.is_telling(item)
