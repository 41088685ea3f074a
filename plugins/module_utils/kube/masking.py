"""Objects and texts without the secrets in them."""

from __future__ import annotations

import base64
import re
from typing import Any

MASK = "•••"
SHORTEST_SECRET = 6
"""Values shorter than this are not searched for in logs: `admin` would mask half of every line."""
TELLING_NAME = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


def secret_values(secrets: list[dict[str, Any]]) -> set[str]:
    """Return the decoded values of Secrets that are worth masking, Helm's own records left out."""
    values: set[str] = set()
    for secret in secrets:
        if secret.get("type") == "helm.sh/release.v1":
            continue
        for packed in (secret.get("data") or {}).values():
            text = base64.b64decode(packed or "").decode("utf-8", "ignore").strip()
            values.update(each for each in (text, packed) if len(each) >= SHORTEST_SECRET)
    return values


def masked_text(text: str, values: set[str]) -> str:
    """Return text without any of the values; the longest are replaced first."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def masked_object(found: dict[str, Any]) -> dict[str, Any]:
    """Return an object as it may be kept: without a Secret's data, and without literal values of telling variables."""
    kept = {
        key: value for key, value in found.items() if key not in {"data", "stringData"} or found["kind"] != "Secret"
    }
    if found["kind"] == "Secret":
        kept["data"] = dict.fromkeys({**(found.get("data") or {}), **(found.get("stringData") or {})}, MASK)
    masked: dict[str, Any] = _without_telling_values(kept)
    masked.get("metadata", {}).pop("managedFields", None)
    return masked


def _without_telling_values(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_telling_values(each) for each in node]
    if not isinstance(node, dict):
        return node
    if TELLING_NAME.search(str(node.get("name", ""))) and isinstance(node.get("value"), str):
        return {**node, "value": MASK}
    return {key: _without_telling_values(value) for key, value in node.items()}
