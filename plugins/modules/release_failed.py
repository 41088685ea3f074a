#!/usr/bin/python
"""Module that keeps the evidence of failed releases and rolls them back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_failed
short_description: Keeps the evidence of failed releases and rolls them back
version_added: 0.1.0
description:
  - Writes events, pods, logs and manifests of each failed release into a folder, with secrets masked.
  - Ends Helm where it is still at work on a release that was given up.
  - Then returns each to the last revision that was seen ready, or uninstalls it if there never was one; one that was
    adopted stays.
  - With C(on_failure=rollback), once a rollout of the platform was recorded, all other releases that the run changed
    are rolled back too, in the reverse of the order in which they were started.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  failures:
    description: The releases, as M(landfall.eks.settle) returns them, each with its C(cause).
    type: list
    elements: dict
    required: true
  folder:
    description: Folder for the evidence; one folder per release is made in it.
    type: path
    required: true
  roll_back:
    description: Whether to roll the releases back.
    type: bool
    default: true
  timeout:
    description: Seconds that rolling one release back may take.
    type: int
    default: 300
  on_failure:
    description: Whether what the run changed beside them is rolled back too, or what became ready is kept.
    type: str
    choices: [rollback, keep]
    default: keep
  runs:
    description: All releases of the run, in the order in which they were started.
    type: list
    elements: dict
    default: []
  namespace:
    description: Namespace of the platform's records; empty if there are none.
    type: str
    default: ""
  run_id:
    description: Id of the run, as its Lease has it.
    type: str
    default: ""
attributes:
  check_mode:
    description: Whether the task says in check mode what it would do, and changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Roll a failed release back
  landfall.eks.release_failed:
    failures: "{{ settled.failures }}"
    folder: .landfall/evidence/today
"""

RETURN = r"""
sentences:
  description: For each release its cause, what to do about it, what was done, and where the evidence lies.
  type: list
  elements: str
  returned: always
failures:
  description: The same in parts, C(what), C(why), what to C(do), empty if nothing is known, and C(state).
  type: list
  elements: dict
  returned: always
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store
from ansible_collections.landfall.eks.plugins.module_utils.revisions.transaction import roll_back_run
from ansible_collections.landfall.eks.plugins.module_utils.rollout import evidence, helm_job
from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import remedy_of
from ansible_collections.landfall.eks.plugins.module_utils.rollout.rollback import recover
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


def keep_evidence(module: AnsibleModule, cluster: Cluster, run: dict[str, Any]) -> str:
    """Keep what one release looked like, and say where."""
    folder = Path(module.params["folder"]) / f"{run['namespace']}.{run['name']}"
    try:
        evidence.write(folder, evidence.collect(cluster, run, run["cause"]))
    except OSError as error:
        return f"no evidence could be written: {error}"
    return f"evidence: {folder}"


def described(run: dict[str, Any], done: str, kept: str) -> dict[str, str]:
    """Describe a failure in parts."""
    what = release_key(run["namespace"], run["name"])
    return {"what": what, "why": run["cause"], "do": remedy_of(run["cause"]), "state": f"{done}; {kept}"}


def sentence(failure: dict[str, str]) -> str:
    advice = f"to do: {failure['do']}; " if failure["do"] else ""
    return f"{failure['what']}: {failure['why']}; {advice}{failure['state']}."


def roll_back(module: AnsibleModule, cluster: Cluster) -> tuple[dict[str, str], list[str]]:
    """Roll back; return a clause on each failed release, and sentences on the others."""
    options = module.params
    keys = [release_key(run["namespace"], run["name"]) for run in options["failures"]]
    if not options["roll_back"]:
        return dict.fromkeys(keys, "it was left as it is"), []
    helm = Helm(module.get_bin_path("helm") or "helm", options, options["timeout"])
    if options["on_failure"] == "rollback" and options["namespace"]:
        store = Store(cluster, options["namespace"])
        rolled_back = roll_back_run(store, options["runs"], keys, helm, options["run_id"])
        if rolled_back is not None:
            return rolled_back
    return {key: recover(cluster, run, helm) for key, run in zip(keys, options["failures"], strict=True)}, []


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "failures": {"type": "list", "elements": "dict", "required": True},
            "folder": {"type": "path", "required": True},
            "roll_back": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 300},
            "on_failure": {"type": "str", "choices": ["rollback", "keep"], "default": "keep"},
            "runs": {"type": "list", "elements": "dict", "default": []},
            "namespace": {"type": "str", "default": ""},
            "run_id": {"type": "str", "default": ""},
        },
    )
    with reading(module) as cluster:
        failures = module.params["failures"]
        kept = {release_key(run["namespace"], run["name"]): keep_evidence(module, cluster, run) for run in failures}
        for run in failures:
            helm_job.end(run.get("job", ""))
        done, others = roll_back(module, cluster)
        keyed = [(release_key(run["namespace"], run["name"]), run) for run in failures]
        found = [described(run, done[key], kept[key]) for key, run in keyed]
        module.exit_json(
            changed=bool(found) and module.params["roll_back"],
            sentences=[*(sentence(each) for each in found), *others],
            failures=found,
        )


if __name__ == "__main__":
    main()
