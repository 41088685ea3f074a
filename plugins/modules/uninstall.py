#!/usr/bin/python
"""Module half of an uninstall: what goes and what stays, and what has to go before and after Helm."""

from __future__ import annotations

DOCUMENTATION = r"""
module: uninstall
short_description: Shows what an uninstall removes, and removes what Helm does not
version_added: 0.1.0
description:
  - V(shown) changes nothing, and says what an uninstall removes and what it keeps.
  - V(cleared) removes the platform's custom resources while their operators run, then its Services of type
    LoadBalancer while their controller runs, and waits until AWS has no such load balancer any more.
  - V(emptied) removes what stays unless it is asked for by name, volumes and Elastic IPs.
  - Its action plugin repeats it, and shows what it waits for and what holds that.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description: What to bring about.
    type: str
    choices: [shown, cleared, emptied]
    required: true
  releases:
    description: The releases that go, each C({name, namespace}).
    type: list
    elements: dict
    required: true
  records:
    description: Namespace of Landfall's own records.
    type: str
    required: true
  delete:
    description:
      - What else goes, a list or names with commas, of V(volumes), V(addresses), V(definitions), V(credentials).
    type: raw
    default: []
  kinds:
    description: Kinds of which Landfall applies objects itself, as group/version/Kind; others may bring the kind.
    type: list
    elements: str
    default: []
  cluster:
    description: Name of the cluster, as AWS's tags have it.
    type: str
    required: true
  region:
    description: AWS region of the cluster; empty for that of the environment.
    type: str
    default: ""
  ask_aws:
    description:
      - Whether AWS is asked for load balancers and addresses. Without permissions there, the cluster's word counts.
    type: bool
    default: true
  hosts:
    description: DNS names of load balancers, and names of PersistentVolumes, that an earlier call found.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that all of it may take.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Say what goes and what stays
  landfall.eks.uninstall:
    kubeconfig: .landfall/kubeconfig
    state: shown
    cluster: production
    records: landfall-system
    releases:
      - {name: eck-stack, namespace: logging}
"""

RETURN = r"""
rows:
  description: What goes and what stays, each C({what, name, fate, why}).
  type: list
  elements: dict
  returned: with V(shown)
problems:
  description: Sentences on what has to be seen to first.
  type: list
  elements: str
  returned: with V(shown)
notes:
  description: Sentences on what could not be read.
  type: list
  elements: str
  returned: always
removed:
  description: What was asked to go, or would be in check mode.
  type: list
  elements: str
  returned: with V(cleared) and V(emptied)
waiting:
  description: What is still there, and what holds it.
  type: dict
  returned: with V(cleared) and V(emptied)
hosts:
  description: DNS names of load balancers, or names of PersistentVolumes, to pass to the next call.
  type: list
  elements: str
  returned: with V(cleared) and V(emptied)
"""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import words, wrong_words
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import aws as in_aws
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import plan, steps

LOOK_SECONDS = 5
POLL_SECONDS = 0.5


class NotAskedError(Exception):
    """A sentence on why AWS was not asked."""


@contextlib.contextmanager
def asking(module: AnsibleModule) -> Iterator[Any]:
    """Give a session of the cluster's region; NotAskedError for whatever comes between."""
    if aws.MISSING:
        raise NotAskedError("the Python package boto3 is missing: install Landfall's requirements.txt")
    try:
        yield Session(module.params["region"])
    except AwsError as error:
        raise NotAskedError(str(error)) from error


def shown(module: AnsibleModule, cluster: Cluster, what: plan.UninstallRequest) -> dict[str, Any]:
    found = plan.plan_uninstall(cluster, what)
    notes: list[str] = []
    if module.params["ask_aws"]:
        goes = "addresses" in what.asked
        try:
            with asking(module) as session:
                there = in_aws.addresses(session, module.params["cluster"])
            why = "given back to AWS, for good" if goes else "AWS charges for it; asked for as addresses"
            found.rows += [plan.Row("Elastic IP", each.name, "goes" if goes else "stays", why) for each in there]
        except NotAskedError as error:
            notes.append(f"Elastic IPs were not looked at: {error}")
            if goes:
                found.problems.append(f"uninstall_delete names addresses, but AWS cannot be asked: {error}")
    return {"changed": False, "notes": notes, **found.as_dict()}


