#!/usr/bin/python
"""Module that updates a control plane or nodes by EKS's own API, where CloudFormation does not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_update
short_description: Moves a control plane to a version, or nodes to the newest image, by EKS's API
version_added: 0.1.0
description:
  - Begins an update, unless EKS is at work on it already, and waits until EKS has ended it; fails with the reason that
    EKS gives.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  version:
    description: Version of Kubernetes; that of the control plane, or that of the nodes of C(group).
    type: str
    required: true
  group:
    description: Name of the node group that gets the newest image of C(version); empty for the control plane.
    type: str
    default: ""
attributes:
  check_mode:
    description: Begins nothing.
    support: full
"""

EXAMPLES = r"""
- name: Take a control plane back
  landfall.eks.cluster_update:
    name: production
    version: "1.34"
"""

RETURN = r"""
version:
  description: The version.
  type: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import updates
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def update(session: Session, params: dict[str, Any]) -> None:
    name, group, version = params["name"], params["group"], params["version"]
    if group:
        updates.renew_nodes(session, name, group, version)
    else:
        updates.move_control_plane(session, name, version)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "version": {"type": "str", "required": True},
            "group": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    if not module.check_mode:
        try:
            update(Session(module.params["region"]), module.params)
        except AwsError as error:
            module.fail_json(msg=str(error))
    module.exit_json(changed=True, version=module.params["version"])


if __name__ == "__main__":
    main()
