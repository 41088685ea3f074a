"""What a type cannot say about the settings of role cluster: sentences on what is wrong, before AWS is asked."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import ADDONS

ZONES = (2, 3)
VPC_PREFIXES = (16, 22)
"""AWS takes /16 to /28; below /22 the public subnets are too small for load balancers (8 free addresses each)."""
DISK = (20, 16_384)
"""GiB: what AL2023 and Bottlerocket need with images, and the most that gp3 has."""
CLOSING = ("NoSchedule", "NoExecute")
TOLERATED = "CriticalAddonsOnly"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?")
"""Of a cluster that is made: EKS takes more, but the name is part of the stack's, which takes these alone."""
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+")
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/\S+")
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/\S+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
_SUBNET = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_OURS = "landfall-"
"""How the names of a stack's own roles begin: CloudFormation takes them from the stack's."""
_ARM = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")
"""Families of instance types with AWS's own processors: their generation is followed by a g, as in m7g and c7gn."""


def problems(values: Mapping[str, Any], *, making: bool) -> Iterator[str]:
    """Yield the sentences; `values` are settings by name, `making` is whether this run makes or changes a cluster."""
    yield from _network(values)
    yield from _zones(values)
    yield from _access(values)
    yield from _arns(values)
    yield from _addons(values)
    yield from _subnets(values)
    yield from _auto_mode(values)
    groups = values.get("cluster_node_groups")
    for index, group in enumerate(groups or []):
        yield from _group(f"cluster_node_groups[{index}]", group)
    if not values.get("cluster_auto_mode"):
        yield from _group_names(groups)
        yield from _open_groups(groups)
    if making:
        yield from _decisions(values)


def _decisions(values: Mapping[str, Any]) -> Iterator[str]:
    """What has to be decided before a cluster is made."""
    name = str(values.get("platform_cluster_name") or "")
    if name and not _NAME.fullmatch(name):
        yield f"platform_cluster_name ({name!r}) cannot name a stack: write letters, digits and inner hyphens."
    if values.get("cluster_stack") == "access":
        return
    if values.get("cluster_endpoint_public") and not values.get("cluster_endpoint_cidrs"):
        yield (
            "cluster_endpoint_cidrs is empty: write the networks that may reach the Kubernetes API, such as "
            "['203.0.113.0/24'] (['0.0.0.0/0'] is everybody), or cluster_endpoint_public: false."
        )


def _network(values: Mapping[str, Any]) -> Iterator[str]:
    cidr = values.get("cluster_vpc_cidr")
    try:
        network = ipaddress.ip_network(str(cidr))
    except ValueError:  # said of every network, or not set
        return
    low, high = VPC_PREFIXES
    if network.version != 4 or not low <= network.prefixlen <= high:  # noqa: PLR2004
        yield f"cluster_vpc_cidr ({cidr!r}) is no range for a VPC: write an IPv4 network from /{low} to /{high}."


def _zones(values: Mapping[str, Any]) -> Iterator[str]:
    names = values.get("cluster_zone_names") or []
    if names and (len(names) not in ZONES or len(set(names)) != len(names)):
        yield f"cluster_zone_names ({names!r}) must be two or three different zones, such as eu-central-1a."


def _access(values: Mapping[str, Any]) -> Iterator[str]:
    entries = values.get("cluster_access") or []
    for index, entry in enumerate(entries):
        arn = str(entry.get("principal_arn"))
        if ":sts:" in arn:
            yield (
                f"cluster_access[{index}].principal_arn ({arn!r}) is a session and nobody: write the ARN of its role, "
                "arn:aws:iam::<account>:role/<name>."
            )
        elif not _PRINCIPAL.fullmatch(arn):
            yield (
                f"cluster_access[{index}].principal_arn ({arn!r}) is no ARN of an IAM role or user: write "
                "arn:aws:iam::<account>:role/<name>."
            )
    for arn, count in Counter(str(entry.get("principal_arn")) for entry in entries).items():
        if count > 1:
            yield f"cluster_access names {arn} {count} times: EKS keeps one entry for each, join them."


def _arns(values: Mapping[str, Any]) -> Iterator[str]:
    key, provider = values.get("cluster_key_arn") or "", values.get("cluster_oidc_provider_arn") or ""
    if key and not _KEY.fullmatch(key):
        yield f"cluster_key_arn ({key!r}) is no ARN of a KMS key: write arn:aws:kms:<region>:<account>:key/<id>."
    if provider and not _PROVIDER.fullmatch(provider):
        yield (
            f"cluster_oidc_provider_arn ({provider!r}) is no ARN of an OIDC provider: write what "
            "`aws iam list-open-id-connect-providers` shows."
        )
    yield from _iam(values)


