#!/usr/bin/python
"""Module that finds the addresses of a load balancer by its DNS name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: balancer_addresses
short_description: Finds the addresses of a load balancer by its DNS name
description:
  - Looks it up among the load balancers that AWS lists, takes its Elastic IPs, or else the addresses of its network
    interfaces, and waits until each of its zones has one. Those of an internal one are private.
  - DNS is asked where that is what is wanted, and with O(way=auto) where AWS is of no help.
author: The Landfall authors
options:
  names:
    description: DNS names of load balancers.
    type: list
    elements: str
    required: true
  way:
    description: How the addresses are found, as C(ingress_addresses) has it.
    type: str
    choices: [auto, eip, eni, dns]
    default: auto
  region:
    description: AWS region; empty for that of the environment or the profile.
    type: str
    default: ""
  timeout:
    description: Seconds to wait until all is there; in check mode there is no waiting.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Find the addresses of a load balancer
  landfall.eks.balancer_addresses:
    names: [example.elb.eu-central-1.amazonaws.com]
"""

RETURN = r"""
addresses:
  description: The addresses, sorted; none if there are none in time.
  type: list
  elements: str
  returned: always
way:
  description: Where they are from, in words.
  type: str
  returned: always
notes:
  description: What is missing, or why AWS was of no help, one sentence each.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.hosts.resolve import wait_for_addresses

try:
    from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
    from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import lookup

    HAS_BOTO3 = True
except ImportError:
    HAS_BOTO3 = False

NO_BOTO3 = "The Python package boto3 is missing: install Landfall's requirements.txt."


def from_aws(module: AnsibleModule, timeout: float) -> dict[str, Any]:
    """Return the module's result from AWS; fails unless DNS may be asked instead."""
    problem = NO_BOTO3
    if HAS_BOTO3:
        try:
            found = lookup.wait(Session(module.params["region"]), module.params["names"], timeout)
            notes = [f"{found.missing}."] if found.missing else []
            return {"addresses": list(found.addresses), "way": found.way, "notes": notes}
        except AwsError as error:
            problem = str(error)
    if module.params["way"] != "auto":
        module.fail_json(msg=f"{problem} Or write ingress_addresses: dns, or the addresses as hosts_addresses.")
    return {"addresses": [], "way": "", "notes": [problem]}


def from_dns(module: AnsibleModule, timeout: float) -> list[str]:
    """Return the addresses that the names have in DNS."""
    found = [wait_for_addresses(name, timeout) for name in module.params["names"]]
    return sorted({address for each in found for address in each})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "way": {"type": "str", "choices": ["auto", "eip", "eni", "dns"], "default": "auto"},
            "region": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    timeout = 0 if module.check_mode else module.params["timeout"]
    result: dict[str, Any] = {"addresses": [], "way": "", "notes": []}
    if module.params["way"] != "dns":
        result = from_aws(module, timeout)
    if not result["addresses"] and module.params["way"] in {"auto", "dns"}:
        result |= {"addresses": from_dns(module, timeout), "way": "DNS"}
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
