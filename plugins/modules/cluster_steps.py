#!/usr/bin/python
"""Module that works out the updates which lead a stack to a template, from what is live."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_steps
short_description: Works out the updates that make a cluster's stack what a template says
version_added: 0.1.0
description:
  - Splits a change into the updates that CloudFormation takes one after the other, since it refuses to move nodes to
    another version together with anything else of them. Each time it looks at what is live, so a run that was killed
    goes on.
  - Add-ons and nodes wait until C(follow), as long as they are behind the control plane.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  cluster:
    description: Name of the stack's cluster; empty for a stack without one.
    type: str
    default: ""
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  template:
    description: The wanted template as JSON.
    type: str
    required: true
  tags:
    description: The wanted tags of the stack.
    type: dict
    default: {}
  follow:
    description: Whether nodes and add-ons may follow the control plane.
    type: bool
    default: false
  patch:
    description: Whether nodes get the newest image of their version.
    type: bool
    default: false
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
"""

EXAMPLES = r"""
- name: Work out the updates
  landfall.eks.cluster_steps:
    stack: landfall-production
    cluster: production
    template: "{{ template }}"
"""

RETURN = r"""
steps:
  description: The updates in their order, each with C(name), C(body) (the template, or empty), C(version) (of the
    control plane, where EKS's API moves it) and C(lines).
  type: list
  elements: dict
  returned: always
target:
  description: The template after the last update, as JSON.
  type: str
  returned: always
groups:
  description: The node groups that get a newer image, each with C(name), C(version) and C(line).
  type: list
  elements: dict
  returned: always
lines:
  description: What is done, what waits, and until when EKS can roll the control plane back, a line each.
  type: list
  elements: str
  returned: always
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks import (
    live,
    patches,
    rollback,
    stack,
    steps,
    support,
    upgrade_facts,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


@dataclass
class Seen:
    """What EKS says of the stack's cluster; `lines` are on its versions."""

    version: str = ""
    lines: list[str] = field(default_factory=list)
    behind: list[patches.Behind] = field(default_factory=list)


def look(session: Session, cluster: str) -> Seen:
    """Return what runs. Without permission to read more than the cluster, a line says so. AwsError."""
    found = upgrade_facts.read_cluster(session, cluster) if cluster else upgrade_facts.Versions()
    seen = Seen(found.live)
    if not found.live:
        return seen
    now = datetime.now(UTC)
    warning = support.warning(found.live, str(found.facts["support"]), now.date())
    try:
        standing = rollback.standing(found.live, live.read_updates(session, cluster))
        seen.behind = patches.read_groups(session, live.read_groups(session, cluster))
    except AwsError as error:
        seen.lines = [warning, f"How old nodes are, and until when EKS rolls back, was not read ({refusal(error)})."]
    else:
        seen.lines = [warning, rollback.line(standing, now)]
    return seen


def work_out(session: Session, params: dict[str, Any]) -> dict[str, Any]:
    found = stack.read(session, params["stack"])
    there = found.there and found.status not in stack.NEVER_MADE
    before = stack.live_template(session, found.name) if there else {}
    wanted = json.loads(params["template"])
    seen = look(session, params["cluster"]) if there else Seen()
    worked = steps.work_out(before, wanted, seen.version, follow=params["follow"])
    made = list(worked.now)
    target = next((each.template for each in reversed(made) if each.template), before)
    if there and target == before and dict(found.tags) != params["tags"]:
        made.append(steps.Step("tags", ("tags: those of the stack",), before))
    groups = seen.behind if params["patch"] else []
    return {
        "steps": [
            {"name": each.name, "body": each.body, "version": each.version, "lines": each.lines} for each in made
        ],
        "target": steps.body(target),
        "groups": [{"name": each.name, "version": each.version, "line": each.line()} for each in groups],
        "lines": [
            *_apart(before, seen.version),
            *_lines(made, worked.waiting, groups),
            *_behind(seen, groups),
            *(each for each in seen.lines if each),
        ],
    }


def _apart(before: steps.Template, running: str) -> list[str]:
    """Say where somebody else than CloudFormation moved the control plane."""
    named = steps.version_of(before) if before else ""
    if not running or running == named:
        return []
    return [f"The stack names {named} and the control plane runs {running}: EKS's API moves it until they agree."]


def _lines(made: list[steps.Step], waiting: tuple[str, ...], groups: list[patches.Behind]) -> list[str]:
    said = [line for each in made for line in each.lines] + [each.line() for each in groups]
    if waiting:
        said += ["These wait until you run with -e cluster_nodes_follow=true:", *(f"  {each}" for each in waiting)]
    return said


def _behind(seen: Seen, groups: list[patches.Behind]) -> list[str]:
    if groups or not seen.behind:
        return []
    told = "; ".join(each.line() for each in seen.behind)
    return [f"There are newer images ({told}): run with -e cluster_patch=true."]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "cluster": {"type": "str", "default": ""},
            "region": {"type": "str", "default": ""},
            "template": {"type": "str", "required": True},
            "tags": {"type": "dict", "default": {}},
            "follow": {"type": "bool", "default": False},
            "patch": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    try:
        told = work_out(Session(module.params["region"]), module.params)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
