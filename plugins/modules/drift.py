#!/usr/bin/python
"""Module that finds manual changes since the rollout, and undoes them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift
short_description: Finds manual changes since the rollout, and undoes them
version_added: 0.1.0
description:
  - Applies, in a dry run and under its owner's name, every object as it was rolled out, from Helm's records and
    Landfall's, and says which fields would change back.
  - What autoscalers, webhooks and controllers decide is no drift, nor are defaults and statuses.
  - With O(repair) those objects, and no others, are applied again by force.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the cluster, as it is shown.
    type: str
    required: true
  path:
    description: File that the findings are written to, as JSON.
    type: path
    required: true
  kinds:
    description: Kinds that components apply themselves beside Helm, as C(version/Kind); the action reads them.
    type: list
    elements: str
    default: []
  repair:
    description: Whether what was found is put back.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find manual changes
  landfall.eks.drift:
    kubeconfig: .landfall/kubeconfig
    cluster: local
    path: .landfall/drift.json
"""

RETURN = r"""
drift:
  description: What is written to the file; see docs/plan.md.
  type: dict
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.plan import drift, dry_run, report, rows


def run(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    cluster.discover()
    applied, notes = drift.rolled_out(cluster, module.params["kinds"])
    namespaces = {each.wanted["metadata"].get("namespace", "") for each in applied}
    situation = dry_run.situation_of(cluster, namespaces)
    found = drift.find_drift(situation, applied)
    refused: list[rows.Row] = []
    repairing = module.params["repair"] and not module.check_mode
    if repairing:
        refused = drift.repair(cluster, found)
    shown = [{"component": each.component, "release": each.component, **row} for each, row in found]
    record = report.record(module.params["cluster"], shown, [], [])
    return {
        "changed": bool(found) and module.params["repair"] and len(refused) < len(found),
        "drift": {**record, "looked_at": len(applied), "notes": notes, "repaired": repairing},
        "refused": [f"{rows.title(each)}: {each['notes'][-1]}" for each in refused],
        "diff": report.diff(shown),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "kinds": {"type": "list", "elements": "str", "default": []},
            "repair": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        module.exit_json(**run(module, cluster))


if __name__ == "__main__":
    main()
