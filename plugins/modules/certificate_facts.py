#!/usr/bin/python
"""Module that finds out whether the certificates of a run can be signed, or those that were supplied used."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_facts
short_description: Finds out whether the certificates of a run can be had
version_added: 0.1.0
description:
  - Judges certificates that somebody supplies, as files, texts, Secrets or ARNs of AWS Certificate Manager, and whether
    the cluster's own CA may sign for the hosts that are left to it. Nothing is changed, and no key is returned.
  - AWS is only asked where its certificates are used.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.tls
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace that keeps the originals of credentials.
    type: str
    required: true
  tls:
    required: true
  certificates:
    description: The wanted credentials of kind certificate, as M(landfall.eks.credentials) takes them.
    type: list
    elements: dict
    default: []
  releases:
    description: Release specifications; those count here whose C(load_balancer) has a C(host).
    type: list
    elements: dict
    default: []
  hosts:
    description: Host names that lead through the ingress controller.
    type: list
    elements: str
    default: []
  region:
    description: AWS region; empty for that of the cluster's endpoint, the environment or the profile.
    type: str
    default: ""
  ask_aws:
    description: Whether AWS may be asked.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Look at the certificates
  landfall.eks.certificate_facts:
    kubeconfig: "{{ platform_kubeconfig }}"
    namespace: landfall-system
    tls:
      source: provided
      certificates:
        - {certificate: /etc/pki/example.org.pem, key: /etc/pki/example.org.key}
  register: found
"""

RETURN = r"""
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
notes:
  description: What else is worth saying.
  type: list
  elements: str
  returned: always
permitted:
  description: Domains and hosts that a CA which is made may sign for.
  type: list
  elements: str
  returned: always
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.credentials import cert_manager, choice, sources
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, parse_items
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws, cryptography
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import names
from ansible_collections.landfall.eks.plugins.module_utils.preflight import certificates


def read_facts(params: dict[str, Any], cluster: Cluster, now: datetime) -> dict[str, Any]:
    """Return what is found of the module's options."""
    try:
        items = parse_items(params["certificates"], params["namespace"])
    except CredentialError as error:
        return asdict(certificates.Facts(problems=[str(error)]))
    server = endpoint.server_of(params.get("kubeconfig"), params.get("context") or "")
    region = names.region_of(cluster, params["region"], server)

    def ask() -> Session:
        if aws.MISSING:
            raise AwsError(f"the Python package {aws.MISSING} is missing: install Landfall's requirements.txt")
        return Session(region)

    wanted = certificates.questions(params, items, region)
    session = ask if params["ask_aws"] else None
    found = certificates.read(
        wanted, lambda namespace, name: cluster.get("v1", "Secret", name, namespace), session, now
    )
    found.problems += cert_manager.problems(cluster, params["tls"], items, now)
    return asdict(found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "namespace": {"type": "str", "required": True},
            "tls": {"type": "dict", "required": True, "no_log": True, "options": sources.OPTIONS},
            "certificates": {"type": "list", "elements": "dict", "default": []},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "region": {"type": "str", "default": ""},
            "ask_aws": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if cryptography.MISSING:
        module.fail_json(msg=missing_required_lib("cryptography"))
    choice.hide(module.no_log_values, module.params["tls"])
    with reading(module) as cluster:
        module.exit_json(changed=False, **read_facts(module.params, cluster, datetime.now(UTC)))


if __name__ == "__main__":
    main()
