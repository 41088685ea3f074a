#!/usr/bin/python
"""Module that removes the namespaces that Landfall made."""

from __future__ import annotations

DOCUMENTATION = r"""
module: namespaces
short_description: Removes the namespaces that Landfall made
description:
  - Deletes the namespaces that carry Landfall's mark and hold neither volumes nor anybody else's workloads.
  - As long as a volume stays, the credentials stay too, since what lies on the volume was made with them.
author: The Landfall authors
options:
  records:
    description: Namespace of Landfall's own records.
    type: str
    required: true
  timeout:
    description: Seconds to wait for workloads, and for the namespaces, to go.
    type: int
    default: 120
  kubeconfig:
    description: How the cluster is reached, a path or a dict.
    type: raw
  context:
    description: Context of the kubeconfig; empty for its current one.
    type: str
"""

EXAMPLES = r"""
- name: Remove the namespaces
  landfall.eks.namespaces:
    records: landfall-system
"""

RETURN = r"""
removed:
  description: Namespaces that were deleted.
  type: list
  elements: str
  returned: always
kept:
  description: Namespaces that stay, each with what it holds.
  type: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import CLUSTER_OPTIONS, reading


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "records": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    records, seconds = module.params["records"], 0 if module.check_mode else module.params["timeout"]
    with reading(module) as cluster:
        found = namespaces.ours(cluster)
        kept = {name: namespaces.keepers(cluster, name, seconds) for name in found if name != records}
        kept = {name: held for name, held in kept.items() if held}
        if records in found and any("PersistentVolumeClaim" in each for held in kept.values() for each in held):
            kept[records] = ["the credentials of what lies on the volumes"]
        removed = [name for name in found if name not in kept]
        left = [] if module.check_mode else namespaces.delete(cluster, removed, seconds)
        if left:
            module.fail_json(msg=f"After {seconds} s these namespaces are still being deleted: {', '.join(left)}.")
        module.exit_json(changed=bool(removed), removed=removed, kept=kept)


if __name__ == "__main__":
    main()
