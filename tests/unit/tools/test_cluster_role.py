"""A ClusterRole is made of what an API server wrote down, and compared with what is shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tools import cluster_role
from tools.cluster_role import MADE, RBAC, Permission

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "roles/preflight/files/cluster_role.yml"


def event(verb: str, resource: str, group: str = "", code: int = 200, user: str = "landfall", **more: Any) -> Any:
    """Return an event as kube-apiserver writes it at the level Metadata."""
    resource, _unused, subresource = resource.partition("/")
    reference = {"resource": resource, "namespace": "a", "name": "b", "apiGroup": group, "subresource": subresource}
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"]},
        "objectRef": {name: value for name, value in reference.items() if value},
        "responseStatus": {"metadata": {}, "code": code},
        **more,
    }


def without_reference(path: str) -> Any:
    found = event("get", "x", requestURI=path)
    del found["objectRef"]
    return found


def asked(*events: Any) -> set[Permission]:
    return cluster_role.asked(events)


def test_what_a_user_asked_for_counts_and_nobody_elses_requests() -> None:
    assert asked(event("list", "pods"), event("get", "pods/log"), event("delete", "nodes", user="kwok")) == {
        Permission("", "pods", "list"),
        Permission("", "pods/log", "get"),
    }


def test_what_was_refused_counts_too() -> None:
    assert asked(event("list", "nodes", code=403)) == {Permission("", "nodes", "list")}


def test_an_impersonated_user_is_who_needs_it() -> None:
    made = event("get", "pods", user="proxy", impersonatedUser={"username": "landfall"})
    other = event("get", "nodes", impersonatedUser={"username": "somebody"})
    assert asked(made, other) == {Permission("", "pods", "get")}


def test_what_everybody_may_is_left_out() -> None:
    review = event("create", "selfsubjectaccessreviews", "authorization.k8s.io", code=201)
    assert asked(review, without_reference("/apis"), without_reference("/version")) == set()


def test_an_apply_that_made_something_needs_to_create() -> None:
    made, there = event("patch", "configmaps", code=201), event("patch", "nodes", code=200)
    assert {(each.resource, each.verb) for each in asked(made, there)} == {
        ("configmaps", "patch"),
        ("configmaps", "create"),
        ("nodes", "patch"),
    }


def test_what_is_made_is_changed_waited_for_and_deleted_later() -> None:
    found = cluster_role.needed(asked(event("create", "services"), event("create", "pods/portforward")))
    assert {each.verb for each in found if each.resource == "services"} == {*MADE}
    assert {each.verb for each in found if each.resource == "pods/portforward"} == {"create"}
    assert Permission(RBAC, "clusterroles", "escalate") in found


def test_the_role_says_what_went_into_it() -> None:
    wanted = cluster_role.needed(asked(event("create", "deployments", "apps"), event("list", "nodes")))
    text = cluster_role.written(wanted)
    role = yaml.safe_load(text)
    assert cluster_role.permissions(role) == wanted
    assert (role["kind"], role["metadata"]["name"]) == ("ClusterRole", "landfall")
    assert "resources: [deployments]" in text
    assert cluster_role.differences(role, asked(event("create", "deployments", "apps"), event("list", "nodes"))) == []


def test_what_lacks_and_what_is_not_used_is_named() -> None:
    wanted = asked(event("list", "nodes"), event("get", "deployments", "apps"))
    role = yaml.safe_load(cluster_role.written(cluster_role.needed(wanted)))
    assert cluster_role.differences(role, asked(event("list", "nodes"), event("get", "secrets"))) == [
        "lacks: get secrets",
        "is not used: get deployments.apps",
    ]
    explained = next(iter(cluster_role.explained()))
    role["rules"].append({"apiGroups": [explained.group], "resources": [explained.resource], "verbs": [explained.verb]})
    assert len(cluster_role.differences(role, wanted)) == 0


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, ROOT / "tools/cluster_role.py", *words]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def test_as_a_command(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text("".join(json.dumps(each) + "\n" for each in (event("list", "nodes"), event("create", "services"))))
    printed = command(log)
    assert printed.returncode == 0, printed.stderr
    role = tmp_path / "role.yml"
    role.write_text(printed.stdout)
    assert command("--check", role, log).returncode == 0
    log.write_text(json.dumps(event("list", "secrets")) + "\n")
    other = command("--check", role, log)
    assert (other.returncode, "lacks: list secrets" in other.stdout) == (1, True)
    assert "landfall is in none of these logs" in command("--user", "landfall", "/dev/null").stderr


def test_what_is_shipped_is_one_role_as_the_tool_writes_it() -> None:
    role = yaml.safe_load(SHIPPED.read_text())
    assert cluster_role.written(cluster_role.permissions(role)) == SHIPPED.read_text()
    assert not any("*" in each for rule in role["rules"] for each in rule.values())
    assert {*cluster_role.explained()} <= cluster_role.permissions(role)
