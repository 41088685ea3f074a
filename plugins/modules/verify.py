#!/usr/bin/python
"""Module half of the verification: uses the platform as people do; its action plugin writes and shows the results."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Proves that the platform can be used
version_added: 0.1.0
description:
  - Does what people and programs do with the platform and says of each check whether it passed, failed or was not run,
    and why. No secret value is returned.
  - Writes C(verify.json), C(verify.xml) (JUnit) and C(verify.html), and fails if any check failed.
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
    description: Folder for the results, each file written whole or not at all.
    type: path
    required: true
  namespace:
    description: Namespace of the originals of credentials.
    type: str
    required: true
  ca_file:
    description: File with the CAs (PEM) of certificates that others provide; empty for the cluster's own.
    type: str
    default: ""
  send_alerts:
    description: Whether a test alert is sent, which calls those who are called of alerts.
    type: bool
    default: false
  timeout:
    description: Seconds that a log line, an alert or a first figure may take.
    type: int
    default: 180
  real:
    description: Names of releases whose processes are real on a simulated cluster.
    type: list
    elements: str
    default: []
  simulated:
    description: Whether kubelets and AWS are simulated.
    type: bool
    default: false
  releases:
    description: The release specifications of the settings, as role helm_release describes them.
    type: list
    elements: dict
    default: []
  hosts:
    description: Host names by release.
    type: dict
    default: {}
  checks:
    description: What is tried, as the components say it.
    type: list
    elements: dict
    default: []
  versions:
    description: The versions of Kubernetes that will do, C({oldest, newest}).
    type: dict
    default: {}
  ca:
    description: Content of O(ca_file), which the action reads.
    type: str
    default: ""
  trust_system:
    description: Whether the CAs that this machine trusts count too, as certificates come from elsewhere.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Prove that the platform can be used
  landfall.eks.verify:
    kubeconfig: .landfall/kubeconfig
    cluster: production
    folder: .landfall
    namespace: landfall-system
"""

RETURN = r"""
results:
  description: Group, name, outcome, detail, seconds and command of each check.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import cryptography, kubernetes
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses, gather
from ansible_collections.landfall.eks.plugins.module_utils.status.options import ADDRESS_OPTIONS
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import run_all
from ansible_collections.landfall.eks.plugins.module_utils.verify.plan import Plan, VerifyRequest


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "folder": {"type": "path", "required": True},
            "namespace": {"type": "str", "required": True},
            "ca_file": {"type": "str", "default": ""},
            "send_alerts": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 180},
            "real": {"type": "list", "elements": "str", "default": []},
            "simulated": {"type": "bool", "default": False},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "hosts": {"type": "dict", "default": {}},
            "checks": {"type": "list", "elements": "dict", "default": []},
            "versions": {"type": "dict", "default": {}},
            **ADDRESS_OPTIONS,
            "ca": {"type": "str", "default": ""},
            "trust_system": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if kubernetes.MISSING or cryptography.MISSING:
        module.fail_json(msg=missing_required_lib("kubernetes and cryptography"))
    options = module.params
    wanted = VerifyRequest(
        status=gather.StatusRequest(
            cluster=options["cluster"],
            home=options["namespace"],
            releases=options["releases"],
            prometheus=gather.prometheus_of(options["checks"]),
            real=options["real"],
            simulated=options["simulated"],
            hosts_file=options["hosts_file"],
            given=addresses.Given(options["hosts_names"], options["hosts_addresses"], options["names"]),
            ask=addresses.asker(options["way"], options["region"]),
        ),
        hosts=options["hosts"],
        checks=options["checks"],
        versions=options["versions"],
        send_alerts=options["send_alerts"] and not module.check_mode,
        ca=options["ca"],
        trust_system=options["trust_system"],
        seconds=options["timeout"],
    )
    with reading(module) as cluster:
        plan = Plan(cluster, wanted)
        # Whatever an answer repeats of them is masked.
        module.no_log_values.update(plan.secrets())
        results = run_all(plan.checks())
        module.exit_json(changed=False, results=[each.as_dict() for each in results])


if __name__ == "__main__":
    main()
