"""What the user of a run may do in the cluster, compared with the ClusterRole that Landfall ships, in few requests."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

SIDE_BY_SIDE = 8
REVIEWS = "/apis/authorization.k8s.io/v1"
ALL = "*"
NO_NAMESPACE = "landfall-asks-for-the-whole-cluster"
"""A namespace that is not there: of rules, only those of the whole cluster hold in it."""
OF_VERIFY = frozenset({"pods/portforward", "pods/proxy", "services/proxy"})
"""What only playbooks/verify.yml and rotations need: a rollout is not refused for it."""


class Permission(NamedTuple):
    """One verb on one resource of an API group, in all namespaces; `*` stands for every one."""

    group: str
    resource: str
    verb: str


Rule = Mapping[str, Any]
"""A rule of a ClusterRole: {apiGroups, resources, verbs}, and resourceNames where it is about some objects alone."""

EVERYTHING = Permission(ALL, ALL, ALL)


def lacking(cluster: Cluster, role: Mapping[str, Any]) -> list[Permission]:
    """Return what a ClusterRole has and the user of `cluster` has not.

    One request for who may do everything, two for whom RBAC alone lets do what the role says. Where another authorizer
    has a say, as on EKS, it is asked for the rest: for whole groups and resources first.
    """
    if _may(cluster, EVERYTHING):
        return []
    review = {"spec": {"namespace": NO_NAMESPACE}}
    status = _reviewed(cluster, "SelfSubjectRulesReview", review)
    rules = [each for each in status.get("resourceRules") or [] if not each.get("resourceNames")]
    left = [each for each in needed(role) if not any(covers(rule, each) for rule in rules)]
    return _refused(cluster, left) if status.get("incomplete", True) else left


def needed(role: Mapping[str, Any]) -> list[Permission]:
    """Return what a rollout needs of a ClusterRole."""
    return sorted(
        Permission(*each)
        for rule in role.get("rules") or []
        for each in itertools.product(rule.get("apiGroups") or [], rule.get("resources") or [], rule["verbs"])
        if each[1] not in OF_VERIFY
    )


def covers(rule: Rule, wanted: Permission) -> bool:
    """Say whether a rule allows something, as RBAC does (Kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go)."""
    _unused, slash, subresource = wanted.resource.partition("/")
    resources = {ALL, wanted.resource, *([f"*/{subresource}"] if slash else [])}
    return (
        bool({ALL, wanted.verb} & {*(rule.get("verbs") or [])})
        and bool({ALL, wanted.group} & {*(rule.get("apiGroups") or [])})
        and bool(resources & {*(rule.get("resources") or [])})
    )


def problem(found: Sequence[Permission]) -> str:
    """Return one sentence on what is lacking; empty if nothing is."""
    if not found:
        return ""
    return (
        f"The user of platform_kubeconfig may not {'; '.join(_grouped(found))}: let an administrator apply "
        "roles/preflight/files/cluster_role.yml of the collection, and bind the ClusterRole landfall to that user, as "
        "docs/access.md shows."
    )


def _grouped(found: Iterable[Permission]) -> Iterator[str]:
    """Yield `verbs resources` of the resources for which the same verbs are lacking."""
    verbs: dict[str, list[str]] = defaultdict(list)
    for group, resource, verb in sorted(found):
        verbs[f"{resource}.{group}" if group else resource].append(verb)
    resources: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource, of_it in verbs.items():
        resources[tuple(of_it)].append(resource)
    for of_them, names in resources.items():
        yield f"{_joined(of_them)} {_joined(names)}"


def _joined(words: Sequence[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} or {last}" if head else last


def _refused(cluster: Cluster, asked: Sequence[Permission]) -> list[Permission]:
    """Ask for permissions, for a whole group or resource at once where that is less; return those that are refused."""
    left = list(asked)
    for wider in (_of_its_group, _of_its_resource):
        counted: dict[Permission, int] = defaultdict(int)
        for each in left:
            counted[wider(each)] += 1
        whole = _allowed(cluster, [each for each, count in counted.items() if count > 1])
        left = [each for each in left if wider(each) not in whole]
    single = _allowed(cluster, left)
    return [each for each in left if each not in single]


def _of_its_group(each: Permission) -> Permission:
    return Permission(each.group, ALL, ALL)


def _of_its_resource(each: Permission) -> Permission:
    return Permission(each.group, each.resource, ALL)


def _allowed(cluster: Cluster, asked: Sequence[Permission]) -> set[Permission]:
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        answers = pool.map(lambda each: _may(cluster, each), asked)
        return {each for each, yes in zip(asked, answers, strict=True) if yes}


def _may(cluster: Cluster, wanted: Permission) -> bool:
    resource, _unused, subresource = wanted.resource.partition("/")
    given = {"verb": wanted.verb, "group": wanted.group, "resource": resource, "subresource": subresource}
    attributes = {name: value for name, value in given.items() if value}
    return bool(
        _reviewed(cluster, "SelfSubjectAccessReview", {"spec": {"resourceAttributes": attributes}}).get("allowed")
    )


def _reviewed(cluster: Cluster, kind: str, review: dict[str, Any]) -> dict[str, Any]:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, **review}
    status: dict[str, Any] = cluster.request("POST", f"{REVIEWS}/{kind.lower()}s", body=body).get("status") or {}
    return status
