#!/usr/bin/python
"""Module that keeps the evidence of failed releases and takes them back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_failed
short_description: Keeps the evidence of failed releases and takes them back
description:
  - Writes events, pods, logs and manifests of each failed release into a folder, with secrets masked.
  - Then returns each to the last revision that was seen ready, or uninstalls it if there never was one.
author: The Landfall authors
extends_documentation_fragment: landfall.eks.cluster
options:
  failures:
    description: The releases, as the settling knows them, each with its C(cause).
    type: list
    elements: dict
    required: true
  folder:
    description: Folder for the evidence; one folder per release is made in it.
    type: path
    required: true
  go_back:
    description: Whether to take the releases back.
    type: bool
    default: true
  timeout:
    description: Seconds that taking one release back may take.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Take a failed release back
  landfall.eks.release_failed:
    failures: "{{ __settle_result.failures }}"
    folder: .landfall/evidence/today
"""

RETURN = r"""
sentences:
  description: For each release its cause, what to do about it, what was done, and where the evidence lies.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils import evidence
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.going_back import go_back
from ansible_collections.landfall.eks.plugins.module_utils.remedies import remedy_of


def take_back(module: AnsibleModule, cluster: Cluster, run: dict[str, Any]) -> str:
    """Keep what one release looked like, take it back, and say both in a sentence."""
    folder = Path(module.params["folder"]) / f"{run['namespace']}.{run['name']}"
    try:
        evidence.write(folder, evidence.collect(cluster, run, run["cause"]))
        kept = f"evidence: {folder}"
    except OSError as error:
        kept = f"no evidence could be written: {error}"
    done = "it was left as it is"
    if module.params["go_back"]:
        helm = module.get_bin_path("helm") or "helm"
        done = go_back(cluster, run, helm, module.params, module.params["timeout"])
    remedy = remedy_of(run["cause"])
    advice = f"to do: {remedy}; " if remedy else ""
    return f"{run['namespace']}/{run['name']}: {run['cause']}; {advice}{done}; {kept}."


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "failures": {"type": "list", "elements": "dict", "required": True},
            "folder": {"type": "path", "required": True},
            "go_back": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 300},
        },
    )
    with reading(module) as cluster:
        sentences = [take_back(module, cluster, run) for run in module.params["failures"]]
        module.exit_json(changed=bool(sentences) and module.params["go_back"], sentences=sentences)


if __name__ == "__main__":
    main()
