#!/usr/bin/python
"""Module that asks a cluster everything that must be known before the platform is installed on it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_facts
short_description: Asks a cluster whether the platform can be installed on it
version_added: 0.1.0
description:
  - Tells whether the cluster is reachable, of a known version, open to us, and has storage and room on its nodes.
  - Tells what others have installed of that which the platform brings, and which of our releases are left out for it.
  - Problems are returned, all together, so that the caller can report them with others; they do not fail the module.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  oldest_version:
    description: Oldest version of Kubernetes that will do.
    type: str
    required: true
  newest_version:
    description: Newest version of Kubernetes that will do.
    type: str
    required: true
  cluster_role:
    description: A ClusterRole with all that we must be allowed to do; empty for nothing.
    type: dict
    default: {}
  storage_class:
    description: StorageClass of the volumes; empty for the cluster's default one.
    type: str
    default: ""
  releases:
    description:
      - The release specifications of all components, as role helm_release describes them, without their values.
      - C(selected) says of each whether this run is about it.
    type: list
    elements: dict
    default: []
  check_capacity:
    description: Whether the pods of this run must have room on the nodes.
    type: bool
    default: true
  installing:
    description: Whether the run installs the platform, and does not remove it.
    type: bool
    default: true
  network_policies:
    description: Whether NetworkPolicies come with the run.
    type: bool
    default: true
  identify:
    description: Whether to ask which cluster it is, so that a run about several clusters can tell them apart.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask the cluster
  landfall.eks.cluster_facts:
    kubeconfig: .landfall/kubeconfig
    oldest_version: "1.33"
    newest_version: "1.36"
    cluster_role: {rules: [{apiGroups: [""], resources: [namespaces], verbs: [create, get]}]}
  register: found
"""

RETURN = r"""
reachable:
  description: Whether the cluster answered and knew us.
  type: bool
  returned: always
uid:
  description: What identifies the cluster, the UID of its namespace kube-system; empty if not asked for or not told.
  type: str
  returned: always
version:
  description: Version of Kubernetes.
  type: str
  returned: always
api_groups:
  description: Names of the API groups of the cluster.
  type: list
  elements: str
  returned: always
service_monitors:
  description: Whether the cluster knows ServiceMonitors.
  type: bool
  returned: always
storage_class:
  description: StorageClass that volumes get; empty if none was asked for or found.
  type: str
  returned: always
lines:
  description: What was found, by what people call it.
  type: dict
  returned: always
left:
  description: Names of our releases that this run does without, since what others brought does their work.
  type: list
  elements: str
  returned: always
delivered:
  description: Names of our releases that have an Application of Argo CD.
  type: list
  elements: str
  returned: always
parts:
  description: What is used instead of a part of our own, C({namespace, labels}) of its pods by the part's name.
  type: dict
  returned: always
load_balancer_class:
  description: Class of Services whose load balancer the cluster makes.
  type: str
  returned: always
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
"""

import os
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube import access, client
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException, HTTPError
from ansible_collections.landfall.eks.plugins.module_utils.preflight import cluster as preflight


def read_cluster(params: dict[str, Any]) -> preflight.Facts:
    """Return what is known of the cluster of a module's options, problems included."""
    problem = access.problem(params["kubeconfig"], params["context"] or "", os.environ)
    if problem:
        return preflight.Facts(problems=[problem])
    found = access.find(params["kubeconfig"], params["context"], os.environ)
    facts = ask_cluster(params)
    if found.name != access.SETTING:
        facts.lines["access"] = f"by {found.source}"
        facts.problems = [each.replace(access.SETTING, found.name) for each in facts.problems]
    return facts


def ask_cluster(params: dict[str, Any]) -> preflight.Facts:
    wanted = preflight.Requirements(
        params["oldest_version"],
        params["newest_version"],
        params["cluster_role"],
        params["storage_class"],
        params["releases"],
        params["check_capacity"],
        params["installing"],
        params["network_policies"],
    )
    try:
        api = client.client_from(params)
    except client.ClusterError as error:
        return preflight.Facts(problems=[str(error)])
    api.rest_client.pool_manager.connection_pool_kw["retries"] = client.retries_of_what_answers()
    server = api.configuration.host
    cluster = client.Cluster(api)
    try:
        uid = cluster_uid(cluster) if params["identify"] else ""
        return replace(preflight.gather(cluster, wanted), uid=uid)
    except ApiException as error:
        # The client wraps trouble with certificates into an answer without a status.
        if not error.status:
            return preflight.Facts(problems=[preflight.silence_problem(str(error.reason), server)])
        return preflight.Facts(problems=[preflight.refusal_problem(error.status, str(error.reason), server)])
    except (HTTPError, OSError) as error:
        return preflight.Facts(problems=[preflight.silence_problem(client.root_cause(error), server)])


def cluster_uid(cluster: client.Cluster) -> str:
    with suppress(ApiException):  # without that permission the Lease tells
        found = cluster.get("v1", "Namespace", "kube-system") or {}
        return str(found.get("metadata", {}).get("uid", ""))
    return ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **client.CLUSTER_OPTIONS,
            "oldest_version": {"type": "str", "required": True},
            "newest_version": {"type": "str", "required": True},
            "cluster_role": {"type": "dict", "default": {}},
            "storage_class": {"type": "str", "default": ""},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "check_capacity": {"type": "bool", "default": True},
            "installing": {"type": "bool", "default": True},
            "network_policies": {"type": "bool", "default": True},
            "identify": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    client.hide_secrets(module)
    module.exit_json(changed=False, **asdict(read_cluster(module.params)))


if __name__ == "__main__":
    main()
