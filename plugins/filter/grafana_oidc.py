"""Filter that makes the values of Grafana's login at a provider."""

from __future__ import annotations

DOCUMENTATION = r"""
name: grafana_oidc
author: The Landfall authors (@landfall)
short_description: Makes the values of Grafana's login at a provider
version_added: 0.1.0
description:
  - Returns values of the chart kube-prometheus-stack, none for an empty setting. The client's secret is a reference.
positional: _input
options:
  _input:
    description: The setting C(monitoring_grafana_oidc).
    type: dict
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the values of no provider
  ansible.builtin.debug:
    msg: "{{ {} | landfall.eks.grafana_oidc }}"
"""

RETURN = r"""
_value:
  description: Values of the chart.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.grafana_oidc import grafana_oidc


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"grafana_oidc": grafana_oidc}
