#!/usr/bin/python
"""Module that waits until a name is in DNS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: resolve
short_description: Waits until a name is in DNS
description:
  - Asks the system's resolver for the IPv4 addresses of a name until two answers in a row agree.
author: The Landfall authors
options:
  name:
    description: The name.
    type: str
    required: true
  timeout:
    description: Seconds to be patient for.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Wait for a load balancer's name
  landfall.eks.resolve:
    name: example.elb.eu-west-1.amazonaws.com
"""

RETURN = r"""
addresses:
  description: The addresses, sorted; none if the name did not resolve in time.
  type: list
  elements: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.resolve import wait_for_addresses


def main() -> None:
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}, "timeout": {"type": "int", "default": 300}},
        supports_check_mode=True,
    )
    addresses = wait_for_addresses(module.params["name"], module.params["timeout"])
    module.exit_json(changed=False, addresses=addresses)


if __name__ == "__main__":
    main()
