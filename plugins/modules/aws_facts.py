#!/usr/bin/python
"""Module that asks AWS everything that must be known before the platform is installed on a cluster of EKS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_facts
short_description: Asks AWS whether the platform can be installed on a cluster
version_added: 0.1.0
description:
  - Tells who we are and whether our clock agrees, what we may do, whether the cluster, its region and its VPC are those
    of the settings, and whether subnets and quotas will do for the load balancers.
  - Without permissions in AWS it says which settings can be given instead. Problems are returned, all together; they do
    not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name by which EKS knows the cluster.
    type: str
    required: true
  region:
    description: Region of the cluster; empty for the one that the environment or the profile names.
    type: str
    default: ""
  vpc_id:
    description: Id of the cluster's VPC; empty for what EKS says.
    type: str
    default: ""
  releases:
    description:
      - Release specifications, as role helm_release describes them; those with a C(load_balancer) count here.
    type: list
    elements: dict
    default: []
  existing:
    description: Release specifications with C(existing), of which EKS may manage what does the same.
    type: list
    elements: dict
    default: []
  left:
    description: Names of our releases that are left out, as M(landfall.eks.cluster_facts) returns them.
    type: list
    elements: str
    default: []
  load_balancer_class:
    description: Class of the cluster's load balancers, as M(landfall.eks.cluster_facts) returns it.
    type: str
    default: ""
  roleless:
    description: Release specifications with an C(aws_role) whose ARN no setting gives.
    type: list
    elements: dict
    default: []
  rights:
    description: What we must be allowed to do in AWS.
    type: list
    elements: dict
    default: []
    suboptions:
      action:
        description: Action of IAM.
        type: str
        required: true
      why:
        description: What it is needed for, the end of a sentence.
        type: str
        required: true
      needed:
        description: Whether the run fails without it.
        type: bool
        required: true
      otherwise:
        description: What can be done without it, the end of a sentence.
        type: str
        default: ""
  needed:
    description: Whether the run fails if AWS cannot be asked.
    type: bool
    default: false
  handed_in:
    description: Settings that can be written by hand, each C({setting, value, why}).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Ask AWS
  landfall.eks.aws_facts:
    kubeconfig: "{{ platform_kubeconfig }}"
    cluster: my-cluster
    region: eu-central-1
    releases: "{{ platform_run.releases }}"
  register: found
"""

RETURN = r"""
asked:
  description: Whether AWS answered and knew us.
  type: bool
  returned: always
lines:
  description: What was found, by what people call it.
  type: dict
  returned: always
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.kube import client, masking
from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import MISSING
from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws, aws_managed

_NAME = {"type": "str", "required": True}
RIGHT = {
    "action": _NAME,
    "why": _NAME,
    "needed": {"type": "bool", "required": True},
    "otherwise": {"type": "str", "default": ""},
}


def read_facts(params: dict[str, Any]) -> dict[str, Any]:
    """Return what AWS says of a module's options."""
    if MISSING:
        line = f"not asked, since the Python package {MISSING} is missing: install Landfall's requirements.txt"
        return {"asked": False, "problems": [], "lines": {"aws": line}}
    wanted = aws.AccountQuestions(
        cluster=params["cluster"],
        server=endpoint.server_of(params["kubeconfig"], params["context"] or ""),
        vpc=params["vpc_id"],
        balancers=aws.balancers_of(params["releases"]),
        controllers=[(each["namespace"], each["aws_role"]["service_account"]) for each in params["roleless"]],
        rights=params["rights"],
        needed=params["needed"],
        handed_in=params["handed_in"],
        seen=aws_managed.Seen(params["existing"], params["left"], params["load_balancer_class"]),
    )
    return asdict(aws.read_account(lambda: Session(params["region"]), wanted))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **client.CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "vpc_id": {"type": "str", "default": ""},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "existing": {"type": "list", "elements": "dict", "default": []},
            "left": {"type": "list", "elements": "str", "default": []},
            "load_balancer_class": {"type": "str", "default": ""},
            "roleless": {"type": "list", "elements": "dict", "default": []},
            "rights": {"type": "list", "elements": "dict", "default": [], "options": RIGHT},
            "needed": {"type": "bool", "default": False},
            "handed_in": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    module.no_log_values.update(masking.kubeconfig_secrets(module.params["kubeconfig"]))
    module.exit_json(changed=False, **read_facts(module.params))


if __name__ == "__main__":
    main()
