"""Lookup that reads one field of what components say of themselves."""

from __future__ import annotations

DOCUMENTATION = r"""
name: components
author: The Landfall authors (@landfall)
short_description: Reads one field of what components say of themselves
version_added: 0.1.0
description:
  - Returns a field of each component, evaluated, in the order of the components; those without it are left out.
  - Only that field is evaluated, since some others depend on what a run has found out.
options:
  _terms:
    description: Name of the field; C(roles/platform/meta/component.yml) describes all.
    required: true
  names:
    description:
      - Names of the components, those of one's own among them; the others are roles, with or without their collection.
      - By default the components of the play.
    type: list
    elements: str
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show what the components of the play have to say
  ansible.builtin.debug:
    msg: "{{ query('landfall.eks.components', 'notes') | flatten }}"
"""

RETURN = r"""
_list:
  description: The field of each component that has it.
  type: list
  elements: raw
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ansible_collections.landfall.eks.plugins.module_utils.settings import components


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the fields. Raises AnsibleError for one that cannot be evaluated."""
        known = variables or {}
        self.set_options(var_options=known, direct=kwargs)
        names = self.get_option("names")
        in_play = known.get("ansible_play_role_names", [])
        declared = components.declared(in_play if names is None else names, known, self._templar.template)
        return [self._templar.template(raw[field]) for field in terms for raw in declared.values() if field in raw]
