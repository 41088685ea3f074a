#!/usr/bin/python
"""Module that shows the ages of credentials and rotates them by name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rotate
short_description: Shows the ages of credentials and rotates them by name
version_added: 0.1.0
description:
  - Without a name it shows when each credential was made, when it ends, and what rotating it means; nothing is changed.
  - With names it rotates these, each by the way of its backend. Old and new are both kept in the original Secret until
    everybody uses the new one. A run that was killed in between is ended by the next one, or by the module
    M(landfall.eks.credentials).
  - All it knows comes from the cluster, where the module M(landfall.eks.credentials) noted it.
  - No secret value is returned, logged, or written to the control node.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace that keeps the originals.
    type: str
    required: true
  cluster_name:
    description: Name of the cluster, which the subject of a new certificate authority carries.
    type: str
    default: kubernetes
  names:
    description: Credentials to rotate.
    type: list
    elements: str
    default: []
  older_than:
    description: Rotates in addition what is older than so many days, except what asks for a person.
    type: int
  timeout:
    description: Seconds to wait for a workload that is restarted.
    type: int
    default: 600
  permitted:
    description: Domains and hosts that a CA which is made may sign for, beside the names of the certificates.
    type: list
    elements: str
    default: []
  releases:
    description: Release specifications; those count here whose C(load_balancer) has a C(host).
    type: list
    elements: dict
    default: []
  region:
    description: AWS region of the load balancers; empty for that of the cluster's endpoint or the environment.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See what there is
  landfall.eks.rotate:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
  register: ages

- name: Rotate Argo CD's administrator
  landfall.eks.rotate:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    names: [argocd-admin]
"""

RETURN = r"""
credentials:
  description:
    - Per credential C(name), C(kind), C(made), C(expires), C(days_left), C(secret), C(age) in days, what rotating it
      C(means), and whether it is C(rotatable), needs a person (C(by_hand)), or is C(unfinished).
  type: list
  elements: dict
  returned: always
table:
  description: The same, as lines for people.
  type: list
  elements: str
  returned: always
rotated:
  description: Names of what was rotated, or would be in check mode.
  type: list
  elements: str
  returned: always
said:
  description: A sentence on each that was rotated.
  type: list
  elements: str
  returned: always
ca_certificate:
  description: What has to be trusted (PEM), two certificates while one CA takes the place of another.
  type: str
  returned: always
"""

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
from ansible_collections.landfall.eks.plugins.module_utils.credentials import rotation
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_ca import read_authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import cryptography
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import names


def permitted(cluster: Cluster, params: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that a CA which is made may sign for, those of load balancers among them."""
    reached = names.reached(params["releases"])
    server = endpoint.server_of(params["kubeconfig"], params["context"] or "")
    region = names.region_of(cluster, params["region"], server) if reached else ""
    return (*params["permitted"], *names.domains(reached, region))


def trusted(context: RotationContext) -> str:
    try:
        return read_authority(context)[1].bundle
    except RotationError:  # a cluster without our certificates
        return ""


def run(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    home, name = module.params["namespace"], module.params["cluster_name"]
    context = RotationContext(
        cluster, home, datetime.now(UTC), module.params["timeout"], permitted(cluster, module.params)
    )
    found = rotation.rows(context)
    if not found:
        raise RotationError(
            f"Cluster {name} has no credentials in namespace {home}: run site.yml first, or correct platform_namespace."
        )
    names = rotation.chosen(found, module.params["names"], module.params["older_than"])
    said: list[str] = []
    if names and not module.check_mode:
        said = list(rotation.rotate(context, names, name))
        found = rotation.rows(context)
    return {
        "changed": bool(names),
        "credentials": found,
        "table": rotation.table(found),
        "rotated": names,
        "said": said,
        "ca_certificate": trusted(context),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=CLUSTER_OPTIONS
        | {
            "namespace": {"type": "str", "required": True},
            "cluster_name": {"type": "str", "default": "kubernetes"},
            "names": {"type": "list", "elements": "str", "default": []},
            "older_than": {"type": "int"},
            "timeout": {"type": "int", "default": 600},
            "permitted": {"type": "list", "elements": "str", "default": []},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "region": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    if cryptography.MISSING:
        module.fail_json(msg=missing_required_lib("cryptography"))
    with reading(module) as cluster:
        try:
            result = run(module, cluster)
        except RotationError as error:
            module.fail_json(msg=str(error))
        module.exit_json(**result)


if __name__ == "__main__":
    main()
