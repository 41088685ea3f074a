#!/usr/bin/python
"""Module that says what an upgrade would change, without a plugin of Helm."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_diff
short_description: Says what installing or upgrading a Helm release would change
description:
  - Renders the chart with the values and compares it, object by object, with what the live revision rendered.
  - Works on an empty cluster too, and changes nothing. Secrets are masked.
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
  chart:
    description: Chart archive or folder.
    type: path
    required: true
  values:
    description: Values of the release.
    type: dict
    default: {}
  adopt:
    description: Whether objects that are there without a release are taken over, and so are no new ones.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what an upgrade would change
  landfall.eks.release_diff:
    name: metrics-server
    namespace: kube-system
    chart: metrics-server-3.13.1.tgz
"""

RETURN = r"""
objects:
  description: How many objects would be created, changed and removed.
  type: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils import release_diff
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import CLUSTER_OPTIONS, reading


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "chart": {"type": "path", "required": True},
            "values": {"type": "dict", "default": {}},
            "adopt": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    release = module.params
    with reading(module) as cluster:
        version = cluster.request("GET", "/version")["gitVersion"]
        helm = module.get_bin_path("helm") or "helm"
        try:
            rendered = release_diff.render(helm, release, version, release_diff.api_versions(cluster))
        except release_diff.RenderError as error:
            module.fail_json(msg=str(error))
        live = release_diff.live_objects(cluster, release)
        if not live and release["adopt"]:
            live = release_diff.adopted_objects(cluster, rendered, release["namespace"])
        before = release_diff.by_name(live, release["namespace"])
        after = release_diff.by_name(rendered, release["namespace"])
        both = before.keys() & after.keys()
        module.exit_json(
            changed=True,
            diff=release_diff.difference(before, after),
            objects={
                "created": len(after.keys() - before.keys()),
                "changed": len([name for name in both if before[name] != after[name]]),
                "removed": len(before.keys() - after.keys()),
            },
        )


if __name__ == "__main__":
    main()
