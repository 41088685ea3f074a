#!/usr/bin/python
"""Module that tries whether addresses answer for host names."""

from __future__ import annotations

DOCUMENTATION = r"""
module: probe
short_description: Tries whether addresses answer for host names
version_added: 0.1.0
description:
  - Does a TLS handshake with each address for each name (SNI) and looks at the certificate, until all addresses answer.
  - Fails if none does. In check mode each is tried once, and nothing fails.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  addresses:
    description: The addresses.
    type: list
    elements: str
    required: true
  names:
    description: The host names.
    type: list
    elements: str
    required: true
  port:
    description: The port.
    type: int
    default: 443
  ca_file:
    description: A CA certificate (PEM) that is trusted beside those of this machine; it may be missing.
    type: path
  connect_timeout:
    description: Seconds for one handshake.
    type: float
    default: 5
  timeout:
    description: Seconds until which all addresses have to answer.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Try the addresses of a load balancer
  landfall.eks.probe:
    addresses: [203.0.113.7, 203.0.113.9]
    names: [grafana.example.org]
    ca_file: .landfall/ca.crt
"""

RETURN = r"""
answering:
  description: Addresses that answer for one of the names at least.
  type: list
  elements: str
  returned: always
silent:
  description: Why the others do not, by address.
  type: dict
  returned: always
notes:
  description: Names that an answering address does not answer for, and certificates of unknown certificate authorities.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.hosts import probe
from ansible_collections.landfall.eks.plugins.module_utils.libraries import cryptography
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence

CAUSES = (
    "Usual causes: this machine's address is not in ingress_allowed_cidrs; the load balancer's targets are not healthy "
    "yet, or the pods behind it not ready (run with --tags hosts again then); a security group, or a network without a "
    "way there; with EKS Auto Mode, a load balancer without proxy protocol. To have the addresses written as they are: "
    "hosts_probe: false."
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "addresses": {"type": "list", "elements": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "port": {"type": "int", "default": 443},
            "ca_file": {"type": "path"},
            "connect_timeout": {"type": "float", "default": 5},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    if cryptography.MISSING:
        module.fail_json(msg=sentence(cryptography.MISSING))
    params = module.params
    ca_file = Path(params["ca_file"]) if params["ca_file"] else None
    authority = ca_file.read_text() if ca_file and ca_file.is_file() else ""

    def shake(address: str, name: str) -> probe.Handshake:
        return probe.handshake(address, name, params["port"], params["connect_timeout"], authority)

    patience = 0 if module.check_mode else params["timeout"]
    found = probe.probe(params["addresses"], params["names"], shake, patience)
    result = {"answering": found.answering, "silent": found.silent, "notes": found.notes}
    if params["addresses"] and not found.answering and not module.check_mode:
        reasons = "; ".join(f"{address}: {reason}" for address, reason in found.silent.items())
        module.fail_json(msg=f"No address of the load balancer answers ({reasons}). {CAUSES}", **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
