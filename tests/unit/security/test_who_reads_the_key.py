"""Who of the platform may read the key of the certificate authority, by the permissions that the charts render.

Runs where LANDFALL_CHART_CACHE names a folder with the pinned charts. On a cluster the API server says the same:
kubectl auth can-i get secrets/landfall-ca -n landfall-system --as system:serviceaccount:<namespace>:<name>
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.components.rendering import COMPONENTS, HELM, evaluate, load, releases, rendered

CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")
HOME, SECRET = "landfall-system", "landfall-ca"
READING = {"get", "list", "watch", "*"}

pytestmark = [
    pytest.mark.skipif(not CACHE, reason="not run: LANDFALL_CHART_CACHE names no folder with the pinned charts"),
    pytest.mark.skipif(not HELM.exists(), reason="not run: there is no helm (make tools)"),
]

Object = dict[str, Any]


def objects() -> Iterator[Object]:
    """Yield what the releases render and what the components apply themselves, each with its namespace.

    Components that are off by default are left out: their pages say what they may.
    """
    for role in (each for each in COMPONENTS if load(each, "defaults")[f"{each}_enabled"]):
        for release in releases(role):
            namespace = release["namespace"]
            for each in rendered(release, "--namespace", namespace, "--kube-version", "1.35"):
                yield {**each, "metadata": {"namespace": namespace, **each["metadata"]}}
        yield from evaluate(role, f"{role}_component.objects | default([])")


def reads(rule: Object) -> bool:
    """Tell whether a rule of RBAC lets somebody read the key."""
    return bool(
        {"", "*"} & set(rule.get("apiGroups") or [])
        and {"secrets", "*"} & set(rule.get("resources") or [])
        and READING & set(rule.get("verbs") or [])
        and SECRET in (rule.get("resourceNames") or [SECRET])
    )


def readers(found: list[Object]) -> set[str]:
    """Return the accounts, namespace/name, that roles and bindings let read the key."""
    roles = {
        (each["kind"], each["metadata"]["namespace"] if each["kind"] == "Role" else "", each["metadata"]["name"]): each
        for each in found
        if each["kind"] in {"Role", "ClusterRole"}
    }
    named = set()
    for each in found:
        if each["kind"] not in {"RoleBinding", "ClusterRoleBinding"}:
            continue
        namespace = each["metadata"]["namespace"]
        if each["kind"] == "RoleBinding" and namespace != HOME:
            continue
        to = each["roleRef"]
        role = roles.get((to["kind"], namespace if to["kind"] == "Role" else "", to["name"]), {})
        if to["name"] == "cluster-admin" or any(reads(rule) for rule in role.get("rules") or []):
            named |= {f"{who.get('namespace', namespace)}/{who['name']}" for who in each.get("subjects") or []}
    return named


def test_the_evaluation_sees_whoever_may() -> None:
    """The control."""
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    metadata = {"name": "a", "namespace": "x"}
    role = {"kind": "ClusterRole", "metadata": metadata, "rules": [rule]}
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"kind": "ClusterRole", "name": "a"},
        "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "ns"}],
    }
    assert readers([role, binding]) == {"ns/sa"}
    assert readers([role, {**binding, "kind": "RoleBinding"}]) == set()
    assert readers([role, {**binding, "kind": "RoleBinding", "metadata": {"name": "a", "namespace": HOME}}]) == {
        "ns/sa"
    }
    for narrow in (
        {"resources": ["pods"]},
        {"resourceNames": ["other"]},
        {"verbs": ["create"]},
        {"apiGroups": ["apps"]},
    ):
        assert readers([{**role, "rules": [rule | narrow]}, binding]) == set()


MAY = {
    "argocd/argocd-application-controller",
    "argocd/argocd-notifications-controller",
    "argocd/argocd-server",
    "elastic-system/elastic-operator",
    "ingress/nginx-ingress",
    "monitoring/kube-prometheus-stack-grafana",
    "monitoring/kube-prometheus-stack-kube-state-metrics",
    "monitoring/kube-prometheus-stack-operator",
}
"""Who may read it with the permissions that the charts ask for; whoever is given less leaves this list."""


def test_nobody_else_of_the_platform_may_read_it() -> None:
    found = list(objects())
    assert [each for each in found if each["kind"] == "ClusterRoleBinding"], "control: the charts bring permissions"
    assert sorted(readers(found) - MAY) == []
