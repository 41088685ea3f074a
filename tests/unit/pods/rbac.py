"""What service accounts may do where, from objects of RBAC; and the objects of each release, as it is installed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.kube import permissions
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, HELM, evaluate, load, owner, releases

CACHE = Path(os.environ.get("LANDFALL_CHART_CACHE") or "/nowhere")
RECORDS = "landfall-system"
PUBLISHED = ["flask-app", "logging", "monitoring"]
NAMESPACES = ("argocd", "elastic-system", "flask-app", "ingress", "kube-system")
NAMESPACES += ("logging", "monitoring", RECORDS, "shop")
"""Ours, and one of somebody else's."""
READING = tuple((verb, "", "secrets") for verb in ("get", "list", "watch"))
WAYS = (
    *READING,
    ("create", "", "pods"),
    ("create", "", "pods/exec"),
    ("create", "", "serviceaccounts/token"),
    *(("create", "apps", each) for each in ("deployments", "statefulsets", "daemonsets", "replicasets")),
    *(("create", "batch", each) for each in ("jobs", "cronjobs")),
    *(("create", "rbac.authorization.k8s.io", each) for each in ("rolebindings", "clusterrolebindings")),
)
"""Verb, group and resource of all that leads to the content of a Secret, over a pod or over further permissions."""
KNOWN = {"system:auth-delegator", "extension-apiserver-authentication-reader", "nginx-ingress"}
"""Roles that charts bind and do not bring: two of Kubernetes, neither of which has to do with Secrets, and one that we
switch off."""

Object = dict[str, Any]


def has_chart(name: str) -> bool:
    """Say whether the upstream chart of a release is at hand."""
    return name == "flask-app" or archive(name).exists()


def archive(name: str) -> Path:
    version = next(each for each in releases(owner(name)) if each["name"] == name)["chart"]["version"]
    return CACHE / f"{name}-{version}.tgz"


@cache
def chart_objects(name: str, values: str) -> list[Object]:
    """Return what the upstream chart of a release makes of values, written as JSON."""
    spec = next(each for each in releases(owner(name)) if each["name"] == name)
    chart = CHECKOUT / "app/chart" if name == "flask-app" else archive(name)
    command = [HELM, "template", name, chart, "--namespace", spec["namespace"], "--kube-version", "1.35.4"]
    command += ["--api-versions", "monitoring.coreos.com/v1", "--skip-schema-validation", "--values", "-"]
    done = subprocess.run(command, input=values, check=True, capture_output=True, text=True, timeout=60)
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    return [one for each in found for one in (each["items"] if each["kind"].endswith("List") else [each])]


def installed(name: str, **settings: Any) -> list[Object]:
    """Return the objects of a release with our values."""
    given = {"platform_published_namespaces": PUBLISHED, **settings}
    spec = next(each for each in releases(owner(name), **given) if each["name"] == name)
    return chart_objects(name, json.dumps(spec["values"], default=str))


def as_shipped(name: str, off: dict[str, Any]) -> list[Object]:
    """Return the objects of a release with our values, its chart's own permissions switched on again by `off`."""
    spec = next(each for each in releases(owner(name)) if each["name"] == name)
    return chart_objects(name, json.dumps(merged(spec["values"], off), default=str))


def merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def given(role: str, **settings: Any) -> list[Object]:
    """Return the objects of what a component lists as its permissions."""
    known = {"platform_published_namespaces": PUBLISHED, **settings}
    rows = evaluate(role, f"{role}_component.permissions | default([])", **known)
    return [each for row in rows for each in permissions.objects(row)]


def everything(**settings: Any) -> list[Object]:
    """Return the objects of the releases that are on by default and whose chart is at hand, and their permissions."""
    on = [role for role in COMPONENTS if load(role, "defaults")[f"{role}_enabled"]]
    found = [one for role in on for one in given(role, **settings)]
    for each in (one["name"] for role in on for one in releases(role)):
        found += installed(each, **settings) if has_chart(each) else []
    return found


@dataclass(frozen=True)
class Grant:
    """A rule of a service account, in one namespace or (empty) in all."""

    account: str
    namespace: str
    rule: str

    def allows(self, verb: str, group: str, resource: str) -> bool:
        """Say whether the rule names a verb of a resource, of single objects too."""
        rule = json.loads(self.rule)
        wanted = (("verbs", verb), ("apiGroups", group), ("resources", resource))
        return all({"*", each} & set(rule.get(field) or []) for field, each in wanted)


def grants(objects: Iterable[Object]) -> set[Grant]:
    """Return what service accounts are given by bindings; a role that is neither here nor known is an error."""
    listed = list(objects)
    roles = {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in listed}
    found: set[Grant] = set()
    for binding in listed:
        if binding["kind"] in {"RoleBinding", "ClusterRoleBinding"}:
            namespace = binding["metadata"].get("namespace", "")
            for account in _accounts(binding):
                found |= {Grant(account, namespace, json.dumps(rule)) for rule in _rules(binding, roles)}
    return found


def _accounts(binding: Object) -> Iterator[str]:
    for each in binding.get("subjects") or []:
        assert each["kind"] == "ServiceAccount", each
        yield f"{each['namespace']}/{each['name']}"


def _rules(binding: Object, roles: dict[tuple[str, str, str], Object]) -> list[Object]:
    reference = binding["roleRef"]
    namespace = binding["metadata"].get("namespace", "") if reference["kind"] == "Role" else ""
    found = roles.get((reference["kind"], namespace, reference["name"]))
    assert found or reference["name"] in KNOWN, reference
    rules: list[Object] = (found or {}).get("rules") or []
    return rules


def places(found: Iterable[Grant], ways: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Return by service account the namespaces in which it may do one of `ways`, those alone that may anywhere."""
    wanted, by = list(ways), dict[str, set[str]]()
    for each in found:
        if any(each.allows(*way) for way in wanted):
            by.setdefault(each.account, set()).update([each.namespace] if each.namespace else NAMESPACES)
    return {account: sorted(where) for account, where in sorted(by.items())}
