"""Filter that lays a user's settings over the pin of a chart."""

from __future__ import annotations

DOCUMENTATION = r"""
name: chart_pin
author: The Landfall authors (@landfall)
short_description: Lays a user's settings over the pin of a chart
version_added: 0.1.0
description:
  - Returns the pin of a chart with the fields that the settings have instead, and its reference in a mirror.
  - Where the settings say anything of it, C(tested) is the name and version that Landfall is tested with.
positional: _input
options:
  _input:
    description: The pin, C({ref, version, sha256}).
    type: dict
    required: true
  given:
    description: The fields that a user has set.
    type: dict
    required: true
  mirror:
    description: Address or folder that charts are taken from instead of their upstream; empty for none.
    type: str
    default: ""
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the pin
  ansible.builtin.debug:
    msg: "{{ {'ref': 'oci://example.org/shop', 'version': '1.0.0', 'sha256': none}
      | landfall.eks.chart_pin({'version': '1.1.0'}) }}"
"""

RETURN = r"""
_value:
  description: The pin, C({ref, version, sha256, tested}).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import pins


def chart_pin(ours: dict[str, Any], given: dict[str, Any], mirror: str = "") -> dict[str, Any]:
    """Return {ref, version, sha256, tested} of a chart."""
    return pins.merged(ours, given, str(mirror))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"chart_pin": chart_pin}
