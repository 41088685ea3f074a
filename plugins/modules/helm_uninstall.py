#!/usr/bin/python
"""Module that uninstalls a Helm release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_uninstall
short_description: Uninstalls a Helm release
description:
  - Uninstalls a release and waits until its objects are gone. One that is gone already is as good.
  - Helm reaches the same cluster as this collection's other modules, whatever its own variables say.
author: The Landfall authors
extends_documentation_fragment: landfall.eks.cluster
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
    description: Seconds that it may take.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Uninstall a release
  landfall.eks.helm_uninstall:
    name: shop
    namespace: shop
"""

RETURN = r""" # """

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm, HelmError
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, hide_secrets


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
    hide_secrets(module)
    options = module.params
    helm = Helm(module.get_bin_path("helm", required=True), options, options["timeout"])
    try:
        if not module.check_mode:
            helm.uninstall(options["name"], options["namespace"])
    except HelmError as error:
        release = f"{options['namespace']}/{options['name']}"
        module.fail_json(msg=f"Helm cannot uninstall {release}: {error}. Remove what is in its way, and run again.")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
