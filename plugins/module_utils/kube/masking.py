"""Objects and texts without the secrets in them."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import unquote, urlsplit

MASK = "•••"
SHORTEST_SECRET = 6
"""Values shorter than this are not searched for in logs: `admin` would mask half of every line."""
TELLING_NAME = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)

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
