"""What must not be shown of Secrets: each value, the lines and leaves of a longer one, and their usual encodings."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files
from ansible_collections.landfall.eks.plugins.module_utils.text.secret_shapes import is_plain, is_telling

SHORTEST_SECRET = 6
"""Values shorter than this are not searched for: `admin` would mask half of every line."""
SHORTEST_LEAF = 8
"""The same for a part of a value; most parts of a configuration are no secrets."""
DEEPEST = 3
"""How often a text in a text is taken apart."""
LONGEST = 256 * 1024
"""Characters of a value that is taken apart; 1 MiB is the most that a Secret holds."""
HELM = "helm.sh/release.v1"
NO_RECORDS = {"fieldSelector": f"type!={HELM}"}
"""The query for all Secrets but Helm's records, which are the bulk of them and no secret."""
PUBLIC = frozenset({"admin-user", "name", "namespace", "project", "server", "type", "url", "user", "username"})
"""Keys of Secrets whose values are names, as those of Grafana, Argo CD and service accounts."""
_NAME = re.compile(r"([\w.-]+)\s*[:=]")
_PRINTABLE = re.compile(r"[\x20-\x7e\s]+")
_FRAME = re.compile(r"-----(BEGIN|END) ")
"""The first and the last line of a key or a certificate."""


def secret_values(secrets: list[dict[str, Any]]) -> set[str]:
    """Return the texts of Secrets {type, data} that must not be shown; Helm's own records are none.

    A plain word or name, such as `kube-system`, is none where it is only a part of a configuration.
    """
    return {
        text
        for secret in secrets
        if secret.get("type") != HELM
        for key, packed in (secret.get("data") or {}).items()
        for text in _of_value(str(key), str(packed or ""))
    }


def _of_value(key: str, packed: str) -> Iterator[str]:
    try:
        text = base64.b64decode(packed).decode("utf-8", "ignore").strip()
    except (binascii.Error, ValueError):
        text = ""
    if key in PUBLIC and is_plain(text):
        return
    yield from (each for each in (text, packed, *_encoded(text)) if len(each) >= SHORTEST_SECRET)
    for leaf in _leaves(text, key, DEEPEST):
        yield from (each for each in (leaf, *_encoded(leaf)) if len(each) >= SHORTEST_LEAF)


def _encoded(text: str) -> Iterator[str]:
    """Yield a text as base64, JSON and URLs have it."""
    if len(text) >= SHORTEST_SECRET:
        yield base64.b64encode(text.encode()).decode().rstrip("=")
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield quote(text, safe="")


def _leaves(text: str, key: str, depth: int) -> Iterator[str]:
    """Yield the parts of a text that may be secrets by themselves."""
    if not depth or len(text) > LONGEST:
        return
    for name, leaf in (*_parts(text), *_packed(text, key), *_login(text, key)):
        if leaf != text and not _FRAME.match(leaf) and (is_telling(name) or not is_plain(leaf)):
            yield leaf
            yield from _leaves(leaf, name, depth - 1)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, part) of what a text consists of: the leaves of YAML or JSON, else its lines and what they set."""
    documents = [each for each in _documents(text) if isinstance(each, dict | list)]
    if documents:
        yield from _walk(documents, "", set())
        return
    lines = text.split("\n")
    for line in (each.strip() for each in lines):
        if len(lines) > 1:
            yield "", line
        if found := _NAME.match(line):
            yield found[1], line[found.end() :].strip().strip("\"'")


def _documents(text: str) -> list[Any]:
    if "\n" not in text and not text.startswith(("{", "[")):
        return []
    try:
        return yaml_files.as_written(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []


def _walk(node: Any, name: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each leaf; what several aliases name is looked at once."""
    if isinstance(node, str):
        yield name, node.strip()
    elif isinstance(node, dict | list) and id(node) not in seen:
        seen.add(id(node))
        rows = node.items() if isinstance(node, dict) else ((name, each) for each in node)
        for key, value in rows:
            yield from _walk(value, str(key), seen)


def _packed(text: str, key: str) -> Iterator[tuple[str, str]]:
    """Yield what a text is in base64, as the logins of registries are."""
    try:
        inner = base64.b64decode(text, validate=True).decode().strip()
    except (binascii.Error, ValueError):
        return
    if _PRINTABLE.fullmatch(inner):
        yield key, inner


def _login(text: str, key: str) -> Iterator[tuple[str, str]]:
    """Yield the password of `user:password`, alone or in a URL."""
    try:
        password = urlsplit(text).password or ""
    except ValueError:
        password = ""
    if not password and "://" not in text and not re.search(r"\s", text):
        password = text.partition(":")[2]
    if password:
        yield key, password
        yield key, unquote(password)
