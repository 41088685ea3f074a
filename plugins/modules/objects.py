#!/usr/bin/python
"""Module that applies objects server-side."""

from __future__ import annotations

DOCUMENTATION = r"""
module: objects
short_description: Applies objects server-side
version_added: 0.1.0
description:
  - Brings each object to what is wanted of it and leaves the fields of others alone.
  - In check mode it says what would be made or changed, also where the kind or the namespace is still to come.
  - Not for Secrets, since the difference is shown; those are the work of M(landfall.eks.credentials).
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  objects:
    description: The objects, in the order in which they are applied.
    type: list
    elements: dict
    required: true
attributes:
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: full
"""

EXAMPLES = r"""
- name: Apply a ConfigMap
  landfall.eks.objects:
    kubeconfig: .landfall/kubeconfig
    objects:
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: greeting, namespace: default}
        data: {text: hello}
"""

RETURN = r"""
applied:
  description: The objects that were made or changed.
  type: list
  elements: str
  returned: always
objects:
  description: The objects as they are now, those left out that are not there.
  type: list
  elements: dict
  returned: always
wanted:
  description: In check mode, what was wanted of those that would be made or changed, for M(landfall.eks.plan).
  type: list
  elements: dict
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube import apply
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading


def read_live(cluster: Cluster, wanted: dict[str, Any]) -> dict[str, Any] | None:
    metadata = wanted["metadata"]
    return cluster.get(wanted["apiVersion"], wanted["kind"], metadata["name"], metadata.get("namespace"))


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CLUSTER_OPTIONS, "objects": {"type": "list", "elements": "dict", "required": True}},
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        try:
            changes = [
                change
                for each in module.params["objects"]
                if (change := apply.apply(cluster, each, dry_run=module.check_mode))
            ]
        except apply.UnknownKindError as error:
            module.fail_json(msg=str(error))
        diff = [
            {"before_header": each.title, "after_header": each.title, "before": each.before, "after": each.after}
            for each in changes
        ]
        module.exit_json(
            changed=bool(changes),
            applied=[each.title for each in changes],
            objects=[live for each in module.params["objects"] if (live := read_live(cluster, each))],
            wanted=[each.wanted for each in changes] if module.check_mode else [],
            diff=diff,
        )


if __name__ == "__main__":
    main()
