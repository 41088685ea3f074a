#!/usr/bin/python
"""Module that says whether EKS can roll a control plane back, and what is in the way."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_rollback
short_description: Says whether EKS can roll a cluster's control plane back by one version
version_added: 0.1.0
description:
  - EKS does so for seven days after an upgrade, if neither nodes nor add-ons are newer than the older version takes.
  - Problems are returned, all together; they do not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
"""

EXAMPLES = r"""
- name: See whether a cluster can go back
  landfall.eks.cluster_rollback:
    name: production
"""

RETURN = r"""
target:
  description: The version to roll back to; empty where there is none.
  type: str
  returned: always
done:
  description: Whether the last thing that happened to the version was a rollback.
  type: bool
  returned: always
until:
  description: Until when EKS rolls back, in words; empty if it does not.
  type: str
  returned: always
problems:
  description: What is in the way, a sentence each.
  type: list
  elements: str
  returned: always
"""

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import live, rollback, upgrade_facts
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def ask(session: Session, name: str, now: datetime) -> dict[str, Any]:
    versions = upgrade_facts.read_cluster(session, name)
    if not versions.live:
        return _told(rollback.Standing(), now, [f"There is no cluster {name} in {session.region}."])
    found = rollback.standing(versions.live, live.read_updates(session, name))
    if found.done or found.going:
        return _told(found, now, [])
    if problem := rollback.window_problem(found, name, versions.live, now):
        return _told(found, now, [problem])
    addons, offered = upgrade_facts.read_addons(session, name, found.target)
    facts = rollback.Facts(
        name,
        versions.live,
        str(versions.facts["status"]),
        str(versions.facts["support"]),
        live.read_groups(session, name),
        addons,
        offered,
        upgrade_facts.read_insights(session, name, versions),
    )
    return _told(found, now, rollback.problems(found, facts, now.date()))


def _told(found: rollback.Standing, now: datetime, problems: list[str]) -> dict[str, Any]:
    return {
        "target": found.target,
        "done": found.done,
        "until": rollback.line(found, now),
        "problems": problems,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}, "region": {"type": "str", "default": ""}},
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    try:
        told = ask(Session(module.params["region"]), module.params["name"], datetime.now(UTC))
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
