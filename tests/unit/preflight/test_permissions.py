"""What the user of a run lacks is found in few requests, and said in one sentence."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.preflight import permissions as subject
from ansible_collections.landfall.eks.plugins.module_utils.preflight.permissions import Permission

ROLE = yaml.safe_load((Path(__file__).parents[3] / "roles/preflight/files/cluster_role.yml").read_text())
SMALL = {
    "rules": [
        {"apiGroups": [""], "resources": ["namespaces", "nodes"], "verbs": ["create", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "get", "patch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
}


def rules_of(allowed: Iterable[Permission]) -> list[dict[str, Any]]:
    return [{"apiGroups": [each.group], "resources": [each.resource], "verbs": [each.verb]} for each in allowed]


class Api:
    """An API server that lets its user do what `rules` say, and counts the reviews that it was asked for.

    With `others`, further rules of an authorizer that cannot list them, as the webhook of EKS.
    """

    def __init__(self, rules: list[dict[str, Any]], others: list[dict[str, Any]] | None = None) -> None:
        self.rules, self.others = rules, others
        self.asked: list[str] = []

    def request(self, method: str, path: str, *, body: Any = None) -> dict[str, Any]:
        assert (method, path) == ("POST", f"{subject.REVIEWS}/{body['kind'].lower()}s")
        self.asked.append(body["kind"])
        if body["kind"] == "SelfSubjectRulesReview":
            return {"status": {"resourceRules": self.rules, "incomplete": self.others is not None}}
        wanted = body["spec"]["resourceAttributes"]
        subresource = f"/{wanted['subresource']}" if "subresource" in wanted else ""
        asked = Permission(wanted.get("group", ""), f"{wanted['resource']}{subresource}", wanted["verb"])
        rules = [each for each in [*self.rules, *(self.others or [])] if not each.get("resourceNames")]
        return {"status": {"allowed": any(self._allows(each, asked) for each in rules)}}

    @staticmethod
    def _allows(rule: dict[str, Any], asked: Permission) -> bool:
        """As RBAC does: who asks for `*` needs a rule that says `*`."""
        parts = ((rule["apiGroups"], asked.group), (rule["resources"], asked.resource), (rule["verbs"], asked.verb))
        return all(wanted in has or "*" in has for has, wanted in parts)


EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]


def test_who_may_do_everything_is_asked_for_once() -> None:
    api = Api(EVERYTHING)
    assert subject.lacking(api, ROLE) == []
    assert api.asked == ["SelfSubjectAccessReview"]


def test_who_has_the_role_that_is_shipped_is_asked_for_twice() -> None:
    api = Api(ROLE["rules"], [])
    assert subject.lacking(api, ROLE) == []
    assert len(api.asked) == 2


def test_one_thing_less_is_found_by_few_requests_more() -> None:
    left_out = next(each for each in subject.needed(ROLE) if each.resource == "deployments" and each.verb == "patch")
    rest = [each for each in subject.needed(ROLE) if each != left_out]
    for api in (Api(rules_of(rest)), Api(rules_of(rest), [])):
        assert subject.lacking(api, ROLE) == [left_out]
        assert len(api.asked) <= 3


def test_who_may_do_nothing_is_told_everything_in_one_sentence() -> None:
    api = Api([])
    found = subject.lacking(api, ROLE)
    assert found == subject.needed(ROLE)
    assert len(api.asked) == 2
    said = subject.problem(found)
    assert said.count("let an administrator apply") == 1
    assert all(each.resource in said for each in found)


def test_a_permission_for_some_objects_alone_is_none() -> None:
    (rule,) = rules_of([Permission("", "namespaces", "create")])
    assert Permission("", "namespaces", "create") in subject.lacking(Api([rule | {"resourceNames": ["a"]}]), SMALL)


def test_words_for_people() -> None:
    found = subject.lacking(Api(rules_of([Permission("", "nodes", "list"), Permission("", "pods/log", "get")])), SMALL)
    assert subject.problem(found).startswith(
        "The user of platform_kubeconfig may not create or list namespaces; create nodes; create, get or patch "
        "deployments.apps: let an administrator apply roles/preflight/files/cluster_role.yml of the collection"
    )
    assert subject.problem([]) == ""


def test_only_what_a_rollout_needs_is_asked_for() -> None:
    role = {"rules": [{"apiGroups": [""], "resources": ["pods", "pods/portforward"], "verbs": ["create"]}]}
    assert subject.needed(role) == [Permission("", "pods", "create")]
    assert {resource for rule in ROLE["rules"] for resource in rule["resources"]} >= subject.OF_VERIFY


def test_without_a_role_nothing_is_lacking() -> None:
    assert subject.lacking(Api([]), {}) == []


@pytest.mark.parametrize(
    ("rule", "resource", "covered"),
    [
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}, "pods/log", True),
        ({"apiGroups": [""], "resources": ["*/log"], "verbs": ["get"]}, "pods/log", True),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}, "pods/log", False),
        ({"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]}, "pods/log", False),
        ({"resources": ["pods/log"], "verbs": ["get"]}, "pods/log", False),
    ],
)
def test_rules_count_as_they_do_for_rbac(rule: dict[str, Any], resource: str, covered: bool) -> None:
    assert subject.covers(rule, Permission("", resource, "get")) is covered


ALL = [Permission(*each) for each in itertools.product(["", "apps"], ["a", "b", "b/log"], ["create", "get"])]
SOME = st.lists(st.sampled_from(ALL), unique=True)
WIDE = st.lists(
    st.builds(
        lambda group, resource, verb: {"apiGroups": [group], "resources": [resource], "verbs": [verb]},
        st.sampled_from(["", "apps", "*"]),
        st.sampled_from(["a", "b", "b/log", "*"]),
        st.sampled_from(["create", "get", "*"]),
    ),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(wanted=SOME, rules=WIDE, others=st.none() | WIDE)
def test_what_is_lacking_is_what_each_single_question_would_say(wanted: Any, rules: Any, others: Any) -> None:
    api = Api(rules, others)
    single = [each for each in sorted(wanted) if not any(Api._allows(rule, each) for rule in [*rules, *(others or [])])]
    assert subject.lacking(api, {"rules": rules_of(wanted)}) == single
