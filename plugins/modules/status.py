#!/usr/bin/python
"""Module half of the status: reads how a cluster stands; its action plugin writes and shows it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: status
short_description: Says how a cluster stands
version_added: 0.1.0
description:
  - Reads components and their health, newest upstream versions, certificates, ages of credentials, addresses, service
    level objectives, and who is at work. Changes nothing and takes no Lease. No secret value is returned.
  - Writes C(status.json) and C(status.html), and shows the same as tables.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.addresses
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  folder:
    description: Folder for C(status.json) and C(status.html), each written whole or not at all.
    type: path
    required: true
  namespace:
    description: Namespace of the Lease and of the originals of credentials.
    type: str
    required: true
  releases:
    description: The release specifications of the settings, as role helm_release describes them.
    type: list
    elements: dict
    default: []
  checks:
    description: What verify tries of the components; the one of kind C(metrics) names the Service of Prometheus.
    type: list
    elements: dict
    default: []
  real:
    description: Names of releases whose processes are real on a simulated cluster.
    type: list
    elements: str
    default: []
  simulated:
    description: Whether kubelets and AWS are simulated.
    type: bool
    default: false
  dns:
    description: Where the names are, C(platform_dns); with V(route53) its records are looked at.
    type: str
    choices: [hosts, route53]
    default: hosts
  dns_zone:
    description: Id or name of the hosted zone, C(platform_dns_zone).
    type: str
    default: ""
  dns_role_arn:
    description: IAM role for Route 53, C(platform_dns_role_arn).
    type: str
    default: ""
  ask_upstream:
    description: Whether the charts' repositories are asked for their newest versions.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Say how the cluster stands
  landfall.eks.status:
    kubeconfig: .landfall/kubeconfig
    cluster: production
    folder: .landfall
    namespace: landfall-system
"""

RETURN = r"""
status:
  description: What was written to C(status.json).
  type: dict
  returned: always
"""

from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.dns import names
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws, cryptography, kubernetes
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses, upstream
from ansible_collections.landfall.eks.plugins.module_utils.status.gather import StatusRequest, gather, prometheus_of
from ansible_collections.landfall.eks.plugins.module_utils.status.options import ADDRESS_OPTIONS


def route53(options: dict[str, Any]) -> addresses.Records | None:
    """Return what looks at the records in Route 53; None where the names are elsewhere."""
    if options["dns"] != "route53" or aws.MISSING:
        return None
    account = names.Account(options["cluster"], options["region"], options["dns_role_arn"])
    return partial(names.standing, account, zone=options["dns_zone"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "folder": {"type": "path", "required": True},
            "namespace": {"type": "str", "required": True},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "checks": {"type": "list", "elements": "dict", "default": []},
            "real": {"type": "list", "elements": "str", "default": []},
            "simulated": {"type": "bool", "default": False},
            **ADDRESS_OPTIONS,
            "dns": {"type": "str", "choices": ["hosts", "route53"], "default": "hosts"},
            "dns_zone": {"type": "str", "default": ""},
            "dns_role_arn": {"type": "str", "default": ""},
            "ask_upstream": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if kubernetes.MISSING or cryptography.MISSING:
        module.fail_json(msg=missing_required_lib("kubernetes and cryptography"))
    options = module.params
    ask = upstream.helm_asker(module.get_bin_path("helm") or "helm")
    wanted = StatusRequest(
        cluster=options["cluster"],
        home=options["namespace"],
        releases=options["releases"],
        prometheus=prometheus_of(options["checks"]),
        real=options["real"],
        simulated=options["simulated"],
        hosts_file=options["hosts_file"],
        given=addresses.Given(options["hosts_names"], options["hosts_addresses"], options["names"], route53(options)),
        ask=addresses.asker(options["way"], options["region"]),
        newest=partial(upstream.newest, ask=ask) if options["ask_upstream"] else None,
    )
    with reading(module) as cluster:
        module.exit_json(changed=False, status=gather(cluster, wanted))


if __name__ == "__main__":
    main()
