#!/usr/bin/python
"""Module that says which versions of an EKS cluster and its add-ons go together, and what is against an upgrade."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_versions
short_description: Says whether an EKS cluster can have a version, and which add-ons go with it
version_added: 0.1.0
description:
  - Picks the add-ons' versions for a version of Kubernetes. One that was set by hand has to fit, the live one stays
    while it fits, else it is EKS's default.
  - Before a cluster goes one version up it asks EKS's upgrade insights and the cluster itself, which knows the
    deprecated APIs that are in use and the PodDisruptionBudgets by which no node could be drained.
  - Problems are returned, all together; they do not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  version:
    description: Version of Kubernetes that is wanted.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  addons:
    description: Names of the add-ons; none for a cluster whose add-ons we do not manage.
    type: list
    elements: str
    default: []
  addon_versions:
    description: Versions that were set by hand, by name. An add-on of which EKS need not be asked so.
    type: dict
    default: {}
  patch:
    description: Whether an add-on that fits gives way to EKS's default version, if that is newer.
    type: bool
    default: false
  follow:
    description: Whether nodes that are behind follow in this run, so that nothing may hold them.
    type: bool
    default: false
  judge:
    description: Whether to judge C(version), for a cluster that one of our stacks manages.
    type: bool
    default: true
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
"""

EXAMPLES = r"""
- name: See what goes with Kubernetes 1.35
  landfall.eks.cluster_versions:
    name: production
    version: "1.35"
    addons: [vpc-cni, coredns]
"""

RETURN = r"""
live:
  description: Version of the cluster; empty if there is none.
  type: str
  returned: always
cluster:
  description: What EKS says of the cluster, as the inventory plugin has it; empty if there is none.
  type: dict
  returned: always
addon_versions:
  description: The versions of the add-ons, by name.
  type: dict
  returned: always
problems:
  description: What is in the way, a sentence each.
  type: list
  elements: str
  returned: always
notes:
  description: What could not be asked.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import live, upgrade_facts
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def _moves(session: Session, running: str, params: dict[str, Any]) -> bool:
    """Whether the run moves the control plane, or replaces nodes."""
    if running != params["version"] or params["patch"]:
        return True
    groups = live.read_groups(session, params["name"]) if params["follow"] else []
    return any(each.version != running for each in groups)


def ask(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    session = Session(params["region"])
    if params["judge"]:
        found = upgrade_facts.read_versions(
            session,
            params["name"],
            params["version"],
            params["addons"],
            params["addon_versions"],
            patch=params["patch"],
        )
    else:
        found = upgrade_facts.read_cluster(session, params["name"])
    if params["judge"] and found.live and not found.problems and _moves(session, found.live, params):
        with reading(module) as cluster:
            found.problems += upgrade_facts.ask_cluster(cluster, params["version"])
    return {
        "live": found.live,
        "cluster": found.facts,
        "addon_versions": found.addons,
        "problems": found.problems,
        "notes": found.notes,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "name": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "addons": {"type": "list", "elements": "str", "default": []},
            "addon_versions": {"type": "dict", "default": {}},
            "patch": {"type": "bool", "default": False},
            "follow": {"type": "bool", "default": False},
            "judge": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    try:
        told = ask(module)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
