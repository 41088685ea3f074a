#!/usr/bin/env python3
"""Print the ClusterRole that a run of Landfall needs, from an audit log of the API server, or compare one with it.

    .venv/bin/python tools/cluster_role.py .landfall/cluster/audit*.log > roles/preflight/files/cluster_role.yml
    .venv/bin/python tools/cluster_role.py --check roles/preflight/files/cluster_role.yml .landfall/cluster/audit*.log

`local_cluster_audit: true` makes the embedded cluster write that log. What counts is what the user `landfall` asked
for, and what was refused to it too: the runs of tests/e2e/test_secrets.py are that user's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import yaml

USER = "landfall"
NAME = "landfall"
RBAC = "rbac.authorization.k8s.io"
HEAD = """\
# What the user of a run needs, on the whole cluster. Made by tools/cluster_role.py of what runs asked of an API server.
#   kubectl apply -f cluster_role.yml
#   kubectl create clusterrolebinding landfall --clusterrole=landfall --user=NAME   (or --group, --serviceaccount)
# docs/access.md says what it is for, and why some of it is as wide as it is.
---
"""

EVERYBODYS = {
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
}
"""What the ClusterRole system:basic-user allows every user; system:discovery allows what is no resource."""

MADE = ("create", "delete", "get", "list", "patch", "watch")
"""What Helm and Landfall do with objects that a run creates: a later one changes, waits for and deletes them."""
NOT_MADE = {("authentication.k8s.io", "tokenreviews"), ("authorization.k8s.io", "subjectaccessreviews")}

OF_ROLES = {("roles", "escalate"), ("clusterroles", "escalate"), ("roles", "bind"), ("clusterroles", "bind")}
"""Without these the API server lets nobody give a chart's pods what that user has not itself, and logs no request."""

Key = tuple[str, str]
"""API group and resource, with its subresource: ("", "pods/log")."""

REASONS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "charts from upstream have them, and the stand-ins of the local cluster do not": (
        (RBAC, "roles", MADE),
        (RBAC, "rolebindings", MADE),
        (RBAC, "clusterroles", MADE),
        (RBAC, "clusterrolebindings", MADE),
        ("", "endpoints", MADE),
        ("batch", "cronjobs", ("list",)),
    ),
    "only clusters of EKS Auto Mode or with Karpenter have them": (
        ("karpenter.sh", "nodepools", ("list",)),
        ("eks.amazonaws.com", "nodeclasses", ("list",)),
    ),
    "the cause of a release that does not become ready": (
        ("", "pods/log", ("get",)),
        ("", "events", ("list",)),
        ("apps", "replicasets", ("list",)),
    ),
    "cluster.yml makes gp3 the default": (("storage.k8s.io", "storageclasses", ("create", "get", "patch")),),
    "uninstall.yml looks for objects of each kind before it deletes the definition": (
        ("monitoring.coreos.com", "alertmanagerconfigs", ("list",)),
        ("monitoring.coreos.com", "prometheusagents", ("list",)),
        ("monitoring.coreos.com", "scrapeconfigs", ("list",)),
    ),
    "verify.yml, status.yml and rotations ask programs, which are simulated where the log is from": (
        ("", "pods/portforward", ("create", "get")),
        ("", "pods/proxy", ("get",)),
        ("", "services/proxy", ("create", "get", "update")),
    ),
    "with flask_app_delivery: argocd, Argo CD is told what to deliver": (
        ("argoproj.io", "applications", MADE),
        ("argoproj.io", "appprojects", MADE),
        ("argoproj.io", "applicationsets", ("list",)),
    ),
}
"""What a run may need that the audited ones need not have asked for, and why."""


class Permission(NamedTuple):
    """One verb on one resource, all objects of it."""

    group: str
    resource: str
    verb: str


