"""Filter that writes data for programs that read it as YAML."""

from __future__ import annotations

DOCUMENTATION = r"""
name: json_yaml
short_description: Writes data for programs that read it as YAML
description:
  - Writes JSON, which means the same in every version of YAML. What P(ansible.builtin.to_yaml#filter) writes is YAML
    1.1, in which programs written in Go read some texts, such as C(1e3), as numbers.
positional: _input
options:
  _input:
    description: The data, of plain types.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Write a kubeconfig
  ansible.builtin.copy:
    dest: kubeconfig
    content: "{{ access | landfall.eks.json_yaml }}"
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The text, of several lines.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml


def written(value: Any) -> str:
    """Return a value as indented JSON; AnsibleFilterError for what JSON does not have."""
    try:
        return json_yaml.dump(value, indent=2) + "\n"
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"This cannot be written as JSON: {error}.") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"json_yaml": written}
