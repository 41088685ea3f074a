#!/usr/bin/python
"""Module half of the history: reads the records; its action plugin shows them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: history
short_description: Shows the platform's revisions
version_added: 0.1.0
description:
  - Shows the records of the platform as a table, the newest first, and returns them.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.api
options:
  namespace:
    description: Namespace of the records.
    type: str
    required: true
  cluster:
    description: Name of the cluster, as it is shown.
    type: str
    default: kubernetes
"""

EXAMPLES = r"""
- name: Show the platform's revisions
  landfall.eks.history:
    namespace: landfall-system
"""

RETURN = r"""
revisions:
  description: The records, the newest first.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "namespace": {"type": "str", "required": True},
            "cluster": {"type": "str", "default": "kubernetes"},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        module.exit_json(changed=False, revisions=Store(cluster, module.params["namespace"]).read()[::-1])


if __name__ == "__main__":
    main()