def _iam(values: Mapping[str, Any]) -> Iterator[str]:
    boundary, role = values.get("cluster_permissions_boundary") or "", values.get("cluster_stack_role") or ""
    if boundary and not _POLICY.fullmatch(boundary):
        yield (
            f"cluster_permissions_boundary ({boundary!r}) is no ARN of an IAM policy: write "
            "arn:aws:iam::<account>:policy/<name>."
        )
    if role and not _ROLE.fullmatch(role):
        yield f"cluster_stack_role ({role!r}) is no ARN of an IAM role: write arn:aws:iam::<account>:role/<name>."
    elif role.rpartition("/")[2].startswith(_OURS):
        yield (
            f"cluster_stack_role ({role!r}) is called as the roles that a stack makes, and a stack could change it: "
            f"use a role whose name does not begin with {_OURS}."
        )


def _addons(values: Mapping[str, Any]) -> Iterator[str]:
    for name in values.get("cluster_addon_versions") or {}:
        if name not in ADDONS:
            yield f"cluster_addon_versions has {name}, which is none of {', '.join(ADDONS)}: correct or remove it."


def _subnets(values: Mapping[str, Any]) -> Iterator[str]:
    ids = [str(each) for each in values.get("cluster_subnet_ids") or []]
    for each in ids:
        if not _SUBNET.fullmatch(each):
            yield f"cluster_subnet_ids has {each!r}, which is no id of a subnet: write it as subnet-0123456789abcdef0."
    if len(set(ids)) < len(ids):
        yield "cluster_subnet_ids names a subnet twice: write each once."
    if ids and values.get("cluster_zone_names"):
        yield "cluster_zone_names and cluster_subnet_ids are both set: remove cluster_zone_names, subnets have a zone."


def _auto_mode(values: Mapping[str, Any]) -> Iterator[str]:
    """What EKS Auto Mode does itself, so that a setting of it would do nothing."""
    if not values.get("cluster_auto_mode"):
        return
    if values.get("cluster_addon_versions"):
        yield "cluster_addon_versions has no effect with cluster_auto_mode, which has no add-ons: remove either."
    if values.get("cluster_node_session_manager"):
        yield (
            "cluster_node_session_manager has no effect with cluster_auto_mode, whose nodes nobody can enter: remove "
            "either."
        )


def _group(where: str, group: Mapping[str, Any]) -> Iterator[str]:
    name = str(group.get("name"))
    if not _NAME.fullmatch(name):
        yield f"{where}.name ({name!r}) is no name of a group: write letters, digits and inner hyphens."
    yield from _sizes(where, group)
    wanted = group.get("architecture") or "amd64"
    for kind in group.get("instance_types") or []:
        actual = "arm64" if _ARM.match(str(kind)) else "amd64"
        if actual != wanted:
            yield f"{where}.instance_types has {kind}, which is {actual}, and the group is {wanted}: change either."


def _sizes(where: str, group: Mapping[str, Any]) -> Iterator[str]:
    given = group.get("min")
    low = 3 if given is None else int(given)
    desired = int(group.get("desired") or low)
    high = int(group.get("max") or max(low, desired))
    if low < 0 or high < 1:
        yield f"{where} has min {low} and max {high}: write a min of 0 or more and a max of 1 or more."
    elif not low <= desired <= high:
        yield f"{where} has min {low}, desired {desired} and max {high}: write them in that order of size."
    disk = int(group.get("disk") or DISK[0])
    if not DISK[0] <= disk <= DISK[1]:
        yield f"{where}.disk ({disk}) is no size for a node: write {DISK[0]} to {DISK[1]} GiB."


def _group_names(groups: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    if groups is not None and not groups:
        yield "cluster_node_groups is empty: name at least one group of nodes."
    names = Counter(re.sub(r"[^a-z0-9]", "", str(each.get("name")).lower()) for each in groups or [])
    for name, count in names.items():
        if count > 1:
            yield f"cluster_node_groups has {count} groups called {name}: give each a name of its own."


def _open_groups(groups: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    """Yield a sentence if no node is there for CoreDNS and the controller of the EBS driver, as EKS brings them.

    Both tolerate CriticalAddonsOnly and otherwise no taint of a node that works (their add-ons' default configuration).
    """
    if groups and not any(_starts_nodes(each) and not _closed(each) for each in groups):
        yield (
            "cluster_node_groups starts no node for CoreDNS and the EBS driver, which the cluster cannot do without: "
            "write a group without taints of effect NoSchedule and NoExecute, with a min of 1 or more."
        )


def _starts_nodes(group: Mapping[str, Any]) -> bool:
    given = group.get("min")
    return int(group.get("desired") or (3 if given is None else given)) > 0


def _closed(group: Mapping[str, Any]) -> bool:
    taints = group.get("taints") or []
    return any(each.get("effect") in CLOSING and each.get("key") != TOLERATED for each in taints)
