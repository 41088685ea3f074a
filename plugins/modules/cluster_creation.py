#!/usr/bin/python
"""Module that says what a cluster was created with, and whether who creates one could enter it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_creation
short_description: Says what an EKS cluster was created with, and whether who creates one could enter it
version_added: 0.1.0
description:
  - Whether its creator is a cluster's administrator is fixed when it is created. A cluster that is there keeps what the
    template of its stack says.
  - Before a cluster is created it checks that the identity of the run is named, or is the administrator as creator.
  - Problems are returned; they do not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  creator_is_admin:
    description: Whether the creator is to be the administrator of a cluster that is created.
    type: bool
    default: false
  access:
    description: Entries of C(cluster_access), each with C(principal_arn), and C(policy) and C(namespaces) if limited.
    type: list
    elements: dict
    default: []
  stack_role:
    description: ARN of the role that CloudFormation uses, which then is the creator; empty for none.
    type: str
    default: ""
  must_enter:
    description: Whether the run that creates the cluster goes on inside of it.
    type: bool
    default: true
  judge:
    description: Whether the stack holds a cluster at all.
    type: bool
    default: true
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
"""

EXAMPLES = r"""
- name: See whether this run could enter the cluster that it creates
  landfall.eks.cluster_creation:
    stack: landfall-production
    access:
      - principal_arn: arn:aws:iam::123456789012:role/platform
"""

RETURN = r"""
creator_is_admin:
  description: What the stack's cluster was created with; the option if there is none yet.
  type: bool
  returned: always
problems:
  description: What is in the way of a creation, a sentence each.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import creation, stack
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def ask(params: dict[str, Any]) -> dict[str, Any]:
    wanted = bool(params["creator_is_admin"])
    if not params["judge"]:
        return {"creator_is_admin": wanted, "problems": []}
    session = Session(params["region"])
    live = creation.creator_is_admin(session, stack.read(session, params["stack"]))
    if live is not None:
        return {"creator_is_admin": live, "problems": []}
    entering = creation.Entering(params["access"], wanted, params["stack_role"], params["must_enter"])
    problem = creation.lockout(session, entering)
    return {"creator_is_admin": wanted, "problems": [problem] if problem else []}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "creator_is_admin": {"type": "bool", "default": False},
            "access": {"type": "list", "elements": "dict", "default": []},
            "stack_role": {"type": "str", "default": ""},
            "must_enter": {"type": "bool", "default": True},
            "judge": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    try:
        told = ask(module.params)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
