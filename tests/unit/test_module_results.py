"""No module returns a key that Ansible keeps for itself: each run would warn that its value was converted."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

MODULES = sorted((Path(__file__).parents[2] / "plugins/modules").glob("*.py"))
TYPES = {bool: "bool", int: "int", str: "str", list: "list", dict: "dict", object: ""}


def documented(module: Path) -> dict[str, Any]:
    """Return what a module says that it returns."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RETURN":
            return dict(yaml.safe_load(ast.literal_eval(node.value)) or {})
    return {}


def reserved() -> dict[str, str]:
    """Return the type that Ansible wants of each key that has a meaning for it; "" is any."""
    task = pytest.importorskip("ansible._internal._task", reason="ansible-core before 2.21 has no such list")
    fields = task.UnifiedTaskResult.get_result_key_to_resolved_field_mapping(source_is_module=True)
    return {key: TYPES.get(getattr(field, "type", type(None)), "nothing") for key, field in fields.items()}


def test_modules_return_no_key_of_ansibles_own() -> None:
    wanted = reserved()
    assert wanted["finished"] == "bool"
    found = {(module.stem, key): each["type"] for module in MODULES for key, each in documented(module).items()}
    assert len(found) > 50
    assert {key: kind for key, kind in found.items() if kind != (wanted.get(key[1]) or kind)} == {}
