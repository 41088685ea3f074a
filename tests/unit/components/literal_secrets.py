"""Finds secrets that are written into values, where only a reference to a Secret may stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = {"password", "passwd", "pwd", "pass", "passphrase", "token", "credential", "credentials"}
_SECRET_KEYS = {"access", "api", "encryption", "license", "private", "routing", "secret", "signing", "tls"}
"""What stands before `key` in the name of a secret; `passwordKey` or `topologyKey` only name a key."""
_REFERENCES = {"existing", "config", ""}
"""What stands before `secret` where the value is the name of a Secret."""
_SWITCHES = {"", "true", "false"}
_VARIABLE = re.compile(r"\$\{?[A-Z][A-Z0-9_]*\}?|\$\([A-Z][A-Z0-9_]*\)")
_ASSIGNED = re.compile(
    r"(?:^|[\s,;?&])-*([\w.-]+)(?:\s*[:=]\s*|[ \t]+)[\"']?([^\s\"',;&]+)[\"']?(?=$|[\s,;&])", re.MULTILINE
)
_LOGIN_IN_ADDRESS = re.compile(r"://[^/\s:@]+:(?!\$)[^/\s@]+@")
_KNOWN = {"prom-operator", "strongpassword", "changeme", "change-me", "admin123", "password123", "letmein"}
"""Passwords that charts and their guides ship with."""


def literal_secrets(tree: Any, path: Path = ()) -> dict[Path, Any]:
    """Return what is secret by its key or by itself, by path; a text that is JSON is looked into."""
    return dict(_found(tree, path))


def _found(tree: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(tree, dict):
        # As in the environment of a container.
        if tells_of_a_secret(str(tree.get("name"))) and _is_literal(tree.get("value")):
            yield (*path, "value"), tree["value"]
        for key, value in tree.items():
            yield from _found(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _found(value, (*path, index))
    elif isinstance(tree, str) and tree.startswith(("{", "[")) and (parsed := _parsed(tree)) is not None:
        yield from _found(parsed, path)
    elif _is_literal(tree) and (tells_of_a_secret(_key_of(path)) or _is_secret_itself(str(tree))):
        yield path, tree


def tells_of_a_secret(key: str) -> bool:
    """Say whether a key, in any spelling, says that its value is a secret."""
    *before, last = ["", *(each.lower() for each in _WORD.findall(key))]
    previous = before[-1] if before else ""
    if last == "key":
        return previous in _SECRET_KEYS
    return last in _SECRET_WORDS or (last == "secret" and previous not in _REFERENCES)


def _is_literal(value: Any) -> bool:
    """Say whether a value says something itself: not a switch, a variable or nothing."""
    text = str(value)
    return isinstance(value, str | int | float) and text.lower() not in _SWITCHES and not _VARIABLE.fullmatch(text)


def _is_secret_itself(text: str) -> bool:
    if text.strip().lower() in _KNOWN or "PRIVATE KEY" in text or _LOGIN_IN_ADDRESS.search(text):
        return True
    assigned = _ASSIGNED.findall(text)
    return any(tells_of_a_secret(key) and _is_literal(value) for key, value in assigned)


def _key_of(path: Path) -> str:
    """Return the key that a leaf stands under; a list has the key of its own."""
    return next((each for each in reversed(path) if isinstance(each, str)), "")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
