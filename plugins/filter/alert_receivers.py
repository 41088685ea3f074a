"""Filter that names the receivers of alerts without what opens their doors."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alert_receivers
author: The Landfall authors (@landfall)
short_description: Names receivers of alerts, without their secrets
version_added: 0.1.0
description:
  - Returns the name, type and severities of each receiver.
positional: _input
options:
  _input:
    description: Receivers as C(monitoring_receivers) of role monitoring has them.
    type: list
    elements: dict
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show who is called
  ansible.builtin.debug:
    msg: "{{ monitoring_receivers | landfall.eks.alert_receivers }}"
"""

RETURN = r"""
_value:
  description: Rows of C({name, type, severities}).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import alert_receivers


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alert_receivers": alert_receivers}
