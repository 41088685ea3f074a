"""Permissions of service accounts, from what components list in place of the wider ones of their charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RBAC = "rbac.authorization.k8s.io/v1"
GROUP = RBAC.partition("/")[0]
EVERYWHERE = "*"

Object = dict[str, Any]
Row = Mapping[str, Any]
"""{name, account, namespace, rules, in}, as roles/platform/meta/component.yml describes it."""


def objects(row: Row) -> list[Object]:
    """Return the ClusterRole of a row, and a RoleBinding for each namespace, or one ClusterRoleBinding for all."""
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": row["name"]}, "rules": row["rules"]}
    bound = {
        "apiVersion": RBAC,
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": row["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": row["account"], "namespace": row["namespace"]}],
    }
    places = row.get("in") or [row["namespace"]]
    if EVERYWHERE in places:
        return [role, {**bound, "kind": "ClusterRoleBinding", "metadata": {"name": row["name"]}}]
    return [
        role,
        *({**bound, "kind": "RoleBinding", "metadata": {"name": row["name"], "namespace": each}} for each in places),
    ]
