#!/usr/bin/python
"""Module that takes the platform back to one of its revisions."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Takes the platform back to one of its revisions
version_added: 0.1.0
description:
  - Takes each release back to what a record says of it, in the reverse of the order in which they are started, and
    waits for each until it is ready.
  - Refuses before any change if one of them cannot go back, since Helm keeps no such revision any more, or if data
    would be lost.
  - What Argo CD owns stays, and is named. Custom resource definitions stay.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace of the records.
    type: str
    required: true
  to:
    description: Number of the record; 0 for the last one before what is live that was seen ready.
    type: int
    default: 0
  timeout:
    description: Seconds that each release may take.
    type: int
    default: 600
  run_id:
    description: Id of the run, as its Lease has it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Take the platform back to its first revision
  landfall.eks.rollback:
    namespace: landfall-system
    to: 1
"""

RETURN = r"""
sentences:
  description: What was done with each release, or would be in check mode.
  type: list
  elements: str
  returned: success
to:
  description: Number of the record that was restored.
  type: int
  returned: success
"""

from collections.abc import Callable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action, Decision
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records, restore
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Entry, Record
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries
from ansible_collections.landfall.eks.plugins.module_utils.rollout.rollback import carry_out
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

WOULD = {
    Action.ROLL_BACK: "would roll back to Helm's revision {revision}",
    Action.UNINSTALL: "would be uninstalled, since it was not there then",
    Action.LEAVE: "stays as it is: {reason}",
}


def target_of(module: AnsibleModule, known: list[Record], live: list[Entry]) -> Record:
    fail: Callable[..., NoReturn] = module.fail_json
    number = module.params["to"]
    if number:
        found = next((each for each in known if each["number"] == number), None)
        there = ", ".join(str(each["number"]) for each in known) or "none"
        if found is None:
            fail(msg=f"There is no revision {number} of this platform: choose one of these ({there}).")
        if not found["proven"]:
            fail(msg=f"Revision {number} was not seen ready: choose another one (playbooks/history.yml).")
        return found
    target = records.before(known, live)
    if target is None:
        fail(msg="There is no earlier revision that was seen ready: nothing to roll back to.")
    return target


def go(module: AnsibleModule, cluster: Cluster) -> None:
    store = Store(cluster, module.params["namespace"])
    known = store.read()
    live = entries(cluster, [], records.newest_proven(known))
    target = target_of(module, known, live)
    runs = restore.runs_of(live, target)
    planned = restore.planned(cluster, target, runs)
    refused = [f"{key}: {each.reason}" for key, each in planned.items() if each.action is Action.REFUSE]
    if refused:
        said = "\n- ".join(refused)
        module.fail_json(
            msg=f"Nothing was changed, since the platform cannot roll back to revision {target['number']}:\n- {said}"
        )
    shown = {key: each for key, each in planned.items() if each.action is not Action.NOTHING}
    changed = [key for key, each in shown.items() if each.action in restore.CHANGES]
    if module.check_mode or not changed:
        sentences = [would(key, each) for key, each in shown.items()]
        module.exit_json(changed=bool(changed), to=target["number"], sentences=sentences)
    sentences, good = carry_out_all(module, cluster, shown, runs)
    fields = {
        "releases": entries(cluster, [], records.newest_proven(known)),
        "changed": changed,
        "proven": good,
        "note": f"rolled back to {target['number']}",
        "restores": target["number"],
    }
    number = store.add(fields, module.params["run_id"])["number"]
    if not good:
        module.fail_json(msg="\n".join(sentences), changed=True)
    module.exit_json(changed=True, to=target["number"], number=number, sentences=sentences)


def would(key: str, decision: Decision) -> str:
    return f"{key} {WOULD[decision.action].format(revision=decision.revision, reason=decision.reason)}."


def carry_out_all(
    module: AnsibleModule, cluster: Cluster, planned: dict[str, Decision], runs: list[dict[str, Any]]
) -> tuple[list[str], bool]:
    """Carry the decisions out one after another; stop at none, and say whether all became ready."""
    known = {release_key(run["namespace"], run["name"]): run for run in runs}
    helm = Helm(module.get_bin_path("helm") or "helm", module.params, module.params["timeout"])
    sentences, good = [], True
    for key, decision in planned.items():
        done = carry_out(cluster, known[key], decision, helm)
        good = good and (done.good or decision.action is Action.LEAVE)
        sentences.append(f"{key}: {done.text}.")
    return sentences, good


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "namespace": {"type": "str", "required": True},
            "to": {"type": "int", "default": 0},
            "timeout": {"type": "int", "default": 600},
            "run_id": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        go(module, cluster)


if __name__ == "__main__":
    main()
