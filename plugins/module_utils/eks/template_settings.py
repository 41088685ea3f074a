"""What a cluster's template is made from: the settings of role cluster, read into types."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TAG = "landfall.eks/cluster"
"""On every AWS resource that Landfall makes itself; its value is the cluster's name."""

INSTANCE_TYPES = {"amd64": ("m6i.xlarge", "m6a.xlarge", "m5.xlarge"), "arm64": ("m7g.xlarge", "m6g.xlarge")}
"""Unless others are named: 4 CPUs and 16 GiB. On demand takes the first; for spot, more than one is AWS's advice."""

ADDONS = (
    "vpc-cni",
    "kube-proxy",
    "eks-pod-identity-agent",
    "coredns",
    "aws-ebs-csi-driver",
    "eks-node-monitoring-agent",
)
"""What EKS installs and updates on nodes of node groups; EKS Auto Mode has its own for all of them."""


class SettingsError(Exception):
    """A setting of which no template can be made, in one sentence."""


@dataclass(frozen=True)
class NodeGroup:
    """Nodes that are alike. `disk` is in GiB; `taints` have key, value and effect."""

    name: str
    os: str = "al2023"
    architecture: str = "amd64"
    capacity: str = "on_demand"
    instance_types: tuple[str, ...] = ()
    minimum: int = 1
    maximum: int = 1
    desired: int = 1
    disk: int = 50
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class AccessEntry:
    """Who may do what: an IAM principal, an EKS access policy (admin for one), and namespaces, none being all."""

    principal_arn: str
    policy: str = "cluster_admin"
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """Everything that the template of a whole cluster says.

    With `subnet_ids` it has no network: they are the private subnets of the VPC `vpc_id`, which are there already.
    """

    name: str
    version: str
    cidr: str
    zone_names: tuple[str, ...]
    nat_gateways: str
    flow_logs: str
    endpoint_public: bool
    allowed_cidrs: tuple[str, ...]
    logs: tuple[str, ...]
    log_retention_days: int
    key_arn: str
    support: str
    creator_is_admin: bool
    access: tuple[AccessEntry, ...]
    node_groups: tuple[NodeGroup, ...]
    hop_limit: int
    addons: tuple[str, ...] = ADDONS
    addon_versions: Mapping[str, str] = field(default_factory=dict)
    permissions_boundary: str = ""
    session_manager: bool = False
    zonal_shift: bool = False
    auto_mode: bool = False
    subnet_ids: tuple[str, ...] = ()
    vpc_id: str = ""

    @property
    def zones(self) -> int:
        """How many zones the network has."""
        return len(self.zone_names)


@dataclass(frozen=True)
class Identities:
    """What the small template says: the roles of which programs of a cluster that is there already.

    With an OIDC provider's ARN they are taken on by service accounts (IRSA), else by EKS Pod Identity.
    """

    name: str
    programs: tuple[str, ...]
    oidc_provider_arn: str = ""
    permissions_boundary: str = ""


