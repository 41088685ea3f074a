"""Filter that names what a release is made of."""

from __future__ import annotations

DOCUMENTATION = r"""
name: release_identity
short_description: Names what a Helm release is made of
description:
  - Joins a chart's digest and a digest of values and secret checksums, so that two runs with the same inputs agree.
positional: _input
options:
  _input:
    description: The release's specification, with C(values) and C(secret_checksums).
    type: dict
    required: true
  chart_digest:
    description: SHA-256 of the chart archive.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what a release would be made of
  ansible.builtin.debug:
    msg: "{{ {'values': {'replicas': 2}, 'secret_checksums': []} | landfall.eks.release_identity('0' * 64) }}"
"""

RETURN = r"""
_value:
  description: Chart digest and input digest, joined by a plus sign.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.chart_archive import values_digest


def release_identity(spec: dict[str, Any], chart_digest: str) -> str:
    """Return `<chart digest>+<digest of values and secret checksums>`."""
    return f"{chart_digest}+{values_digest([spec.get('values') or {}, spec.get('secret_checksums') or []])}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"release_identity": release_identity}
