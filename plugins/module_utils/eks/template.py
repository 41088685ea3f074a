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
    Shape,
    identities_from,
    shape_from,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import network
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
KEPT = ("Vpc", "Cluster", "Key")
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
    return steps.body(template.to_dict())


def stack_policy(kind: str) -> str:
    """Return what CloudFormation refuses in any update: to replace or delete what the platform stands on."""
    allowed = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    kept = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": [f"LogicalResourceId/{each}" for each in KEPT],
    }
    return json.dumps({"Statement": [allowed, kept] if kind == "whole" else [allowed]})


def _outputs(shape: Shape) -> dict[str, Any]:
    """Return the outputs. The cluster's endpoint and certificate authority come from EKS: they may change."""
    zones = range(1, shape.zones + 1)
    return {
        "ClusterName": shape.name,
        "VpcId": Ref("Vpc"),
        "VpcCidr": shape.cidr,
        "PublicSubnets": Join(",", [Ref(f"PublicSubnet{zone}") for zone in zones]),
        "PrivateSubnets": Join(",", [Ref(f"PrivateSubnet{zone}") for zone in zones]),
        "NodeRoleArn": GetAtt("NodeRole", "Arn"),
        **{f"{each.role}Arn": GetAtt(each.role, "Arn") for each in PROGRAMS.values()},
    }
