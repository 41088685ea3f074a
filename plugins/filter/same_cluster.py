"""Filter that says which hosts of a run are one cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: same_cluster
author: The Landfall authors (@landfall)
short_description: Says which inventory hosts of a run are the same cluster
version_added: 0.1.0
description:
  - Of the hosts whose cluster M(landfall.eks.look) has seen so far in this run.
options:
  _input:
    description: The inventory host.
    type: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Stop if another host of the run is the same cluster
  ansible.builtin.assert:
    that: inventory_hostname | landfall.eks.same_cluster | length == 0
"""

RETURN = r"""
_value:
  description: A sentence; empty where no other host is the cluster of this one.
  type: str
"""

from collections.abc import Callable

from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import same_cluster
from ansible_collections.landfall.eks.plugins.plugin_utils import run_clusters


def problem(host: str) -> str:
    """Return the sentence."""
    hosts = run_clusters.same(host)
    return same_cluster(hosts) if hosts else ""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"same_cluster": problem}
