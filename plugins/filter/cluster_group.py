"""Filter for the `hosts` of every playbook: the group of the clusters, which must have hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_group
short_description: Name of the group that the playbooks run on
version_added: 0.1.0
description:
  - Returns C(clusters), and fails if the inventory has no host in that group. C(hosts=clusters) alone would only warn,
    and end green on no hosts.
  - With C(--syntax-check) the inventory does not matter, since nothing runs.
author: The Landfall authors (@landfall)
positional: _input
options:
  _input:
    description: The hosts of each group of the inventory, as the variable C(groups) has them.
    type: dict
    required: true
extends_documentation_fragment: [landfall.eks.attributes.api]
"""

EXAMPLES = r"""
- name: Roll the platform out
  hosts: "{{ groups | landfall.eks.cluster_group }}"
"""

RETURN = r"""
_value:
  description: The name of the group.
  type: str
"""

from collections.abc import Callable, Mapping, Sequence

from ansible import context
from ansible.errors import AnsibleFilterError

GROUP = "clusters"


def cluster_group(groups: Mapping[str, Sequence[str]]) -> str:
    """Return the name of the clusters' group; raise AnsibleFilterError if no host is in it, but for a syntax check."""
    if not groups.get(GROUP) and not context.CLIARGS.get("syntax"):
        raise AnsibleFilterError(
            f"The inventory has no host in the group {GROUP}, and nothing was done: write a host for each EKS cluster "
            f"into that group, as inventories/eks/hosts.yml does, and name the inventory with -i."
        )
    return GROUP


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"cluster_group": cluster_group}
