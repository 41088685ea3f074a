#!/usr/bin/python
"""Module that records the platform's revision after a rollout that was seen ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: revision
short_description: Records what is live together after a rollout that was seen ready
version_added: 0.1.0
description:
  - Writes the releases that are live and were seen ready, with the digests of their charts and values and Helm's
    revision of each, into the next Secret C(landfall-revision-N). No value is among that.
  - Writes nothing if all of it is as the newest record has it. Ten records are kept.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace of the records.
    type: str
    required: true
  runs:
    description: The releases of this run, in the order in which they were started.
    type: list
    elements: dict
    required: true
  run_id:
    description: Id of the run, as its Lease has it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Record what is live
  landfall.eks.revision:
    namespace: landfall-system
    runs: []
"""

RETURN = r"""
number:
  description: Number of the record that describes what is live.
  type: int
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries


def record(module: AnsibleModule, cluster: Cluster) -> None:
    store = Store(cluster, module.params["namespace"])
    newest = records.newest_proven(store.read())
    releases = entries(cluster, module.params["runs"], newest)
    changed = records.changes(releases, newest)
    if not changed or module.check_mode:
        module.exit_json(changed=bool(changed), number=newest["number"] if newest else 0)
    fields = {"releases": releases, "changed": changed, "proven": True, "note": "rolled out", "restores": 0}
    module.exit_json(changed=True, number=store.add(fields, module.params["run_id"])["number"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "namespace": {"type": "str", "required": True},
            "runs": {"type": "list", "elements": "dict", "required": True},
            "run_id": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        record(module, cluster)


if __name__ == "__main__":
    main()
