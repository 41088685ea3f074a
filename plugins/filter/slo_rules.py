"""Filter that makes Prometheus rules of service level objectives."""

from __future__ import annotations

DOCUMENTATION = r"""
name: slo_rules
author: The Landfall authors (@landfall)
short_description: Makes Prometheus rules of service level objectives
version_added: 0.1.0
description:
  - Makes recording rules, and the multi-window, multi-burn-rate alerts of the SRE Workbook, for each objective.
positional: _input
options:
  _input:
    description: Objectives by name, as the setting C(monitoring_slos) has them, each one whole.
    type: dict
    required: true
  dashboard:
    description: URL of the dashboard that shows one SLO; alerts link to it.
    type: str
    required: true
  runbooks:
    description: URL of the folder with a page for each SLO, for those that name none.
    type: str
    required: true
  refused:
    description: What is wrong with objectives that are missing, each a sentence; the first reason to make no rules.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the rules of one objective
  ansible.builtin.debug:
    msg: "{{ slos | landfall.eks.slo_rules(dashboard='https://example.org/d/slo', runbooks='https://example.org') }}"
  vars:
    slos:
      demo-availability:
        entity: service
        objective: 99.5
        sli:
          error: 'rate(requests_total{status=~"5.."}[{window}])'
          total: 'rate(requests_total[{window}])'
"""

RETURN = r"""
_value:
  description: Rule groups by name of the object, as the chart kube-prometheus-stack takes them.
  type: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_checks
from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_rules as rules


def slo_rules(slos: dict[str, Any], dashboard: str, runbooks: str, refused: Sequence[str] = ()) -> dict[str, Any]:
    """Return the rule groups of the objectives; raises AnsibleFilterError for what preflight would refuse."""
    if problems := [*refused, *slo_checks.problems(slos, slos)]:
        raise AnsibleFilterError(" ".join(problems))
    return rules.prometheus_rules(slos, dashboard, runbooks)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"slo_rules": slo_rules}
