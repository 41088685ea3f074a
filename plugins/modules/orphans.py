#!/usr/bin/python
"""Module that finds what a cluster left in AWS, and sweeps it where that is asked."""

from __future__ import annotations

DOCUMENTATION = r"""
module: orphans
short_description: Finds what a cluster left in AWS, and sweeps it
version_added: 0.1.0
description:
  - V(reported) only looks, by the tags of the cluster, at load balancers, target groups, network interfaces, security
    groups, volumes, snapshots, Elastic IPs, log groups, machines, roles, keys, and at networks that no stack holds.
  - V(swept) removes what controllers left, in the order that AWS allows, each only if it has the cluster's
    own tag. Rules by which its security groups refer to each other are revoked first.
  - Volumes, snapshots, Elastic IPs and log groups go only if they are asked for by name.
  - V(late_logs) deletes the log groups that EKS creates again after a cluster has gone, as often as they come back
    while it looks, C(tries) times.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.api
options:
  state:
    description: Whether to look or to sweep.
    type: str
    choices: [reported, swept, late_logs]
    default: reported
  name:
    description: Name of the cluster, as the tags have it.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  delete:
    description:
      - What else a sweep takes, a list or names with commas, of V(volumes), V(addresses), V(snapshots), V(logs).
    type: raw
    default: []
  tries:
    description: How often a sweep asks for what AWS does not let go yet, or looks for late logs.
    type: int
    default: 30
  pause:
    description: Seconds between two of these tries.
    type: float
    default: 10.0
attributes:
  check_mode:
    description: Says what a sweep would take.
    support: full
"""

EXAMPLES = r"""
- name: Look for what the cluster left
  landfall.eks.orphans:
    name: production
    region: eu-central-1
"""

RETURN = r"""
rows:
  description: What is there, each C({kind, id, name, why, taken, holds, monthly}); C(taken) says if a sweep takes it.
  type: list
  elements: dict
  returned: always
lines:
  description: The same as a table.
  type: list
  elements: str
  returned: always
left:
  description: What is left without anybody's wish, one sentence each. What stays by choice is not among it.
  type: list
  elements: str
  returned: always
foreign:
  description: What is in the cluster's network without its tag, and would hold it, one sentence each.
  type: list
  elements: str
  returned: always
unread:
  description: What could not be looked at, one sentence each.
  type: list
  elements: str
  returned: always
monthly:
  description: About what it costs, US dollars a month.
  type: float
  returned: always
taken:
  description: What a sweep took, or would take in check mode.
  type: list
  elements: str
  returned: when swept
stuck:
  description: What it could not take and why, one sentence each.
  type: list
  elements: str
  returned: when swept
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws
from ansible_collections.landfall.eks.plugins.module_utils.orphans import search
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import IN_NETWORK
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import (
    SWEEPABLE,
    words,
    wrong_words,
)
from ansible_collections.landfall.eks.plugins.module_utils.orphans.sweep import SweepResult, sweep, sweep_late_logs


def reported(session: Any, name: str, asked: frozenset[str]) -> dict[str, Any]:
    report = search.find_orphans(session, name)
    left = [each.sentence() for each in report.rows if not each.stays_by_choice(asked)]
    foreign = [each.sentence() for each in report.rows if each.why.startswith(IN_NETWORK)]
    return {"changed": False, "left": left, "foreign": foreign, "lines": search.table(report), **report.as_dict()}


def swept(session: Any, params: dict[str, Any], asked: frozenset[str], *, dry_run: bool) -> dict[str, Any]:
    name, tries, pause = params["name"], params["tries"], params["pause"]
    if params["state"] == "late_logs":
        done = SweepResult() if dry_run else sweep_late_logs(session, name, tries, pause)
    else:
        done = sweep(session, name, asked, dry_run=dry_run, tries=tries, pause=pause)
    titles = [f"{each.kind} {each.id}" for each in done.taken]
    return {**reported(session, name, asked), "changed": bool(titles), "taken": titles, "stuck": done.stuck}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["reported", "swept", "late_logs"], "default": "reported"},
            "name": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "delete": {"type": "raw", "default": []},
            "tries": {"type": "int", "default": 30},
            "pause": {"type": "float", "default": 10.0},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    params = module.params
    if wrong := wrong_words("delete", params["delete"], SWEEPABLE):
        module.fail_json(msg=wrong[0])
    asked = frozenset(words(params["delete"]))
    try:
        session = Session(params["region"])
        if params["state"] == "reported":
            module.exit_json(**reported(session, params["name"], asked))
        module.exit_json(**swept(session, params, asked, dry_run=module.check_mode))
    except AwsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
