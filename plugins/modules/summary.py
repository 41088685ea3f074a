#!/usr/bin/python
"""Module half of the summary: reads what is where; its action plugin writes and shows it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: summary
short_description: Says what is where
version_added: 0.1.0
description:
  - Reads every release that Landfall made, its health and its addresses, shows them as a table and writes them as JSON.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  path:
    description: File for the JSON, written whole or not at all.
    type: path
    required: true
  runs:
    description: The releases of this run, as the settling knows them.
    type: list
    elements: dict
    default: []
  ready:
    description: Those of O(runs), as C(namespace/name), that are known to be ready; they are not read again.
    type: list
    elements: str
    default: []
  hosts:
    description: Lines of the hosts block, C(IP name).
    type: list
    elements: str
    default: []
  hosts_file:
    description: File that holds the hosts block.
    type: str
    default: ""
  names:
    description: The platform's names, C({host, namespace, release}); what other Ingresses name is not shown.
    type: list
    elements: dict
    default: []
  hosts_names:
    description: Names beside those that Ingresses of these releases may have.
    type: list
    elements: str
    default: []
  notes:
    description: Sentences to show under the table.
    type: list
    elements: str
    default: []
  real:
    description: Names of releases whose processes are real on a simulated cluster.
    type: list
    elements: str
    default: []
  simulated:
    description: Whether kubelets and AWS are simulated.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what is where
  landfall.eks.summary:
    cluster: production
    path: .landfall/summary.json
"""

RETURN = r"""
summary:
  description: What was written.
  type: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.status.summary import components


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "runs": {"type": "list", "elements": "dict", "default": []},
            "ready": {"type": "list", "elements": "str", "default": []},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "hosts_file": {"type": "str", "default": ""},
            "names": {"type": "list", "elements": "dict", "default": []},
            "hosts_names": {"type": "list", "elements": "str", "default": []},
            "notes": {"type": "list", "elements": "str", "default": []},
            "real": {"type": "list", "elements": "str", "default": []},
            "simulated": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    options = module.params
    with reading(module) as cluster:
        own = ingresses.own_of(options["names"], options["hosts_names"])
        rows = components(cluster, options["runs"], options["real"], options["simulated"], options["ready"], own=own)
        summary = {
            "cluster": options["cluster"],
            "components": rows,
            "hosts": options["hosts"],
            "seconds": {},
            "changed": 0,
        }
        module.exit_json(changed=False, summary=summary)


if __name__ == "__main__":
    main()
