"""YAML as Kubernetes and Helm read it: parsed in C where possible.

PyYAML reads YAML 1.1 by the letter. Kubernetes and Helm read through sigs.k8s.io/yaml, which takes `1:30` and
`2026-11-30` for texts, `1e3`, `0o17` and `08` for numbers, and `y` for true.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import MISSING, yaml
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

_DIGITS = "0123456789"
_SIGNED = "+-" + _DIGITS
_RESOLVERS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    ("int", r"[-+]?_*(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)", _SIGNED),
    ("float", r"[-+]?(\.[0-9_]+|[0-9_]+(\.[0-9_]*)?)([eE][-+]?[0-9_]+)?", _SIGNED),
    ("float", r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", "."),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "+-."),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
)
"""How plain words are read: (tag, the words, their first characters), as in resolve.go of yaml.v2; the first counts."""
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_TEXT = frozenset({str})
_WRITTEN_OUT = 1e21
"""Below, Go writes a floating-point number that is whole as JSON without a point."""


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, words, first in _RESOLVERS:
        for character in first:
            row = (f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{words})\Z"))
            found.setdefault(character.strip("\0"), []).append(row)
    return found


class Loader(yaml_files.LOADER):  # type: ignore[misc]
    """A safe loader that takes plain words for what Go's YAML takes them for; keys are texts, as in JSON."""

    yaml_implicit_resolvers = _resolvers()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """Return a mapping whose keys are texts."""
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        if _TEXT.issuperset(map(type, made)):
            return made
        return {key if isinstance(key, str) else json.dumps(key, default=str): value for key, value in made.items()}


def _number(loader: Any, node: yaml.ScalarNode) -> int | float | str:
    written: str = loader.construct_scalar(node)
    plain = written.replace("_", "").lower()
    digits = plain.lstrip("+-")
    base = _BASES.get(digits[:2], 8 if digits[:1] == "0" and digits.isdecimal() else 10)
    try:
        return int(plain.replace(digits[:2], "", 1) if digits[:2] in _BASES else plain, base)
    except ValueError:
        found: int | float | str = _floating(plain, written)
        return found


def _floating(plain: str, written: str) -> int | float | str:
    try:
        found = float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return written
    if math.isinf(found) and "inf" not in plain:
        return written
    return int(found) if found.is_integer() and abs(found) < _WRITTEN_OUT else found


if not MISSING:
    Loader.bool_values = Loader.bool_values | {"y": True, "n": False}
    for _tag in ("int", "float"):
        Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _number)


def documents(content: str | bytes) -> list[dict[str, Any]]:
    """Return the objects of a YAML stream, empty documents left out. Raises yaml.YAMLError."""
    return [each for each in yaml.load_all(content, Loader=Loader) if each]
