"""Filter that makes a cluster's CloudFormation template, and says what the cluster costs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_template
author: The Landfall authors (@landfall)
short_description: Makes the CloudFormation template of a cluster
version_added: 0.1.0
description:
  - Makes it of the settings of role cluster, with the VPC, EKS, its nodes, add-ons and IAM roles; or, for a
    cluster that is there, of the roles alone.
positional: _input
options:
  _input:
    description: The settings of role cluster by their names without C(cluster_), and C(name), the cluster's.
    type: dict
    required: true
  kind:
    description: The whole cluster, or access for a cluster that is there.
    type: str
    choices: [whole, access]
    default: whole
  region:
    description: Region of the cluster, for the estimate.
    type: str
    default: ""
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the template of the IAM roles
  ansible.builtin.debug:
    msg: "{{ ({'name': 'production', 'access_for': ['ebs_csi_driver'], 'oidc_provider_arn': ''}
      | landfall.eks.cluster_template(kind='access')).body }}"
"""

RETURN = r"""
_value:
  description: C(body) is the template as JSON, C(policy) what CloudFormation refuses in an update, C(kept) the
    logical ids that it may have, C(costs) lines on what a whole cluster costs.
  type: dict
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.eks import costs, template
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    SettingsError,
    shape_from,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import MISSING


def cluster_template(settings: dict[str, Any], kind: str = "whole", region: str = "") -> dict[str, Any]:
    """Return body, policy, kept and costs; AnsibleFilterError for settings that preflight would refuse."""
    if MISSING:
        raise AnsibleFilterError(sentence(MISSING))
    try:
        body = template.body(kind, settings)
        return {
            "body": body,
            "policy": template.stack_policy(body),
            "kept": list(template.KEPT),
            "costs": costs.estimate(shape_from(settings), region, datetime.now(UTC).date()) if kind == "whole" else [],
        }
    except SettingsError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cluster_template": cluster_template}
