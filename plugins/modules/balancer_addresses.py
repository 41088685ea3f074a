#!/usr/bin/python
"""Module that finds the host names of Ingresses and their load balancer, with its addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
module: balancer_addresses
short_description: Finds the host names of Ingresses and the addresses of their load balancer
version_added: 0.1.0
description:
  - Reads the platform's own live Ingresses, and waits until each has a load balancer. Those of others do not count.
  - Looks that up among the load balancers that AWS lists, takes its Elastic IPs, or else the addresses of its network
    interfaces, and waits until each of its zones has one. Those of an internal one are private.
  - DNS is asked where that is what is wanted, and with C(way=auto) where AWS is of no help.
  - Fails if there is a name and no address. In check mode it looks once, and does not fail.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  own:
    description:
      - The platform's names, C({host, namespace, release}). An Ingress of that release in that namespace for that host
        is its own.
    type: list
    elements: dict
    default: []
  names:
    description: Host names beside those, whether or not an Ingress has them.
    type: list
    elements: str
    default: []
  planned:
    description: Names of releases that come with the run; in check mode theirs count as if they were live.
    type: list
    elements: str
    default: []
  addresses:
    description: Addresses of the load balancer; empty to find them.
    type: list
    elements: str
    default: []
  way:
    description:
      - How the addresses are found, as C(ingress_addresses) has it.
      - With V(none) they are not looked up; the name of the load balancer will do.
    type: str
    choices: [auto, eip, eni, dns, none]
    default: auto
  region:
    description: AWS region; empty for that of the environment or the profile.
    type: str
    default: ""
  timeout:
    description: Seconds to wait for the Ingresses' load balancer, and again until all of its addresses are there.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Find the host names of the Ingresses and the addresses of their load balancer
  landfall.eks.balancer_addresses:
    kubeconfig: /home/me/kubeconfig
    own:
      - {host: shop.example.org, namespace: shop, release: web}
"""

RETURN = r"""
names:
  description: The host names, sorted.
  type: list
  elements: str
  returned: always
balancers:
  description: The DNS names of the load balancer, as the Ingresses have them; in check mode perhaps none.
  type: list
  elements: str
  returned: always
addresses:
  description: The addresses; in check mode perhaps none.
  type: list
  elements: str
  returned: always
way:
  description: Where they are from, in words; empty if nobody had to be asked for them.
  type: str
  returned: always
notes:
  description: What is missing, or why AWS was of no help, one sentence each.
  type: list
  elements: str
  returned: always
"""

from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses
from ansible_collections.landfall.eks.plugins.module_utils.hosts.resolve import wait_for_addresses
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import lookup

AGAIN = "Run with --tags hosts again later, or write its addresses as hosts_addresses"


def from_aws(module: AnsibleModule, balancers: Sequence[str], timeout: float) -> dict[str, Any]:
    """Return addresses, way and notes from AWS; fails unless DNS may be asked instead."""
    problem = sentence(aws.MISSING)
    if not aws.MISSING:
        try:
            found = lookup.wait(Session(module.params["region"]), balancers, timeout)
            notes = [f"{found.missing}."] if found.missing else []
            return {"addresses": list(found.addresses), "way": found.way, "notes": notes}
        except AwsError as error:
            problem = str(error)
    if module.params["way"] != "auto":
        module.fail_json(msg=f"{problem} Or write ingress_addresses: dns, or the addresses as hosts_addresses.")
    return {"addresses": [], "way": "", "notes": [problem]}


def from_dns(balancers: Sequence[str], timeout: float) -> list[str]:
    """Return the addresses that the names have in DNS."""
    found = [wait_for_addresses(name, timeout) for name in balancers]
    return sorted({address for each in found for address in each})


def look_up(module: AnsibleModule, balancers: Sequence[str], timeout: float) -> dict[str, Any]:
    """Return addresses, way and notes of load balancers, from AWS or DNS."""
    result: dict[str, Any] = {"addresses": [], "way": "", "notes": []}
    if balancers and module.params["way"] not in {"dns", "none"}:
        result = from_aws(module, balancers, timeout)
    if balancers and not result["addresses"] and module.params["way"] in {"auto", "dns"}:
        result |= {"addresses": from_dns(balancers, timeout), "way": "DNS"}
    return result


def read_ingresses(module: AnsibleModule, timeout: float) -> ingresses.Published:
    """Return what the Ingresses publish; nothing if there are none. Fails if a load balancer is missing."""
    params = module.params
    if not params["own"]:
        return ingresses.Published()
    with reading(module) as cluster:
        found = ingresses.wait(
            lambda: cluster.list("networking.k8s.io/v1", "Ingress"),
            ingresses.own_of(params["own"], params["names"]),
            0 if params["addresses"] else timeout,
        )
    if found.waiting and not params["addresses"] and not module.check_mode:
        module.fail_json(
            msg=f"No load balancer was found for the Ingresses {', '.join(found.waiting)} within hosts_timeout "
            f"({params['timeout']} seconds): read their events (kubectl describe), which name the cause. {AGAIN}."
        )
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "own": {"type": "list", "elements": "dict", "default": []},
            "names": {"type": "list", "elements": "str", "default": []},
            "planned": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "way": {"type": "str", "choices": ["auto", "eip", "eni", "dns", "none"], "default": "auto"},
            "region": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    timeout = 0 if module.check_mode else params["timeout"]
    found = read_ingresses(module, timeout)
    coming = [each["host"] for each in params["own"] if module.check_mode and each["release"] in params["planned"]]
    names = sorted({*params["names"], *found.names, *coming})
    looked_up = look_up(module, [] if params["addresses"] else found.balancers, timeout)
    addresses = params["addresses"] or list(dict.fromkeys([*found.addresses, *looked_up["addresses"]]))
    if names and not addresses and params["way"] != "none" and not module.check_mode:
        which = ", ".join(found.balancers) or "of the Ingresses"
        module.fail_json(
            msg=f"No address was found for the load balancer {which} within hosts_timeout "
            f"({params['timeout']} seconds): {' '.join([*looked_up['notes'], AGAIN])}."
        )
    taken = [
        f"{host} is not written: the older Ingress {by} claims it, and NGINX serves that one: delete it, or choose "
        "another host"
        for host, by in found.taken.items()
    ]
    told = {"addresses": addresses, "notes": [*looked_up["notes"], *taken]}
    module.exit_json(changed=False, names=names, balancers=list(found.balancers), **(looked_up | told))


if __name__ == "__main__":
    main()