def cleared(module: AnsibleModule, cluster: Cluster, what: plan.UninstallRequest) -> dict[str, Any]:
    dry_run, hosts = module.check_mode, list(module.params["hosts"])
    step = steps.custom_resources(cluster, what, dry_run=dry_run)
    notes: list[str] = []
    removed, waiting = step.removed, step.waiting
    if not waiting:
        balanced = steps.services(cluster, what, dry_run=dry_run)
        removed, waiting = removed + balanced.removed, balanced.waiting
        hosts = sorted({*hosts, *balanced.hosts})
    if not waiting and hosts and module.params["ask_aws"] and not dry_run:
        waiting, notes = still_in_aws(module, hosts)
    return {"changed": bool(removed), "removed": removed, "waiting": waiting, "hosts": hosts, "notes": notes}


def still_in_aws(module: AnsibleModule, hosts: list[str]) -> tuple[dict[str, str], list[str]]:
    try:
        with asking(module) as session:
            return in_aws.balancers_there(session, hosts), []
    except NotAskedError as error:
        return {}, [f"Whether AWS has let go of the load balancers was not looked at; the cluster says so: {error}"]


def emptied(module: AnsibleModule, cluster: Cluster, what: plan.UninstallRequest) -> dict[str, Any]:
    dry_run = module.check_mode
    step = steps.Step(hosts=list(module.params["hosts"]))
    if "volumes" in what.asked:
        asked = steps.volumes(cluster, what, dry_run=dry_run)
        step.removed, step.waiting = asked.removed, asked.waiting
        step.hosts = sorted({*step.hosts, *asked.hosts})
        if not step.waiting and not dry_run:
            step.waiting = steps.gone_volumes(cluster, step.hosts)
    if "addresses" in what.asked and module.params["ask_aws"] and not step.waiting:
        released, step.waiting = give_back(module, dry_run=dry_run)
        step.removed += released
    return {
        "changed": bool(step.removed),
        "removed": step.removed,
        "waiting": step.waiting,
        "hosts": step.hosts,
        "notes": [],
    }


def give_back(module: AnsibleModule, *, dry_run: bool) -> tuple[list[str], dict[str, str]]:
    """Release the Elastic IPs; return those that were, and what holds the others. NotAskedError."""
    released, waiting = [], {}
    with asking(module) as session:
        for each in in_aws.addresses(session, module.params["cluster"]):
            if each.holds and not dry_run:
                waiting[f"Elastic IP {each.name}"] = each.holds
                continue
            if not dry_run:
                session.call("ec2", "release_address", AllocationId=each.id)
            released.append(f"Elastic IP {each.name}")
    return released, waiting


def repeated(module: AnsibleModule, cluster: Cluster, what: plan.UninstallRequest) -> dict[str, Any]:
    """Look again for a few seconds, so that what goes at once needs no second start of this module."""
    step = cleared if module.params["state"] == "cleared" else emptied
    deadline = time.monotonic() + min(LOOK_SECONDS, module.params["timeout"])
    removed: list[str] = []
    while True:
        found = step(module, cluster, what)
        removed += found["removed"]
        module.params["hosts"] = found["hosts"]
        if not found["waiting"] or time.monotonic() > deadline:
            return found | {"removed": removed, "changed": bool(removed)}
        time.sleep(POLL_SECONDS)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "state": {"type": "str", "choices": ["shown", "cleared", "emptied"], "required": True},
            "releases": {"type": "list", "elements": "dict", "required": True},
            "records": {"type": "str", "required": True},
            "delete": {"type": "raw", "default": []},
            "kinds": {"type": "list", "elements": "str", "default": []},
            "cluster": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "ask_aws": {"type": "bool", "default": True},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    params = module.params
    if wrong := wrong_words("uninstall_delete", params["delete"]):
        module.fail_json(msg=wrong[0])
    releases = frozenset((each["namespace"], each["name"]) for each in params["releases"])
    asked, kinds = frozenset(words(params["delete"])), tuple(params["kinds"])
    what = plan.UninstallRequest(releases, params["records"], asked, kinds)
    with reading(module) as cluster:
        try:
            module.exit_json(**(shown if params["state"] == "shown" else repeated)(module, cluster, what))
        except NotAskedError as error:
            module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
