#!/usr/bin/python
"""Module that protects a stack and its cluster against deletion, or no longer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_protection
short_description: Protects a CloudFormation stack and its EKS cluster against deletion
version_added: 0.1.0
description:
  - Switches the termination protection of a stack, and the deletion protection of its cluster, and waits until EKS has
    done so. What is not there is left out.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  cluster:
    description: Name of the stack's cluster; empty for a stack without one.
    type: str
    default: ""
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  protected:
    description: Whether to protect both; without it they are only looked at.
    type: bool
attributes:
  check_mode:
    description: Switches nothing.
    support: full
"""

EXAMPLES = r"""
- name: Protect a cluster against deletion
  landfall.eks.cluster_protection:
    stack: landfall-production
    cluster: production
    protected: true
"""

RETURN = r"""
protected:
  description: What was protected before, in words.
  type: list
  elements: str
  returned: always
  sample: [the stack landfall-production, the cluster production]
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import protection
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "cluster": {"type": "str", "default": ""},
            "region": {"type": "str", "default": ""},
            "protected": {"type": "bool"},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    stack, cluster, wanted = (module.params[each] for each in ("stack", "cluster", "protected"))
    try:
        session = Session(module.params["region"])
        found = protection.read(session, stack, cluster)
        changed = wanted is not None and found.differs(wanted)
        if changed and not module.check_mode:
            protection.switch(session, found, stack, cluster, wanted)
    except AwsError as error:
        module.fail_json(msg=str(error))
    words = {f"the stack {stack}": found.stack, f"the cluster {cluster}": found.cluster}
    module.exit_json(changed=changed, protected=[each for each, protected in words.items() if protected])


if __name__ == "__main__":
    main()
