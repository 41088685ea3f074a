#!/usr/bin/python
"""Module that finds out what a run has to do about each load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: load_balancer_facts
short_description: Finds out what a run has to do about each load balancer
version_added: 0.1.0
description:
  - Compares Services of type LoadBalancer as the settings want them with the live ones, and refuses what AWS or the
    controller could only do by recreating the load balancer, or would not do at all.
  - For one that is to be made it finds the subnets and whether Elastic IPs can be had there. Nothing is changed.
  - AWS is only asked where a load balancer is to be made, or where subnets are written in two ways.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the EKS cluster.
    type: str
    required: true
  region:
    description: AWS region; empty for that of the environment or the profile.
    type: str
    default: ""
  vpc_id:
    description: Id of the cluster's VPC; empty to ask EKS.
    type: str
    default: ""
  releases:
    description:
      - Release specifications, as role helm_release describes them; those with a C(load_balancer) count here.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the load balancers
  landfall.eks.load_balancer_facts:
    kubeconfig: /home/me/kubeconfig
    cluster: shop
    releases: "{{ platform_run.releases }}"
"""

RETURN = r"""
services:
  description:
    - "By the release's name: C(annotations) that come on top, C(subnets) and C(zones) that get an Elastic IP each,
      C(replace) if the live Service goes first, C(namespace) and C(name)."
  type: dict
  returned: always
lines:
  description: What is planned for each, in words, by the Service.
  type: dict
  returned: always
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.plan import (
    Account,
    NoAccount,
    Places,
    plan,
    rows_of,
)


class Asked:
    """The account, once there is a question: a run that changes nothing has none, and does not load boto3 for it."""

    def __init__(self, region: str, cluster: str, vpc_id: str) -> None:
        self._about = (region, cluster, vpc_id)

    @cached_property
    def _account(self) -> Account:
        from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import MISSING  # noqa: PLC0415
        from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.account import AwsAccount  # noqa: PLC0415

        return NoAccount() if MISSING else AwsAccount(*self._about)

    def holds(self, wanted: Sequence[str], there: Sequence[str], host: str) -> bool:
        return self._account.holds(wanted, there, host)

    def places(self, release: str, scheme: str, subnets: Sequence[str]) -> Places:
        return self._account.places(release, scheme, subnets)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "vpc_id": {"type": "str", "default": ""},
            "releases": {"type": "list", "elements": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    account = Asked(params["region"], params["cluster"], params["vpc_id"])
    rows = rows_of(params["releases"])
    with reading(module) as cluster:
        live = {row.release: cluster.get("v1", "Service", row.name, row.namespace) for row in rows}
    planned = {row.release: plan(row, live[row.release], account) for row in rows}
    module.exit_json(
        changed=False,
        services={release: asdict(each) for release, each in planned.items()},
        lines={f"{each.namespace}/{each.name}": each.line for each in planned.values()},
        problems=[problem for each in planned.values() for problem in each.problems],
    )


if __name__ == "__main__":
    main()
