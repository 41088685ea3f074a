#!/usr/bin/python
"""Module that keeps the embedded local cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_cluster
short_description: Brings the embedded local cluster up, repairs it, or removes it
version_added: 0.1.0
description:
  - Runs a real Kubernetes control plane, kwok instead of kubelets, metrics-server, and moto instead of AWS,
    all as processes of the current user that listen and connect on loopback alone.
  - As root a real kubelet with containerd can join them, in namespaces of its own.
  - A process that ended, hangs or is outdated is restarted; the cluster's data stays.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description:
      - V(present) brings the cluster up or repairs it, V(absent) ends its processes and removes its folder.
      - V(checked) changes nothing and fails where this machine cannot have what is asked for.
    type: str
    choices: [present, absent, checked]
    default: present
  name:
    description: Name of the cluster.
    type: str
    required: true
  directory:
    description: Folder that holds all of the cluster.
    type: path
    required: true
  kubeconfig:
    description: Where the administrator's kubeconfig is written.
    type: path
    required: true
  tools:
    description: Folder of the programs.
    type: path
    required: true
  stages:
    description: Folder of the stages for kwok.
    type: path
    required: true
  region:
    description: AWS region that is simulated.
    type: str
    required: true
  nodes:
    description: How many nodes are simulated, dealt out over three zones.
    type: int
    required: true
  load_balancers:
    description: Services that have a network load balancer in the simulated AWS.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: Namespace of the Service.
        type: str
        required: true
      service:
        description: Name of the Service.
        type: str
        required: true
      ingress_class:
        description: Class of the Ingresses that get this load balancer's host name.
        type: str
  real_node:
    description: Whether a real kubelet with containerd joins; as root alone.
    type: bool
    default: false
  real_node_images:
    description: Images that the real node is given, since it pulls none.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The image's full name, with registry and tag.
        type: str
        required: true
      archive:
        description: Path of an archive that holds the image, as C(docker save) writes it.
        type: path
        required: true
      id:
        description: The image's digest, which tells one build of that name from another.
        type: str
        required: true
  audit:
    description: Whether the API server writes who asks it for what into C(audit.log) of the folder, 400 MB at most.
    type: bool
    default: false
attributes:
  check_mode:
    description: Whether the task says in check mode what it would do, and changes nothing.
    support: partial
    details: Says whether a process is missing or there is something to remove.
"""

EXAMPLES = r"""
- name: Bring the local cluster up
  landfall.eks.local_cluster:
    name: landfall
    directory: .landfall/cluster
    kubeconfig: .landfall/kubeconfig
    tools: .landfall/bin
    stages: roles/local_cluster/files/stages
    region: eu-west-1
    nodes: 3
    load_balancers:
      - {namespace: ingress, service: nginx-ingress-controller, ingress_class: nginx}
"""

RETURN = r"""
started:
  description: Processes that were started.
  type: list
  elements: str
  returned: when state is present
applied:
  description: Objects that were made or changed.
  type: list
  elements: str
  returned: when state is present
aws:
  description: Facts of the simulated AWS account, also in aws.json of the folder.
  type: dict
  returned: when state is present and not in check mode
seconds:
  description: How long it took.
  type: float
  returned: when state is present
"""


from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws, cryptography, kubernetes, psutil, yaml
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import cluster, real_node
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    settings_from,
)

LOAD_BALANCER = {
    "namespace": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "ingress_class": {"type": "str"},
}
IMAGE = {
    "name": {"type": "str", "required": True},
    "archive": {"type": "path", "required": True},
    "id": {"type": "str", "required": True},
}
OPTIONS = {
    "state": {"type": "str", "choices": ["present", "absent", "checked"], "default": "present"},
    "name": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "kubeconfig": {"type": "path", "required": True},
    "tools": {"type": "path", "required": True},
    "stages": {"type": "path", "required": True},
    "region": {"type": "str", "required": True},
    "nodes": {"type": "int", "required": True},
    "load_balancers": {"type": "list", "elements": "dict", "options": LOAD_BALANCER, "required": True},
    "real_node": {"type": "bool", "default": False},
    "real_node_images": {"type": "list", "elements": "dict", "options": IMAGE, "default": []},
    "audit": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    if missing := next((each.MISSING for each in (aws, cryptography, kubernetes, psutil, yaml) if each.MISSING), ""):
        module.fail_json(msg=missing_required_lib(missing))
    try:
        settings = settings_from(module.params)
        if module.params["state"] == "absent":
            module.exit_json(changed=cluster.remove(settings, dry_run=module.check_mode))
        if module.params["state"] == "checked":
            if settings.real_node:
                real_node.check(settings)
            module.exit_json(changed=False)
        if module.check_mode:
            missing = cluster.missing(settings)
            module.exit_json(changed=bool(missing), started=missing, applied=[], seconds=0)
        report = cluster.ensure(settings)
    except LocalClusterError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=report.changed,
        started=report.started,
        applied=report.applied,
        aws=report.aws,
        seconds=report.seconds,
    )


if __name__ == "__main__":
    main()
