"""Filter that picks the charts whose custom resource definitions a run has to apply."""

from __future__ import annotations

DOCUMENTATION = r"""
name: definition_charts
author: The Landfall authors (@landfall)
short_description: Picks the charts whose custom resource definitions have to be applied
version_added: 0.1.0
description:
  - Leaves out releases without definitions, and releases that are live with the very same chart.
positional: _input
options:
  _input:
    description: Release specifications.
    type: list
    elements: dict
    required: true
  charts:
    description: Found charts by release, as M(landfall.eks.charts) returns them.
    type: dict
    required: true
  live:
    description: Live releases, as M(landfall.eks.helm_state) returns them.
    type: dict
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show which charts bring definitions
  ansible.builtin.debug:
    msg: "{{ [] | landfall.eks.definition_charts({}, {}) }}"
"""

RETURN = r"""
_value:
  description: Charts as M(landfall.eks.crds) takes them.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Chart, Live, Wanted, decide, identity
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


def definition_charts(
    specs: list[dict[str, Any]], charts: dict[str, dict[str, Any]], live: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return {release, path, source, values, adopt} of each chart whose definitions may differ from what is live."""
    picked = []
    for spec in specs:
        crds = spec.get("crds") or {}
        chart = charts[spec["name"]]
        newest = live.get(release_key(spec["namespace"], spec["name"]))
        decision = decide(Live((newest,) if newest else ()), Wanted(identity(chart["sha256"])))
        if crds.get("source", "none") != "none" and decision.chart is not Chart.SAME:
            picked.append(
                {
                    "release": spec["name"],
                    "path": chart["path"],
                    "source": crds["source"],
                    "values": crds.get("values") or {},
                    "adopt": spec.get("adopt", False),
                }
            )
    return picked


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"definition_charts": definition_charts}
