"""Inventory of the EKS clusters of an account: one host is one cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
short_description: EKS clusters as hosts
version_added: 0.1.0
description:
  - Asks AWS which EKS clusters there are. Each becomes a host of the group C(clusters) that Landfall's playbooks run
    on, with C(platform_cluster_name), C(platform_aws_region) and C(platform_kubeconfig), and what AWS says of it in
    C(eks_cluster).
  - The kubeconfig gets a token when one is needed, and another one when it has ended. It holds no secret.
  - A cluster that is not ACTIVE is left out with a warning. A region that does not answer, or no cluster at all, is an
    error, so that no run does nothing and looks well.
  - The file's name has to end in C(landfall.yml) or C(landfall.yaml).
author: The Landfall authors (@landfall)
requirements: [boto3]
extends_documentation_fragment:
  - landfall.eks.attributes.api
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as one for this plugin.
    type: str
    required: true
    choices: [landfall.eks.clusters]
  regions:
    description: AWS regions that are asked; empty for the one that AWS_REGION or the profile names.
    type: list
    elements: str
    default: []
  names:
    description: Patterns, as of a shell, of the clusters' names; one that fits is enough.
    type: list
    elements: str
    default: ["*"]
  tags:
    description: Tags that a cluster must have, each with its value or with a list of those that will do.
    type: dict
    default: {}
  profile:
    description: AWS profile; empty for what the environment has.
    type: str
    default: ""
  roles:
    description: ARNs of IAM roles that are taken on one by one, the first with the profile's permissions, and so on.
    type: list
    elements: str
    default: []
  kubeconfig:
    description:
      - What C(platform_kubeconfig) is. V(content) is a dict, and nothing is written. V(file) is the path of a file
        that only its owner may read and that is gone when the run has ended, for tools that take nothing else.
    type: str
    choices: [content, file]
    default: content
"""

EXAMPLES = r"""
plugin: landfall.eks.clusters
regions: [eu-central-1, eu-west-1]
tags: {environment: [staging, production]}
roles: ["arn:aws:iam::111122223333:role/landfall"]
compose:
  # For a load balancer controller that cannot ask the instance metadata service.
  ingress_vpc_id: eks_cluster.vpc_id
keyed_groups:
  - {key: eks_cluster.tags.environment, prefix: environment}
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/landfall/inventory
cache_timeout: 300
"""

import hashlib
import json
import sys
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.eks import clusters
from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import MISSING
from ansible_collections.landfall.eks.plugins.module_utils.text.run_files import RunFiles

GROUP = "clusters"
ENDINGS = ("landfall.yml", "landfall.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "landfall.eks.clusters"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        if MISSING:
            raise AnsibleParserError(
                f"The Python package {MISSING} is missing from {sys.executable}: install Landfall's requirements.txt."
            )
        access = clusters.Access(self.get_option("profile") or "", tuple(self.get_option("roles")))
        filters = clusters.Filters(self.get_option("names"), self.get_option("tags"))
        hosts, warnings = clusters.named(self._found(path, access, cache), filters)
        for warning in warnings:
            self.display.warning(warning)
        if not hosts:
            raise AnsibleParserError(
                f"No cluster is left to work on by {path}: look at its regions, names and tags, or make a cluster "
                "with playbooks/cluster.yml."
            )
        self._fill(hosts, access)

    def _found(self, path: str, access: Any, cache: bool) -> list[dict[str, Any]]:
        """Return what AWS, or the cache, says of all clusters of the regions."""
        regions = self.get_option("regions")
        asked = json.dumps([regions, access.profile, access.roles])
        key = f"{self.get_cache_key(path)}_{hashlib.sha256(asked.encode()).hexdigest()[:12]}"
        caching = self.get_option("cache")
        if caching and cache and key in self.cache:
            kept: list[dict[str, Any]] = self.cache[key]
            return kept
        try:
            found = clusters.read_clusters(regions, access)
        except AwsError as error:
            raise AnsibleParserError(str(error)) from error
        if caching:
            self.cache[key] = found
        return found

    def _fill(self, hosts: dict[str, dict[str, Any]], access: Any) -> None:
        self.inventory.add_group(GROUP)
        # Everything runs on this machine and speaks to the cluster's API.
        self.inventory.set_variable(GROUP, "ansible_connection", "local")
        self.inventory.set_variable(GROUP, "ansible_python_interpreter", sys.executable)
        files = RunFiles() if self.get_option("kubeconfig") == "file" else None
        for host, facts in sorted(hosts.items()):
            kubeconfig: Any = clusters.kubeconfig(facts, access)
            if files:
                kubeconfig = str(files.write(f"{host}.kubeconfig", json.dumps(kubeconfig)))
            variables = {
                "platform_cluster_name": facts["name"],
                "platform_aws_region": facts["region"],
                "platform_kubeconfig": kubeconfig,
                "eks_cluster": facts,
            }
            self.inventory.add_host(host, group=GROUP)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._construct(host, variables)

    def _construct(self, host: str, variables: dict[str, Any]) -> None:
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
