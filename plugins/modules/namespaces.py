#!/usr/bin/python
"""Module that makes namespaces, and removes those that Landfall made."""

from __future__ import annotations

DOCUMENTATION = r"""
module: namespaces
short_description: Makes namespaces, and removes those that Landfall made
version_added: 0.1.0
description:
  - Present, it makes the namespaces that are missing, with Landfall's mark, and gives each the labels that are wanted
    of it. One that is there keeps to whom it belongs, and gets no level of Pod Security.
  - It also brings permissions, and in the namespaces with that mark NetworkPolicies, to what components list, and
    removes those that a component lists no more.
  - Its action half takes what is wanted from the record of the run, where that is left out.
  - Absent, it deletes the namespaces that carry Landfall's mark and hold neither volumes nor anybody else's workloads.
  - The NetworkPolicies and permissions go too, also from a namespace that stays.
  - As long as a volume stays, the credentials stay too, since what lies on the volume was made with them.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description: What to bring about.
    type: str
    choices: [present, absent]
    default: absent
  wanted:
    description: The namespaces to make, each C({namespace, namespace_labels, also_in}). Only with V(present).
    type: list
    elements: dict
    default: []
  policies:
    description: The NetworkPolicies of each component, by its name, as its C(network_policies). Only with V(present).
    type: dict
    default: {}
  permissions:
    description: Permissions of each component, by its name, as its C(permissions). Only with V(present).
    type: dict
    default: {}
  namespace_metadata:
    description: C(labels) and C(annotations) of namespaces that are made, and C(levels) of Pod Security by namespace.
    type: dict
    default: {}
  records:
    description: Namespace of Landfall's own records. Has to be given with V(absent).
    type: str
  keep_credentials:
    description: Whether the credentials stay as long as a volume does. Only with V(absent).
    type: bool
    default: true
  timeout:
    description: Seconds to wait for workloads, and for the namespaces, to go.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Remove the namespaces
  landfall.eks.namespaces:
    records: landfall-system
"""

RETURN = r"""
made:
  description: Namespaces that were made, or given a label.
  type: list
  elements: str
  returned: always with V(present)
owned:
  description: NetworkPolicies and permissions that were made, changed or removed.
  type: list
  elements: str
  returned: always
names:
  description: Namespaces that are there as wanted.
  type: list
  elements: str
  returned: always with V(present)
removed:
  description: Namespaces that were deleted.
  type: list
  elements: str
  returned: always with V(absent)
kept:
  description: Namespaces that stay, each with what it holds.
  type: dict
  returned: always with V(absent)
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces, network_policies, owned
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading


def present(module: AnsibleModule, cluster: Cluster) -> None:
    wanted = module.params["wanted"]
    made = namespaces.make(cluster, wanted, module.params["namespace_metadata"], dry_run=module.check_mode)
    policies, permissions = module.params["policies"], module.params["permissions"]
    coming = [*network_policies.wanted(cluster, policies), *owned.of_permissions(permissions)]
    owning = {*policies, *permissions}
    applied = owned.bring(cluster, coming, owning, dry_run=module.check_mode)
    names = sorted(namespaces.names(wanted))
    module.exit_json(changed=bool(made or applied), made=made, names=names, owned=applied)


def absent(module: AnsibleModule, cluster: Cluster) -> None:
    records, seconds = module.params["records"], 0 if module.check_mode else module.params["timeout"]
    found = namespaces.ours(cluster)
    kept = {name: namespaces.keepers(cluster, name, seconds) for name in found if name != records}
    kept = {name: held for name, held in kept.items() if held}
    volumes = any("PersistentVolumeClaim" in each for held in kept.values() for each in held)
    if volumes and records in found and module.params["keep_credentials"]:
        kept[records] = ["the credentials of what lies on the volumes"]
    removed = [name for name in found if name not in kept]
    gone = owned.clear(cluster, dry_run=module.check_mode)
    left = [] if module.check_mode else namespaces.delete(cluster, removed, seconds)
    if left:
        module.fail_json(msg=f"After {seconds} s these namespaces are still being deleted: {', '.join(left)}.")
    module.exit_json(changed=bool(removed or gone), removed=removed, kept=kept, owned=gone)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "absent"},
            "wanted": {"type": "list", "elements": "dict", "default": []},
            "policies": {"type": "dict", "default": {}},
            "permissions": {"type": "dict", "default": {}},
            "namespace_metadata": {"type": "dict", "default": {}},
            "records": {"type": "str"},
            "keep_credentials": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 120},
        },
        required_if=[("state", "absent", ["records"])],
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        (present if module.params["state"] == "present" else absent)(module, cluster)


if __name__ == "__main__":
    main()
