"""Filter that finds a file which comes with this collection."""

from __future__ import annotations

DOCUMENTATION = r"""
name: collection_path
author: The Landfall authors (@landfall)
short_description: Finds a file that comes with this collection
version_added: 0.1.0
description:
  - Returns the full path of a file or folder of the collection, whichever role, playbook or inventory asks.
positional: _input
options:
  _input:
    description: Path inside the collection.
    type: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.api]
"""

EXAMPLES = r"""
- name: Show where the sample application's chart lies
  ansible.builtin.debug:
    msg: "{{ 'app/chart' | landfall.eks.collection_path }}"
"""

RETURN = r"""
_value:
  description: Full path on the control node.
  type: str
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

# Of <collection>/plugins/filter/collection_path.py. Not resolved before: a checkout is linked into the search path.
COLLECTION = Path(__file__).absolute().parents[2]


def collection_path(inside: str) -> str:
    """Return the full path of a file of the collection, links followed; whether it is there is not judged."""
    return str((COLLECTION / inside).resolve())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"collection_path": collection_path}
