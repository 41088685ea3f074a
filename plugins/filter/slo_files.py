"""Filter that reads service level objectives from files of other programs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: slo_files
author: The Landfall authors (@landfall)
short_description: Reads service level objectives from OpenSLO and Sloth specifications
version_added: 0.1.0
description:
  - Reads files on the control node and translates each objective into the fields that C(monitoring_slos) has.
positional: _input
options:
  _input:
    description: Paths of files, with C(*) for several.
    type: list
    elements: str
    required: true
  folders:
    description: Where paths that are no full ones are looked for, in this order; empty ones are left out.
    type: list
    elements: str
    required: true
  taken:
    description: Names that no objective may have.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the objectives of the files beside the inventory
  ansible.builtin.debug:
    msg: "{{ (['slos/*.yml'] | landfall.eks.slo_files([inventory_dir])).slos }}"
"""

RETURN = r"""
_value:
  description:
    - C(slos), the objectives by name, as C(monitoring_slos) has them; and C(problems), a sentence for each one that
      cannot be translated.
  type: dict
"""

from collections.abc import Callable, Collection
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_files as files


def slo_files(patterns: list[str], folders: list[str], taken: Collection[str] = ()) -> dict[str, Any]:
    """Return the objectives of the files, and what is wrong with the others."""
    slos, problems = files.read(patterns, folders, taken)
    return {"slos": slos, "problems": problems}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"slo_files": slo_files}
