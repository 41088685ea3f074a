"""What is asked for: the settings of one local cluster, and the address plan that follows from them."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# 198.18.0.0/15 is reserved for benchmarks: an address of it can never be somebody's.
VPC_CIDR = "198.18.0.0/16"
POD_CIDR = "198.18.128.0/18"
REAL_NODE_CIDR = "198.18.64.0/18"
SERVICE_CIDR = "198.19.0.0/16"
API_SERVICE_IP = "198.19.0.1"
API_SERVER_IP = "198.18.254.1"
METRICS_SERVER_IP = "198.18.255.1"
# 203.0.113.0/24 is reserved for documentation.
PUBLIC_CIDR = "203.0.113.0/24"

ZONE_LETTERS = "abc"
SUBNET_PREFIX = 20
FIRST_HOST = 10
NAME_PART = 8
HASH_PART = 10
MOST_NODES = 30
MOST_LOAD_BALANCERS = 20


class LocalClusterError(Exception):
    """A sentence on what went wrong with the local cluster and what to do."""


@dataclass(frozen=True)
class LoadBalancer:
    """A Service that has a network load balancer in the simulated AWS; `ingress_class`, if any, is what it serves."""

    cluster: str
    namespace: str
    service: str
    ingress_class: str = ""

    @property
    def key(self) -> str:
        """The Service as `namespace/name`."""
        return f"{self.namespace}/{self.service}"

    @property
    def name(self) -> str:
        """The load balancer's name, built the way the AWS Load Balancer Controller builds it."""
        namespace, service = (re.sub(r"[^a-z0-9]", "", part)[:NAME_PART] for part in (self.namespace, self.service))
        digest = hashlib.sha256(f"{self.cluster}/{self.key}".encode()).hexdigest()[:HASH_PART]
        return f"k8s-{namespace}-{service}-{digest}"


@dataclass(frozen=True)
class Subnet:
    """A public subnet; `cidr` is inside VPC_CIDR."""

    zone: str
    cidr: str


@dataclass(frozen=True)
class FakeNode:
    """A node that kwok simulates."""

    name: str
    zone: str
    address: str


@dataclass(frozen=True)
class Image:
    """An image for the real node: its full name, an archive that holds it, and the digest that tells it from others."""

    name: str
    archive: str
    id: str


@dataclass(frozen=True)
class Settings:
    """The cluster as the role describes it. All paths are absolute."""

    name: str
    directory: Path
    kubeconfig: Path
    tools: Path
    stages: Path
    region: str
    node_count: int
    load_balancers: tuple[LoadBalancer, ...]
    real_node: bool = False
    images: tuple[Image, ...] = ()
    audit: bool = False

    @property
    def context(self) -> str:
        """The kubeconfig's one context."""
        return f"{self.name}-local"

    def subnets(self) -> list[Subnet]:
        """One public subnet per zone."""
        blocks = ipaddress.ip_network(VPC_CIDR).subnets(new_prefix=SUBNET_PREFIX)
        return [
            Subnet(f"{self.region}{letter}", str(block)) for letter, block in zip(ZONE_LETTERS, blocks, strict=False)
        ]

    def nodes(self) -> list[FakeNode]:
        """The nodes, dealt out over the zones, each with an address in its zone's subnet."""
        subnets = self.subnets()
        return [self._node(index, subnets[index % len(subnets)]) for index in range(self.node_count)]

    def _node(self, index: int, subnet: Subnet) -> FakeNode:
        host = FIRST_HOST + index // len(ZONE_LETTERS)
        address = str(ipaddress.ip_network(subnet.cidr)[host])
        return FakeNode(f"ip-{address.replace('.', '-')}.{self.region}.compute.internal", subnet.zone, address)

    def public_addresses(self, balancer: LoadBalancer) -> list[str]:
        """The public addresses of a load balancer, one per subnet, always the same ones."""
        start = FIRST_HOST * (1 + self.load_balancers.index(balancer))
        network = ipaddress.ip_network(PUBLIC_CIDR)
        return [str(network[start + offset]) for offset in range(len(ZONE_LETTERS))]


def settings_from(params: dict[str, Any]) -> Settings:
    """Read a module's parameters: name, directory, kubeconfig, tools, stages, region, nodes, load_balancers,
    real_node, real_node_images: [{name, archive, id}], audit.

    LocalClusterError for a number that the address plan has no room for.
    """
    if not 1 <= params["nodes"] <= MOST_NODES:
        raise LocalClusterError(f"local_cluster_nodes is {params['nodes']}: write a number from 1 to {MOST_NODES}.")
    if len(params["load_balancers"]) > MOST_LOAD_BALANCERS:
        raise LocalClusterError(
            f"local_cluster_load_balancers is too long: name at most {MOST_LOAD_BALANCERS} Services."
        )
    return Settings(
        name=params["name"],
        directory=Path(params["directory"]).resolve(),
        kubeconfig=Path(params["kubeconfig"]).absolute(),
        tools=Path(params["tools"]).resolve(),
        stages=Path(params["stages"]).absolute(),
        region=params["region"],
        node_count=params["nodes"],
        load_balancers=tuple(
            LoadBalancer(params["name"], each["namespace"], each["service"], each["ingress_class"] or "")
            for each in params["load_balancers"]
        ),
        real_node=params.get("real_node", False),
        images=tuple(Image(each["name"], each["archive"], each["id"]) for each in params.get("real_node_images") or []),
        audit=params.get("audit", False),
    )
