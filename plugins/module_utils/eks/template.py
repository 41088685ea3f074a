"""The two CloudFormation templates: of a whole cluster, and of the roles alone for a cluster that is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks import steps
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_addons import addons
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_cluster import control_plane
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_identities import (
    PROGRAMS,
    identities,
    identities_alone,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_nodes import nodes
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    Identities,
    SettingsError,
    Shape,
    identities_from,
    shape_from,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import network, private_subnets, vpc
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import (
    GetAtt,
    Join,
    Output,
    Ref,
    Template,
    iam,
)

TEMPLATE_LIMIT = 51_200
"""Bytes that CloudFormation takes as TemplateBody, from its quotas; more would need a bucket."""
KEPT = ("Vpc", "Cluster", "Key", *(f"{kind}Subnet{number}" for kind in ("Public", "Private") for number in (1, 2, 3)))
"""Resources whose replacement would be another cluster, or a network without one."""


def whole(shape: Shape) -> Template:
    """Return the template of a cluster with its network."""
    template = Template(Description=f"Landfall: the cluster {shape.name}, with its network and permissions")
    for part in (network, control_plane, addons, nodes, identities):
        for resource in part(shape):
            template.add_resource(resource)
    for name, value in _outputs(shape).items():
        template.add_output(Output(name, Value=value))
    _bound(template, shape.permissions_boundary)
    return template


def access(wanted: Identities) -> Template:
    """Return the template of the roles for a cluster that is there."""
    template = Template(Description=f"Landfall: permissions of programs in the cluster {wanted.name}")
    for resource in identities_alone(wanted):
        template.add_resource(resource)
    for each in wanted.programs:
        role = PROGRAMS[each].role
        template.add_output(Output(f"{role}Arn", Value=GetAtt(role, "Arn")))
    _bound(template, wanted.permissions_boundary)
    return template


def _bound(template: Template, boundary: str) -> None:
    """Give each role of a template its permissions boundary, the ARN of a policy; none if that is empty."""
    for resource in template.resources.values() if boundary else ():
        if isinstance(resource, iam.Role):
            resource.PermissionsBoundary = boundary


def body(kind: str, settings: Mapping[str, Any]) -> str:
    """Return the template as CloudFormation takes it; `kind` is whole or access. SettingsError."""
    template = whole(shape_from(settings)) if kind == "whole" else access(identities_from(settings))
    written = steps.body(template.to_dict())
    if len(written.encode()) > TEMPLATE_LIMIT:
        groups, entries = (len(settings.get(each) or []) for each in ("node_groups", "access"))
        raise SettingsError(
            f"The template has {len(written.encode())} bytes with {groups} cluster_node_groups and {entries} "
            f"cluster_access entries, and CloudFormation takes {TEMPLATE_LIMIT}: join groups or entries that are alike."
        )
    return written


def kept(written: str) -> list[str]:
    """Return the logical ids of what must not be replaced in a template."""
    return [each for each in KEPT if each in json.loads(written)["Resources"]]


def stack_policy(written: str) -> str:
    """Return what CloudFormation refuses in any update: to replace or delete what the platform stands on.

    It names only what the template has: CloudFormation takes no other logical id ("stack policies can only be applied
    to logical ids referenced in the template").
    """
    everything = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    but = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": [f"LogicalResourceId/{each}" for each in kept(written)],
    }
    return json.dumps({"Statement": [everything, but] if but["Resource"] else [everything]})


def _outputs(shape: Shape) -> dict[str, Any]:
    """Return the outputs. The cluster's endpoint and certificate authority come from EKS: they may change."""
    public = [] if shape.subnet_ids else [Ref(f"PublicSubnet{zone}") for zone in range(1, shape.zones + 1)]
    roles = [] if shape.auto_mode else [each.role for each in PROGRAMS.values()]
    return {
        "ClusterName": shape.name,
        "VpcId": vpc(shape),
        **({} if shape.subnet_ids else {"VpcCidr": shape.cidr, "PublicSubnets": Join(",", public)}),
        "PrivateSubnets": Join(",", private_subnets(shape)),
        "NodeRoleArn": GetAtt("NodeRole", "Arn"),
        **{f"{role}Arn": GetAtt(role, "Arn") for role in roles},
    }
