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
  description: Beginnings of the chart digest and of the input digest, joined by a dash.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.digests import values_digest

# Of each digest as many characters as fit, with a revision number, into the 63 of a label's value; still 96 bits.
DIGEST_CHARACTERS = 24


def release_identity(spec: dict[str, Any], chart_digest: str) -> str:
    """Return `<chart digest>-<digest of values and secret checksums>`, both cut to DIGEST_CHARACTERS."""
    inputs = values_digest([spec.get("values") or {}, spec.get("secret_checksums") or []])
    return f"{chart_digest[:DIGEST_CHARACTERS]}-{inputs[:DIGEST_CHARACTERS]}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"release_identity": release_identity}
