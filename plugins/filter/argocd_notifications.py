"""Filter that turns the receivers of alerts into those of Argo CD's notifications."""

from __future__ import annotations

DOCUMENTATION = r"""
name: argocd_notifications
author: The Landfall authors (@landfall)
short_description: Turns the receivers of alerts into those of Argo CD's notifications
version_added: 0.1.0
description:
  - Returns what the chart argo-cd is given under C(notifications), in which secrets are only named, and the texts of
    the Secret that holds them.
positional: _input
options:
  _input:
    description: Receivers, as C(monitoring_receivers) has them.
    type: list
    elements: dict
    required: true
  cluster:
    description: Name of the cluster, as messages show it.
    type: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show whom Argo CD would tell
  ansible.builtin.debug:
    msg: "{{ (receivers | landfall.eks.argocd_notifications('shop')).chart.subscriptions }}"
  vars:
    receivers: [{name: team, type: webhook, url: "https://example.org/hook"}]
"""

RETURN = r"""
_value:
  description: C(chart), values of the chart, and C(secret), keys and texts.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.notifications import notifications


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"argocd_notifications": notifications}