def shape_from(settings: Mapping[str, Any]) -> Shape:
    """Read the settings of role cluster, by their names without `cluster_`, and `name`. SettingsError."""
    public = bool(settings["endpoint_public"])
    allowed = tuple(settings["endpoint_cidrs"])
    if public and not allowed:
        raise SettingsError(
            "cluster_endpoint_cidrs is empty: name the networks that may reach the Kubernetes API, or set "
            "cluster_endpoint_public to false."
        )
    auto_mode = bool(settings.get("auto_mode"))
    groups = () if auto_mode else groups_from(settings["node_groups"])
    if not groups and not auto_mode:
        raise SettingsError("cluster_node_groups is empty: name at least one group of nodes.")
    return Shape(
        name=str(settings["name"]),
        version=str(settings["version"]),
        cidr=str(settings["vpc_cidr"]),
        zone_names=tuple(settings["zone_names"]),
        nat_gateways=str(settings["nat_gateways"]),
        flow_logs=str(settings["flow_logs"]),
        endpoint_public=public,
        allowed_cidrs=allowed,
        logs=tuple(settings["logs"]),
        log_retention_days=int(settings["log_retention_days"]),
        key_arn=str(settings["key_arn"]),
        support=str(settings["support"]),
        creator_is_admin=bool(settings["creator_is_admin"]),
        access=tuple(_entry(each) for each in settings["access"]),
        node_groups=groups,
        hop_limit=int(settings["node_hop_limit"]),
        addons=() if auto_mode else tuple(each for each in ADDONS if each in settings.get("addons", ADDONS)),
        addon_versions=dict(settings.get("addon_versions") or {}),
        session_manager=bool(settings.get("node_session_manager")),
        zonal_shift=bool(settings.get("zonal_shift")),
        auto_mode=auto_mode,
        subnet_ids=tuple(settings.get("subnet_ids") or ()),
        vpc_id=str(settings.get("vpc_id") or ""),
        permissions_boundary=str(settings.get("permissions_boundary") or ""),
    )


def groups_from(given: Iterable[Mapping[str, Any]]) -> tuple[NodeGroup, ...]:
    """Read the entries of cluster_node_groups."""
    return tuple(_group(each) for each in given)


def instance_types(group: NodeGroup) -> list[str]:
    """Return the instance types of a group, in the order of preference."""
    usual = INSTANCE_TYPES[group.architecture]
    return list(group.instance_types or (usual if group.capacity == "spot" else usual[:1]))


def _group(given: Mapping[str, Any]) -> NodeGroup:
    minimum = int(given.get("min", 3))
    desired = int(given.get("desired") or minimum)
    return NodeGroup(
        name=str(given["name"]),
        os=str(given.get("os") or "al2023"),
        architecture=str(given.get("architecture") or "amd64"),
        capacity=str(given.get("capacity") or "on_demand"),
        instance_types=tuple(given.get("instance_types") or ()),
        minimum=minimum,
        maximum=int(given.get("max") or max(minimum, desired)),
        desired=desired,
        disk=int(given.get("disk") or 50),
        labels=dict(given.get("labels") or {}),
        taints=tuple(given.get("taints") or ()),
    )


def _entry(given: Mapping[str, Any]) -> AccessEntry:
    return AccessEntry(
        str(given["principal_arn"]),
        str(given.get("policy") or "cluster_admin"),
        tuple(given.get("namespaces") or ()),
    )


def identities_from(settings: Mapping[str, Any]) -> Identities:
    """Read the settings of the small template. SettingsError."""
    arn = str(settings["oidc_provider_arn"])
    if arn and ":oidc-provider/" not in arn:
        raise SettingsError(
            f"cluster_oidc_provider_arn ({arn!r}) is no provider: write the ARN that `aws iam "
            "list-open-id-connect-providers` shows."
        )
    boundary = str(settings.get("permissions_boundary") or "")
    return Identities(str(settings["name"]), tuple(settings["access_for"]), arn, boundary)


def subnet_cidrs(cidr: str, zones: int) -> tuple[list[str], list[str]]:
    """Return the ranges of the public and of the private subnets, one each per zone.

    Three quarters of the VPC are for pods and nodes; the last quarter holds what the internet may reach. A network of
    10.64.0.0/16 leads to 10.64.192.0/20 and so on, and to 10.64.0.0/18 and so on.
    """
    *private, last = ipaddress.ip_network(cidr).subnets(prefixlen_diff=2)
    public = list(last.subnets(prefixlen_diff=2))
    return [str(each) for each in public[:zones]], [str(each) for each in private[:zones]]


def logical(*words: str) -> str:
    """Return a logical id, which has letters and digits alone: Nodes, spot-arm become NodesSpotArm."""
    parts = (part for word in words for part in re.split(r"[^A-Za-z0-9]+", word))
    return "".join(part[:1].upper() + part[1:] for part in parts)
