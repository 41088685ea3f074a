#!/usr/bin/python
"""Module that ends what an interrupted run left unfinished of a Helm release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: unlock
short_description: Ends what an interrupted run left unfinished of a Helm release
version_added: 0.1.0
description:
  - Marks a pending revision failed, with a description that says what happened; it stays in the history, and Helm's
    next upgrade goes on from it.
  - Finishes an uninstallation that was interrupted.
  - Fails without a change if somebody else changes the release at the same time.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  timeout:
    description: Seconds that finishing an uninstallation may take.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Unlock a release whose upgrade was interrupted
  landfall.eks.unlock:
    name: shop
    namespace: shop
"""

RETURN = r"""
reason:
  description: What Helm called the release before, as the end of a sentence.
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import State
from ansible_collections.landfall.eks.plugins.module_utils.helm.unlock import UnlockError, unlock
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    options = module.params
    helm = Helm(module.get_bin_path("helm") or "helm", options, options["timeout"])
    with reading(module) as cluster:
        try:
            decision = unlock(cluster, options["name"], options["namespace"], helm, dry_run=module.check_mode)
        except UnlockError as error:
            module.fail_json(msg=str(error))
        module.exit_json(changed=decision.state is State.LOCKED, reason=decision.reason)


if __name__ == "__main__":
    main()