def events(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the events of audit logs, one JSON object in each line. Raises OSError and ValueError."""
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def asked(found: Iterable[Mapping[str, Any]], user: str = USER) -> set[Permission]:
    """Return what a user asked for in the events of an audit log, whether or not it was allowed."""
    return {
        Permission(*key, verb)
        for event in found
        if (event.get("impersonatedUser") or event["user"]).get("username") == user and "objectRef" in event
        for key in (_key(event["objectRef"]),)
        if key not in EVERYBODYS
        for verb in _verbs(event)
    }


def _key(reference: Mapping[str, str]) -> Key:
    subresource = f"/{reference['subresource']}" if reference.get("subresource") else ""
    return reference.get("apiGroup", ""), f"{reference['resource']}{subresource}"


def _verbs(event: Mapping[str, Any]) -> Iterator[str]:
    yield event["verb"]
    # Who applies what is not there needs both, and the log has one.
    if event["verb"] == "patch" and (event.get("responseStatus") or {}).get("code") == HTTPStatus.CREATED:
        yield "create"


def needed(seen: set[Permission]) -> set[Permission]:
    """Return what follows from requests: what else is done with what was created, and what roles take."""
    made = {
        (each.group, each.resource)
        for each in seen
        if each.verb == "create" and "/" not in each.resource and (each.group, each.resource) not in NOT_MADE
    }
    roles = {Permission(RBAC, *each) for each in OF_ROLES}
    return seen | {Permission(*key, verb) for key in made for verb in MADE} | roles


def explained() -> dict[Permission, str]:
    """Return what may be in the role though no request asked for it, and why."""
    return {
        Permission(group, resource, verb): reason
        for reason, rows in REASONS.items()
        for group, resource, verbs in rows
        for verb in verbs
    }


def permissions(role: Mapping[str, Any]) -> set[Permission]:
    """Return what a ClusterRole allows, as it is written."""
    return {
        Permission(*each)
        for rule in role["rules"]
        for each in itertools.product(rule.get("apiGroups", []), rule.get("resources", []), rule["verbs"])
    }


def written(wanted: set[Permission]) -> str:
    """Return a ClusterRole as YAML: one rule for what has the same verbs in a group."""
    verbs: dict[Key, set[str]] = defaultdict(set)
    for each in wanted:
        verbs[each.group, each.resource].add(each.verb)
    rules: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, resource), of_it in sorted(verbs.items()):
        rules[group, tuple(sorted(of_it))].append(resource)
    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NAME},
        "rules": [
            {"apiGroups": [group], "resources": resources, "verbs": list(of_them)}
            for (group, of_them), resources in sorted(rules.items())
        ],
    }
    return HEAD + yaml.dump(role, Dumper=_Indented, sort_keys=False, width=118)


class _Indented(yaml.SafeDumper):
    """Writes lists as the rest of the repository has them: indented, and those of words on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        return super().increase_indent(flow, False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        words = all(isinstance(each, str) for each in sequence)
        return super().represent_sequence(tag, sequence, True if words else flow_style)


_Indented.add_representer(list, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data))


def differences(role: Mapping[str, Any], seen: set[Permission]) -> list[str]:
    """Return a line for each permission that a role lacks, or has for nothing."""
    has, wanted = permissions(role), needed(seen)
    lacking = [f"lacks: {_shown(each)}" for each in sorted(wanted - has)]
    return lacking + [f"is not used: {_shown(each)}" for each in sorted(has - wanted - {*explained()})]


def _shown(each: Permission) -> str:
    return f"{each.verb} {each.resource}{f'.{each.group}' if each.group else ''}"


def main() -> int:
    """Print the role; or, with --check, what is wrong with one, and return 1 then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="+", type=Path, help="audit logs of the API server, one JSON object in each line")
    parser.add_argument("--user", default=USER, help="whose requests count (%(default)s)")
    parser.add_argument("--check", type=Path, metavar="FILE", help="a ClusterRole to compare with the log")
    options = parser.parse_args()
    seen = asked(events(options.log), options.user)
    if not seen:
        print(f"{options.user} is in none of these logs: write another --user.", file=sys.stderr)
        return 1
    if not options.check:
        print(written(needed(seen) | {*explained()}), end="")
        return 0
    found = differences(yaml.safe_load(options.check.read_text(encoding="utf-8")), seen)
    print("\n".join(found) or f"{options.check} is what {options.user} needs: {len(needed(seen))} permissions.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
