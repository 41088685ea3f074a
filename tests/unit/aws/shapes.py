"""Settings of role cluster, as its template is made from."""

from __future__ import annotations

import itertools
import json
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks import template

USUAL: dict[str, Any] = {
    "name": "production",
    "version": "1.35",
    "support": "standard",
    "vpc_cidr": "10.64.0.0/16",
    "zone_names": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    "nat_gateways": "one",
    "flow_logs": "rejected",
    "endpoint_public": True,
    "endpoint_cidrs": ["203.0.113.0/24"],
    "logs": ["api", "audit", "authenticator"],
    "log_retention_days": 30,
    "key_arn": "",
    "creator_is_admin": False,
    "access": [],
    "node_groups": [{"name": "default", "min": 3, "max": 6}],
    "node_hop_limit": 1,
    "auto_mode": False,
    "subnet_ids": [],
    "addon_versions": {},
}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PEOPLE = [
    {"principal_arn": "arn:aws:iam::123456789012:role/platform"},
    {"principal_arn": "arn:aws:iam::123456789012:role/team", "policy": "edit", "namespaces": ["flask-app"]},
]
SPOT = {
    "name": "spot-arm",
    "os": "bottlerocket",
    "architecture": "arm64",
    "capacity": "spot",
    "min": 0,
    "max": 4,
    "desired": 1,
    "disk": 80,
    "labels": {"work": "batch"},
    "taints": [{"key": "spot", "value": "true", "effect": "NoSchedule"}],
}
BOTH = [*USUAL["node_groups"], SPOT]
AXES: dict[str, list[dict[str, Any]]] = {
    "zones": [
        {"zone_names": ["eu-central-1a", "eu-central-1b"]},
        {"zone_names": ["eu-central-1a", "eu-central-1b", "eu-central-1c"]},
        {"zone_names": ["eu-central-1c", "eu-central-1a"]},
    ],
    "network": [
        {"nat_gateways": "one", "flow_logs": "none"},
        {"nat_gateways": "each_zone", "flow_logs": "all", "vpc_cidr": "172.20.0.0/22"},
    ],
    "endpoint": [
        {"endpoint_public": True, "key_arn": KEY},
        {"endpoint_public": False, "endpoint_cidrs": [], "creator_is_admin": True, "access": PEOPLE},
    ],
    "nodes": [
        {"node_groups": USUAL["node_groups"], "version": "1.33"},
        {
            "node_groups": [
                SPOT,
                {"name": "b", "os": "bottlerocket", "instance_types": ["m6i.large"]},
                {"name": "c", "architecture": "arm64"},
            ],
            "node_hop_limit": 2,
            "node_session_manager": True,
            "zonal_shift": True,
            "version": "1.36",
            "support": "extended",
            "addon_versions": {"coredns": "v1.12.4-eksbuild.1"},
            "logs": [],
        },
    ],
}
MATRIX = [
    {key: value for each in chosen for key, value in each.items()} for chosen in itertools.product(*AXES.values())
]

AUTO = {"auto_mode": True}
GIVEN = {
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
    "zone_names": ["eu-central-1a", "eu-central-1b"],
}
APART = [
    AUTO,
    AUTO | {"zonal_shift": True, "key_arn": KEY},
    GIVEN,
    GIVEN | {"key_arn": KEY, "access": PEOPLE},
    AUTO | GIVEN,
]
"""What leaves out whole parts of the template: node groups and add-ons, or the network."""


def made(**other: Any) -> dict[str, Any]:
    """Return the template of a whole cluster whose settings are the usual ones but for `other`."""
    written: dict[str, Any] = json.loads(template.body("whole", USUAL | other))
    return written


def access(
    provider: str = "",
    programs: tuple[str, ...] = ("load_balancer_controller", "ebs_csi_driver"),
    **other: Any,
) -> dict[str, Any]:
    """Return the template of the rights in a cluster that is there."""
    settings = {"name": "production", "access_for": list(programs), "oidc_provider_arn": provider, **other}
    written: dict[str, Any] = json.loads(template.body("access", settings))
    return written


def of_type(written: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources of a type, by logical id."""
    return {
        name: each.get("Properties", {})
        for name, each in written["Resources"].items()
        if each["Type"] == f"AWS::{kind}"
    }
