#!/usr/bin/python
"""Module that compares the charts of a run with what a cluster was given before."""

from __future__ import annotations

DOCUMENTATION = r"""
module: chart_digests
short_description: Compares charts with what a cluster was given before
version_added: 0.1.0
description:
  - Keeps the SHA-256 of each published chart, by its reference and version, in the Secret C(landfall-charts).
  - Refuses other bytes under the same reference and version, unless the chart's own pin confirms them.
  - Names the charts that no pin confirms.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description:
      - V(compared) only reads, and returns what is refused. V(kept) fails if anything is, and otherwise keeps the
        digests.
    type: str
    choices: [compared, kept]
    default: compared
  releases:
    description: The release specifications of the run, as role helm_release describes them, without their values.
    type: list
    elements: dict
    required: true
  charts:
    description: What was found of each chart, by release, as M(landfall.eks.charts) returns it.
    type: dict
    required: true
  unverified:
    description: Whether charts that no pin confirms are only named, or refused.
    type: str
    choices: [warn, refuse]
    default: warn
  namespace:
    description: Namespace of Landfall's own records.
    type: str
    required: true
  ask:
    description: Whether to ask the cluster; otherwise nothing is known from before.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Compare charts with what the cluster was given before
  landfall.eks.chart_digests:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    releases: []
    charts: {}
"""

RETURN = r"""
problems:
  description: One sentence for each chart that is refused.
  type: list
  elements: str
  returned: always with V(compared)
unverified:
  description: Names of the releases whose charts no pin confirms.
  type: list
  elements: str
  returned: always with V(compared)
notes:
  description: One sentence on those; none if there are none.
  type: list
  elements: str
  returned: always with V(compared)
new:
  description: Whether there are charts whose digests are not kept yet.
  type: bool
  returned: always with V(compared)
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_memory
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_memory import Digests
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.preflight.chart_trust import Charts


def read(cluster: Cluster, namespace: str) -> tuple[Digests, list[str]]:
    """Return what the cluster keeps, and a sentence if that cannot be read."""
    try:
        return chart_memory.read(cluster, namespace), []
    except chart_memory.ChartMemoryError as error:
        return {}, [str(error)]


def compare(module: AnsibleModule, before: Digests, said: list[str]) -> None:
    charts = Charts(module.params["releases"], module.params["charts"], before)
    names = chart_trust.unverified(charts)
    policy = module.params["unverified"]
    module.exit_json(
        changed=False,
        problems=[*said, *chart_trust.problems(charts, policy)],
        unverified=names,
        notes=chart_trust.note(names) if policy == "warn" else [],
        new=chart_memory.with_charts(before, charts.pins, charts.ours) != before,
    )


def keep(module: AnsibleModule, cluster: Cluster, before: Digests, said: list[str]) -> None:
    charts = Charts(module.params["releases"], module.params["charts"], before)
    # Another run may have been quicker since this one compared.
    problems = [*said, *chart_trust.problems(charts, "warn")]
    if problems:
        module.fail_json(msg="\n- ".join(["Nothing was changed, since this is in the way:", *problems]))
    after = chart_memory.with_charts(before, charts.pins, charts.ours)
    if after != before and not module.check_mode:
        chart_memory.write(cluster, module.params["namespace"], after)
    module.exit_json(changed=after != before)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "state": {"type": "str", "choices": ["compared", "kept"], "default": "compared"},
            "releases": {"type": "list", "elements": "dict", "required": True},
            "charts": {"type": "dict", "required": True},
            "unverified": {"type": "str", "choices": ["warn", "refuse"], "default": "warn"},
            "namespace": {"type": "str", "required": True},
            "ask": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if not module.params["ask"]:
        compare(module, {}, [])
    with reading(module) as cluster:
        before, said = read(cluster, module.params["namespace"])
        if module.params["state"] == "compared":
            compare(module, before, said)
        keep(module, cluster, before, said)


if __name__ == "__main__":
    main()
