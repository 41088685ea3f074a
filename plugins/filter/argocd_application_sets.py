"""Filter that makes ApplicationSets of Argo CD from their specs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: argocd_application_sets
author: The Landfall authors (@landfall)
short_description: Makes ApplicationSets from their specs
version_added: 0.1.0
description:
  - Returns one object for each ApplicationSet.
positional: _input, namespace
options:
  _input:
    description: Specs of ApplicationSets, by their names.
    type: dict
    required: true
  namespace:
    description: Namespace of Argo CD.
    type: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the ApplicationSets
  ansible.builtin.debug:
    msg: "{{ argocd_application_sets | landfall.eks.argocd_application_sets(argocd_namespace) }}"
"""

RETURN = r"""
_value:
  description: The objects.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.application_sets import application_sets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"argocd_application_sets": application_sets}
