#!/usr/bin/python
"""Module that asks registries whether the images of the releases to install exist."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_facts
short_description: Asks registries whether images exist
version_added: 0.1.0
description:
  - Renders charts and asks the registry of each image for its manifest, with the logins of the user who runs this.
  - Only an image that is certainly not there is a problem; registries that do not say are noted, once each.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  releases:
    description: Release specifications; C(name), C(namespace) and C(values) count.
    type: list
    elements: dict
    required: true
  charts:
    description: Found charts by release, as M(landfall.eks.charts) returns them.
    type: dict
    required: true
  live:
    description:
      - Live releases, as M(landfall.eks.helm_state) returns them. Those in their wanted state are left out.
    type: dict
    default: {}
  pushed_by:
    description: The command that pushes the images of a repository, by the repository, for those that are our own.
    type: dict
    default: {}
  kubernetes:
    description: Version of Kubernetes to render for.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Ask for the images
  landfall.eks.image_facts:
    releases: "{{ ingress_component.releases }}"
    charts: "{{ platform_run.charts }}"
    kubernetes: v1.35.4
  register: found
"""

RETURN = r"""
asked:
  description: How many images were asked for.
  type: int
  returned: always
notes:
  description: Registries that did not say.
  type: list
  elements: str
  returned: always
problems:
  description: One sentence for each image that does not exist.
  type: list
  elements: str
  returned: always
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.preflight.images import find_missing, same
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


def live_of(module: AnsibleModule, release: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = module.params["live"].get(release_key(release["namespace"], release["name"]), {})
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "releases": {"type": "list", "elements": "dict", "required": True},
            "charts": {"type": "dict", "required": True},
            "live": {"type": "dict", "default": {}},
            "pushed_by": {"type": "dict", "default": {}},
            "kubernetes": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    charts = module.params["charts"]
    releases = [
        {
            "name": each["name"],
            "namespace": each["namespace"],
            "path": charts[each["name"]]["path"],
            "values": each.get("values"),
        }
        for each in module.params["releases"]
        if each["name"] in charts and not same(each, charts[each["name"]]["sha256"], live_of(module, each))
    ]
    helm = module.get_bin_path("helm") or "helm"
    found = find_missing(helm, releases, module.params["kubernetes"], module.params["pushed_by"])
    module.exit_json(changed=False, **asdict(found))


if __name__ == "__main__":
    main()
