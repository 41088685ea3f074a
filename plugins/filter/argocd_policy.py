"""Filter that writes Argo CD's policy for groups and local accounts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: argocd_policy
author: The Landfall authors (@landfall)
short_description: Writes Argo CD's policy for groups and local accounts
version_added: 0.1.0
description:
  - Returns the text of C(policy.csv), with one line for each group that has a role, and one for each permission of each
    account, after the lines given.
positional: _input
options:
  _input:
    description: Permissions by account, each a resource, an action and an object as Argo CD's policy has them.
    type: dict
    required: true
  policy:
    description: Lines that come before.
    type: str
    default: ""
  groups:
    description: Groups of a provider of single sign-on by the role that their members have.
    type: dict
    default: {}
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show what the pipeline may do in Argo CD
  ansible.builtin.debug:
    msg: "{{ {'pipeline': ['applications, get, flask-app/flask-app']} | landfall.eks.argocd_policy }}"
"""

RETURN = r"""
_value:
  description: The text of C(policy.csv).
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.accounts import argocd_policy


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"argocd_policy": argocd_policy}
