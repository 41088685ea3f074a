#!/usr/bin/python
"""Module that keeps the custom resource definitions of charts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: crds
short_description: Applies the custom resource definitions of Helm charts
version_added: 0.1.0
description:
  - Takes the definitions from chart archives, applies them server-side and waits until they are established, since Helm
    never upgrades a chart's crds folder.
  - With C(state=absent) removes the definitions that were applied for a release and hold no object any more.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  charts:
    description:
      - "Charts, each C({release, path, source, values, keep, adopt}). C(source) is C(chart) for the crds folders,
        C(auto) for the same if there are any, C(templates) for definitions that render with C(values), or C(none).
        C(keep) keeps definitions that hold objects, C(adopt) takes over those that somebody else applied."
    type: list
    elements: dict
    required: true
  state:
    description: Whether the definitions should exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Apply the definitions of a chart
  landfall.eks.crds:
    charts:
      - release: eck-operator
        path: /var/cache/charts/eck-operator-3.5.0.tgz
        source: templates
        values: {installCRDs: true}
"""

RETURN = r"""
applied:
  description: Names of the definitions that were applied.
  type: list
  elements: str
  returned: when state is present
left:
  description: Names of the definitions that somebody else applied, and that stay as they are.
  type: list
  elements: str
  returned: when state is present
releases:
  description: The releases whose definitions are now as their charts have them.
  type: list
  elements: str
  returned: when state is present
removed:
  description: Names of the definitions that were removed.
  type: list
  elements: str
  returned: when state is absent
kept:
  description: Names of the definitions that still hold objects.
  type: list
  elements: str
  returned: when state is absent
"""

from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm import crds
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import ChartError
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading


def present(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    live, left = crds.live_digests(cluster), list[str]()
    changes = differing(module, live, left)
    changed = list(changes) if module.check_mode else crds.apply_all(cluster, changes)
    return {
        "changed": bool(changed),
        "applied": sorted(each["metadata"]["name"] for each in changed),
        "left": sorted(left),
        "releases": [chart["release"] for chart in module.params["charts"]],
    }


def differing(module: AnsibleModule, live: dict[str, str], left: list[str]) -> Iterator[crds.Definition]:
    """Yield the definitions to apply, one chart after the other; add to `left` the names of those of others."""
    helm = module.get_bin_path("helm") or "helm"
    for chart in module.params["charts"]:
        wanted = [crds.marked(each, chart["release"]) for each in crds.definitions_of(chart, helm)]
        others = [] if chart.get("adopt") else crds.of_others(wanted, live)
        left.extend(others)
        yield from (each for each in crds.outdated(wanted, live) if each["metadata"]["name"] not in others)


def absent(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    removed: list[str] = []
    kept: list[str] = []
    for chart in module.params["charts"]:
        gone, stays = crds.remove_unused(cluster, chart["release"], chart.get("keep", True), module.check_mode)
        removed.extend(gone)
        kept.extend(stays)
    return {"changed": bool(removed), "removed": sorted(removed), "kept": sorted(kept)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "charts": {"type": "list", "elements": "dict", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        try:
            module.exit_json(**(present if module.params["state"] == "present" else absent)(module, cluster))
        except (ChartError, crds.DefinitionError) as error:
            module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
