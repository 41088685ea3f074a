#!/usr/bin/python
"""Module that keeps the Elastic IPs of a load balancer, one in each of its zones."""

from __future__ import annotations

DOCUMENTATION = r"""
module: elastic_ips
short_description: Keeps the Elastic IPs of a load balancer
version_added: 0.1.0
description:
  - With C(state=present) each zone has one afterwards. Those that are there are found by their tags
    C(landfall.eks/cluster) and C(landfall.eks/service), so there is never a second set.
  - With C(state=absent) they are given back to AWS, which cannot be undone. One that a load balancer still has is
    waited for.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description: Whether they are to be there.
    type: str
    choices: [present, absent]
    default: present
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  service:
    description: Name of the release whose load balancer has them; with C(state=absent), empty for all of the cluster.
    type: str
    default: ""
  zones:
    description: Availability zones, in the order of the load balancer's subnets.
    type: list
    elements: str
    default: []
  region:
    description: AWS region; empty for that of the environment or the profile.
    type: str
    default: ""
  timeout:
    description: Seconds to wait with C(state=absent) until nothing uses them any more.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Have an Elastic IP in each zone
  landfall.eks.elastic_ips:
    cluster: shop
    service: nginx-ingress
    zones: [eu-central-1a, eu-central-1b, eu-central-1c]

- name: Give all of the cluster back
  landfall.eks.elastic_ips:
    cluster: shop
    state: absent
"""

RETURN = r"""
allocations:
  description: Allocation ids in the order of the zones; in check mode, a text in place of one that is to come.
  type: list
  elements: str
  returned: when C(state=present)
addresses:
  description: Their IP addresses, as far as there are any; with C(state=absent), those that were released.
  type: list
  elements: str
  returned: always
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import elastic_ips

BETWEEN_TRIES = 5


def present(module: AnsibleModule, session: Session) -> None:
    params = module.params
    found = elastic_ips.ensure(session, params["cluster"], params["service"], params["zones"], module.check_mode)
    module.exit_json(
        changed=found.changed,
        allocations=[each.allocation_id for each in found.addresses],
        addresses=[each.ip for each in found.addresses if each.ip],
    )


def absent(module: AnsibleModule, session: Session) -> None:
    params = module.params
    deadline = time.monotonic() + (0 if module.check_mode else params["timeout"])
    gone = []
    while True:
        released = elastic_ips.release(session, params["cluster"], params["service"], module.check_mode)
        gone += [each.ip for each in released.gone]
        if not released.used or time.monotonic() >= deadline:
            break
        time.sleep(BETWEEN_TRIES)
    # In check mode what uses them would be gone before.
    if released.used and not module.check_mode:
        module.fail_json(
            msg=f"These Elastic IPs are still in use after {params['timeout']} seconds, and stay: "
            f"{', '.join(each.ip for each in released.used)}. Remove what has them, then run this again.",
            changed=bool(gone),
            addresses=gone,
        )
    gone += [each.ip for each in released.used]
    module.exit_json(changed=bool(gone), addresses=gone)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "cluster": {"type": "str", "required": True},
            "service": {"type": "str", "default": ""},
            "zones": {"type": "list", "elements": "str", "default": []},
            "region": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 300},
        },
        required_if=[("state", "present", ["service", "zones"])],
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=sentence(aws.MISSING))
    try:
        session = Session(module.params["region"])
        (present if module.params["state"] == "present" else absent)(module, session)
    except AwsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
