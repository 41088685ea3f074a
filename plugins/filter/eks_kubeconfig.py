"""Filter that makes a kubeconfig of what EKS says of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eks_kubeconfig
author: The Landfall authors (@landfall)
short_description: Makes a kubeconfig of what EKS says of a cluster
version_added: 0.1.0
description:
  - Its tokens are made when they are needed, by this collection, so no secret is in it.
positional: _input
options:
  _input:
    description: The cluster, as M(landfall.eks.cluster_versions) returns it; empty for none.
    type: dict
    required: true
  profile:
    description: AWS profile whose permissions the tokens have; empty for those of the environment.
    type: str
    default: ""
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.cluster | landfall.eks.eks_kubeconfig }}"
"""

RETURN = r"""
_value:
  description: The kubeconfig; empty where there is no cluster.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.eks import clusters
from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import MISSING
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence


def eks_kubeconfig(facts: dict[str, Any], profile: str = "") -> dict[str, Any]:
    """Return the kubeconfig. It names this Python and this collection, so it is made where the playbook runs."""
    if MISSING:
        raise AnsibleFilterError(sentence(MISSING))
    return clusters.kubeconfig(facts, clusters.Access(profile=profile)) if facts else {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"eks_kubeconfig": eks_kubeconfig}
