"""Filter that makes Alertmanager's configuration of the receivers that a user wrote."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alertmanager_config
author: The Landfall authors (@landfall)
short_description: Makes Alertmanager's configuration
version_added: 0.1.0
description:
  - Makes the content of C(alertmanager.yaml) of receivers, with routes, grouping, inhibition and repetition.
  - What it returns holds the receivers' secrets.
positional: _input
options:
  _input:
    description: Receivers as C(monitoring_receivers) of role monitoring has them.
    type: list
    elements: dict
    required: true
  cluster:
    description: Name of the cluster, which messages give as their source.
    type: str
    required: true
  labels:
    description: Labels by which service level objectives keep their entities apart, C(group_by).
    type: list
    elements: str
    default: []
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show how alerts are routed where there are no receivers
  ansible.builtin.debug:
    msg: "{{ ([] | landfall.eks.alertmanager_config(cluster='production')).route }}"
"""

RETURN = r"""
_value:
  description: Content of alertmanager.yaml.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    alertmanager_config,
)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alertmanager_config": alertmanager_config}
