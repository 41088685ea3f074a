#!/usr/bin/python
"""Module that asks AWS everything that must be known before the platform is installed on a cluster of EKS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_facts
short_description: Asks AWS whether the platform can be installed on a cluster
description:
  - Tells who we are and whether our clock agrees, what we may do, whether the cluster, its region and its VPC are those
    of the settings, and whether subnets and quotas will do for the load balancers.
  - Without AWS permissions it says which settings to use instead. Problems are returned, all together; they do not fail
    the module.
author: The Landfall authors
extends_documentation_fragment: landfall.eks.cluster
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
  balancers:
    description: The load balancers of the run.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the release.
        type: str
        required: true
      scheme:
        description: Who can reach it.
        type: str
        choices: [internet-facing, internal]
        required: true
      subnets:
        description: Ids or names of its subnets; empty for those that AWS's tags name.
        type: list
        elements: str
        default: []
      setting:
        description: Name of the variable that holds O(balancers[].subnets).
        type: str
        required: true
      addresses:
        description: Whether Elastic IPs are allocated for it.
        type: str
        choices: ["no", perhaps, "yes"]
        default: "no"
      selected:
        description: Whether this run is about the load balancer.
        type: bool
        default: true
  controller:
    description: Service account, C(namespace/name), of a load balancer controller to which no setting gives a role.
    type: str
    default: ""
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
    description: Values of the settings that can be written by hand, by name.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Ask AWS
  landfall.eks.aws_facts:
    kubeconfig: "{{ platform_kubeconfig }}"
    cluster: my-cluster
    region: eu-central-1
    balancers:
      - {name: nginx-ingress, scheme: internet-facing, setting: ingress_subnets}
  register: __preflight_aws
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

from ansible_collections.landfall.eks.plugins.module_utils.kube import client

try:
    from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
    from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
    from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules
    from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws

    MISSING = ""
except ImportError as error:  # which is a note, for AWS need not be asked
    MISSING = str(error.name)

_NAME = {"type": "str", "required": True}
BALANCER = {
    "name": _NAME,
    "scheme": {"type": "str", "choices": ["internet-facing", "internal"], "required": True},
    "subnets": {"type": "list", "elements": "str", "default": []},
    "setting": _NAME,
    "addresses": {"type": "str", "choices": ["no", "perhaps", "yes"], "default": "no"},
    "selected": {"type": "bool", "default": True},
}
RIGHT = {
    "action": _NAME,
    "why": _NAME,
    "needed": {"type": "bool", "required": True},
    "otherwise": {"type": "str", "default": ""},
}


def look(params: dict[str, Any]) -> dict[str, Any]:
    """Return what AWS says of a module's options."""
    if MISSING:
        line = f"not asked, since the Python package {MISSING} is missing: install Landfall's requirements.txt"
        return {"asked": False, "problems": [], "lines": {"aws": line}}
    balancers = [
        aws.Balancer(
            subnet_rules.Wanted(each["name"], each["scheme"], each["subnets"], each["setting"]), each["addresses"]
        )
        for each in params["balancers"]
        if each["selected"]
    ]
    namespace, _, account = params["controller"].partition("/")
    wanted = aws.Wanted(
        cluster=params["cluster"],
        server=endpoint.server_of(params["kubeconfig"], params["context"] or ""),
        vpc=params["vpc_id"],
        balancers=balancers,
        controller=(namespace, account) if account else None,
        rights=params["rights"],
        needed=params["needed"],
        handed_in=params["handed_in"],
    )
    return asdict(aws.look(lambda: Session(params["region"]), wanted))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **client.CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "vpc_id": {"type": "str", "default": ""},
            "balancers": {"type": "list", "elements": "dict", "default": [], "options": BALANCER},
            "controller": {"type": "str", "default": ""},
            "rights": {"type": "list", "elements": "dict", "default": [], "options": RIGHT},
            "needed": {"type": "bool", "default": False},
            "handed_in": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    module.no_log_values.update(client.kubeconfig_secrets(module.params["kubeconfig"]))
    module.exit_json(changed=False, **look(module.params))


if __name__ == "__main__":
    main()
