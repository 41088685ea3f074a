#!/usr/bin/python
"""Module that starts Helm for a release, and does not wait for it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_start
short_description: Starts a Helm upgrade in the background
version_added: 0.1.0
description:
  - Runs C(helm upgrade --install) in a process that outlives the task; M(landfall.eks.settle) waits for it.
  - Custom resource definitions are left out; M(landfall.eks.crds) applies them.
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
    description: Namespace of the release, which must be there.
    type: str
    required: true
  chart:
    description: Archive or folder of the chart.
    type: path
    required: true
  chart_sha256:
    description: Its SHA-256 when it was checked; other bytes are refused. Empty for any.
    type: str
    default: ""
  values:
    description: Values of the release; what they do not set is as in the chart, whatever it was before.
    type: dict
    default: {}
  timeout:
    description: Seconds that Helm waits for each of the release's hooks.
    type: int
    default: 600
  history_max:
    description: Revisions that Helm keeps of the release.
    type: int
    default: 5
  take_ownership:
    description: Take over existing objects of the same names.
    type: bool
    default: false
  folder:
    description: Folder for the job's result, of this run and this cluster alone; it is made for its owner alone.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Start a release and go on
  landfall.eks.helm_start:
    name: shop
    namespace: shop
    chart: shop-1.2.3.tgz
    folder: .landfall/run
  register: shop_job
"""

RETURN = r"""
job:
  description: File that says how Helm ended, once it has; what I(runs) of M(landfall.eks.settle) takes as C(job).
  type: str
  returned: always, empty in check mode
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import digest
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import HelmError
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS
from ansible_collections.landfall.eks.plugins.module_utils.rollout import helm_job


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "chart": {"type": "path", "required": True},
            "chart_sha256": {"type": "str", "default": ""},
            "values": {"type": "dict", "default": {}},
            "timeout": {"type": "int", "default": 600},
            "history_max": {"type": "int", "default": 5},
            "take_ownership": {"type": "bool", "default": False},
            "folder": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True, job="")
    chart, wanted = Path(module.params["chart"]), module.params["chart_sha256"]
    if wanted and not (chart.exists() and digest(chart) == wanted):
        module.fail_json(msg=f"The chart {chart} has changed since this run checked it: run again.")
    folder, helm = Path(module.params["folder"]), module.get_bin_path("helm", required=True)
    try:
        job = helm_job.start(folder, helm, module.params, module.params)
    except HelmError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(
            msg=f"{folder}, the folder of background jobs, cannot be written ({error.strerror}): make room there, or "
            "write another one as platform_state_dir."
        )
    module.exit_json(changed=True, job=str(job))


if __name__ == "__main__":
    main()
