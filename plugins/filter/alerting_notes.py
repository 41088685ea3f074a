"""Filter that says who is not called."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alerting_notes
author: The Landfall authors (@landfall)
short_description: Says who is not called
version_added: 0.1.0
description:
  - Returns sentences for the end of a run on alerts that nobody is notified about.
positional: _input
options:
  _input:
    description: Receivers as C(monitoring_receivers) of role monitoring has them.
    type: list
    elements: dict
    required: true
  left:
    description: Whether somebody else's Alertmanager is left as it is.
    type: bool
    default: false
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show what is said where there are no receivers
  ansible.builtin.debug:
    msg: "{{ [] | landfall.eks.alerting_notes }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if somebody is called.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import alerting_notes


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alerting_notes": alerting_notes}
