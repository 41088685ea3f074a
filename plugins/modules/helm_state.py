#!/usr/bin/python
"""Module that reads all Helm releases of a cluster in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_state
short_description: Reads every Helm release of a cluster
version_added: 0.1.0
description:
  - Reads the metadata of Helm's Secrets in one call, pending and failed revisions included.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.api
"""

EXAMPLES = r"""
- name: Read what is live
  landfall.eks.helm_state:
    kubeconfig: .landfall/kubeconfig
"""

RETURN = r"""
releases:
  description: Newest revision of each release, by C(namespace/name).
  type: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import read_releases
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading


def main() -> None:
    module = AnsibleModule(argument_spec=CLUSTER_OPTIONS, supports_check_mode=True)
    with reading(module) as cluster:
        module.exit_json(changed=False, releases=read_releases(cluster))


if __name__ == "__main__":
    main()
