"""Filter that says what is done about a release."""

from __future__ import annotations

DOCUMENTATION = r"""
name: release_decision
author: The Landfall authors (@landfall)
short_description: Says what state a Helm release is in, and what is done about it
version_added: 0.1.0
description:
  - Compares the newest revision of a release with its specification.
positional: _input
options:
  _input:
    description: The release's specification, with C(name), C(namespace), C(values), C(secret_checksums) and C(adopt).
    type: dict
    required: true
  live:
    description: Live releases, as M(landfall.eks.helm_state) returns them.
    type: dict
    required: true
  chart_digest:
    description: SHA-256 of the chart archive; none for a release that is not wanted.
    type: str
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show what is done about a release that is not there
  ansible.builtin.debug:
    msg: "{{ {'name': 'logs', 'namespace': 'logging'} | landfall.eks.release_decision({}, '0' * 64) }}"
"""

RETURN = r"""
_value:
  description:
    - C(state) is Absent, Locked, OutOfSync, InSync, Failed or Foreign.
    - C(reason) says why, and C(action) is what follows.
    - C(chart) says whether the live chart is the C(same) or an C(other) one, or C(unknown).
    - C(identity) names what the wanted release is made of; empty if it is not wanted.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Live, Wanted, decide, identity
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


def release_decision(
    spec: dict[str, Any], live: dict[str, dict[str, Any]], chart_digest: str | None = None
) -> dict[str, Any]:
    """Return {state, reason, action, revision, chart, identity} of one release."""
    newest = live.get(release_key(spec["namespace"], spec["name"]))
    made_of = identity(chart_digest, spec.get("values"), spec.get("secret_checksums")) if chart_digest else None
    decision = decide(Live((newest,) if newest else ()), Wanted(made_of, adopt=bool(spec.get("adopt"))))
    return {**decision.as_dict(), "identity": made_of or ""}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"release_decision": release_decision}
