#!/usr/bin/python
"""Module that says what a cluster was created with, and what is in the way of a new one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_creation
short_description: Says what an EKS cluster was created with, and what is in the way of a new one
version_added: 0.1.0
description:
  - What is fixed when a cluster is created is decided here, before its template is made. That is whether its creator is
    an administrator, its zones, and its network if that is there already. A cluster that is there keeps what its stack
    has.
  - Before a cluster is created it checks that the identity of the run can enter it, and that the account has room for
    it, has no log group left of a former one, and encrypts volumes with a key that nodes may use.
  - Problems are returned; they do not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  settings:
    description: The settings of role cluster, as filter P(landfall.eks.cluster_template#filter) takes them.
    type: dict
    required: true
  zones:
    description: How many zones the cluster is to have, if their names do not say.
    type: int
    default: 3
  stack_role:
    description: ARN of the role that CloudFormation uses, which then is the creator; empty for none.
    type: str
    default: ""
  must_enter:
    description: Whether the run goes on inside of the cluster.
    type: bool
    default: true
  endpoint:
    description: URL of the cluster's API; empty while there is none.
    type: str
    default: ""
  vpc:
    description: Id of the VPC that the cluster is in; empty while there is none.
    type: str
    default: ""
  subnets:
    description: Ids of the subnets that the cluster is in; empty while there is none.
    type: list
    elements: str
    default: []
  judge:
    description: Whether the stack holds a cluster at all.
    type: bool
    default: true
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
"""

EXAMPLES = r"""
- name: See what is decided, and in the way
  landfall.eks.cluster_creation:
    stack: landfall-production
    settings: "{{ settings_of_the_template }}"
"""

RETURN = r"""
decided:
  description: What is fixed at creation, as C(settings) names it; C(creator_is_admin), C(zone_names) in order, and of a
    network that is there already C(vpc_id) and C(vpc_cidrs).
  type: dict
  returned: always
problems:
  description: What is in the way, a sentence each.
  type: list
  elements: str
  returned: always
notes:
  description: What is otherwise than the settings say, and what could not be judged, a sentence each.
  type: list
  elements: str
  returned: always
"""

from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import (
    account_limits,
    availability_zones,
    creation,
    existing_subnets,
    obstacles,
    stack,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import groups_from
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def ask(params: dict[str, Any]) -> dict[str, Any]:
    settings = params["settings"]
    if not params["judge"]:
        return {"decided": {}, "problems": [], "notes": []}
    session = Session(params["region"])
    live = creation.live_template(session, stack.read(session, params["stack"]))
    groups = () if settings["auto_mode"] else groups_from(settings["node_groups"])
    zones = availability_zones.read(session, groups)
    network = _network(session, settings, zones)
    chosen = _zones(session, params, live, zones, network)
    admin = bool(settings["creator_is_admin"]) if live is None else creation.creator_is_admin(live)
    problems, notes = list(chosen.problems), list(chosen.notes)
    problems += _some(
        existing_subnets.left(session, params["subnets"], network) if network and live else "",
        existing_subnets.moved(live, params["vpc"], network),
        creation.switched(live, auto_mode=settings["auto_mode"]),
    )
    if params["must_enter"]:
        problems += _some(obstacles.out_of_reach(params["endpoint"], public=bool(settings["endpoint_public"])))
    if live is None:
        entering = creation.Entering(settings["access"], admin, params["stack_role"], params["must_enter"])
        problems += _some(creation.lockout(session, entering))
        problems += _some(obstacles.left_logs(session, settings["name"]))
        gateways = 0 if network else len(chosen.names) if settings["nat_gateways"] == "each_zone" else 1
        for problem, note in (obstacles.disk_key(session), *account_limits.judge(session, groups, gateways)):
            problems += _some(problem)
            notes += _some(note)
    given = {"vpc_id": network.vpc_id, "vpc_cidrs": network.cidrs} if network else {}
    return {
        "decided": {"creator_is_admin": admin, "zone_names": list(chosen.names), **given},
        "problems": problems,
        "notes": notes,
    }


def _network(
    session: Session, settings: dict[str, Any], zones: list[availability_zones.Zone]
) -> existing_subnets.Network | None:
    """Return the network that is there already, None where the stack makes one."""
    if not settings["subnet_ids"]:
        return None
    return existing_subnets.read(session, settings["subnet_ids"], zones, auto_mode=settings["auto_mode"])


def _zones(
    session: Session,
    params: dict[str, Any],
    live: dict[str, Any] | None,
    zones: list[availability_zones.Zone],
    network: existing_subnets.Network | None,
) -> availability_zones.Choice:
    """Return the zones of a network: of one that is there, that the stack has made, or that it makes."""
    if network is not None:
        return existing_subnets.choice(network, new=live is None)
    named = params["settings"]["zone_names"]
    there = availability_zones.kept(session, params["stack"], live) if live else ()
    if there:
        return availability_zones.keep(zones, there, params["zones"], named)
    return availability_zones.choose(zones, params["zones"], named, session.region)


def _some(*sentences: str) -> Iterator[str]:
    return (each for each in sentences if each)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "settings": {"type": "dict", "required": True},
            "zones": {"type": "int", "default": 3},
            "stack_role": {"type": "str", "default": ""},
            "must_enter": {"type": "bool", "default": True},
            "endpoint": {"type": "str", "default": ""},
            "vpc": {"type": "str", "default": ""},
            "subnets": {"type": "list", "elements": "str", "default": []},
            "judge": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    try:
        told = ask(module.params)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
