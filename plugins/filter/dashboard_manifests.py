"""Filter that makes ConfigMaps of Grafana's dashboards."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dashboard_manifests
author: The Landfall authors (@landfall)
short_description: Makes ConfigMaps of Grafana's dashboards
version_added: 0.1.0
description:
  - Returns a ConfigMap for each C(*.json) of a folder, as the values of a chart that treats its values as templates.
positional: _input
options:
  _input:
    description: Folder on the control node.
    type: path
    required: true
  namespace:
    description: Namespace of the ConfigMaps.
    type: str
    required: true
  title:
    description: Folder in Grafana.
    type: str
    default: Landfall
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the dashboards that come with this collection
  ansible.builtin.debug:
    msg: "{{ 'roles/monitoring/files/dashboards' | landfall.eks.collection_path
      | landfall.eks.dashboard_manifests('monitoring') }}"
"""

RETURN = r"""
_value:
  description: ConfigMaps by name.
  type: dict
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import dashboards


def dashboard_manifests(folder: str, namespace: str, title: str = "Landfall") -> dict[str, dict[str, Any]]:
    """Return the ConfigMaps of a folder's dashboards by name."""
    try:
        # Legends such as {{pod}} are not Ansible's templates either: ansible-core before 2.19 must be told.
        made: dict[str, dict[str, Any]] = wrap_var(dashboards.manifests(Path(folder), namespace, title))
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error
    return made


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dashboard_manifests": dashboard_manifests}
