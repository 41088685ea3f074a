"""The options by which a module finds the platform's names and addresses, as status/options.py has them."""

from __future__ import annotations


class ModuleDocFragment:
    """Named by those modules under `extends_documentation_fragment`."""

    DOCUMENTATION = r"""
options:
  hosts_file:
    description: File that holds the hosts block; empty where none is written.
    type: str
    default: ""
  names:
    description: The platform's names, C({host, namespace, release}). An Ingress of that release in that namespace for
      that host is its own.
    type: list
    elements: dict
    default: []
  hosts_names:
    description: Names for the hosts block beside those.
    type: list
    elements: str
    default: []
  hosts_addresses:
    description: Addresses of the load balancer that a person wrote down.
    type: list
    elements: str
    default: []
  way:
    description: How its addresses are found otherwise, as C(ingress_addresses) has it.
    type: str
    default: auto
  region:
    description: AWS region; empty for that of the environment or the profile.
    type: str
    default: ""
"""
