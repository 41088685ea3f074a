"""Filter that finds the roles of this collection with an entry point."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roles_with_entry
author: The Landfall authors (@landfall)
short_description: Finds the roles with an entry point
version_added: 0.1.0
description:
  - Returns the names of the collection's roles that have a file of tasks of this name.
positional: _input
options:
  _input:
    description: Name of the file in C(tasks), without its ending.
    type: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the components
  ansible.builtin.debug:
    msg: "{{ 'component' | landfall.eks.roles_with_entry }}"
"""

RETURN = r"""
_value:
  description: Names of roles, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROLES = Path(__file__).absolute().parents[2] / "roles"


def roles_with_entry(name: str) -> list[str]:
    """Return the names of the roles with tasks/<name>.yml."""
    return sorted(path.parents[1].name for path in ROLES.glob(f"*/tasks/{name}.yml"))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"roles_with_entry": roles_with_entry}
