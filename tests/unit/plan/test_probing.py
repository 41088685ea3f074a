"""What is asked of the API server, and what is made of its answers; nothing is ever kept by a plan."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.plan import dry_run, rows, schema
from tests.fake_cluster import FakeCluster
from tests.unit.plan.conftest import changed, recorded

CONFLICT = (
    'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1:\n- .spec.replicas\n'
    '- .spec.template.spec.containers[name="app"].image'
)
INVALID = (
    'Deployment.apps "flask-app" is invalid: spec.selector: '
    'Invalid value: {"matchLabels":{"a":"b"}}: field is immutable'
)
DEFINITION = {
    "spec": {
        "group": "example.org",
        "names": {"kind": "Thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "size": {"type": "integer"},
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "none": {"type": "string", "nullable": True},
                                },
                            }
                        },
                    }
                },
            }
        ],
    }
}


def situation(cluster: FakeCluster, **more: Any) -> dry_run.Situation:
    return dry_run.Situation(cluster, {"flask-app", "default"}, **more)


def plain(kind: str) -> dict[str, Any]:
    found = recorded(kind)
    return {**found, "metadata": {k: v for k, v in found["metadata"].items() if k != "managedFields"}}


def writes(cluster: FakeCluster) -> list[dict[str, str]]:
    return [call.query for call in cluster.log if call.method != "GET"]


def test_what_is_there_is_tried_in_a_dry_run_under_its_owners_name(cluster: FakeCluster) -> None:
    live = cluster.add(recorded("Deployment"))
    assert dry_run.probe(situation(cluster), plain("Deployment"), "helm") is None
    row = dry_run.probe(situation(cluster), changed(plain("Deployment"), "spec.replicas", 9), "helm")
    assert row is not None
    assert (row["action"], row["checked"]) == (rows.CHANGE, rows.DRY_RUN)
    assert all(query == {"fieldManager": "helm", "dryRun": "All"} for query in writes(cluster))
    assert next(iter(cluster.objects.values())) == live


def test_fields_of_others_are_named_and_then_seen_through(cluster: FakeCluster) -> None:
    cluster.add(recorded("Deployment"))
    cluster.refuse(409, CONFLICT)
    row = dry_run.probe(situation(cluster), changed(plain("Deployment"), "spec.replicas", 9), "helm")
    assert row is not None
    assert row["action"] == rows.CHANGE
    assert "kubectl-edit changed this (.spec.replicas, .spec.template" in row["notes"][0]
    assert [query.get("force") for query in writes(cluster)] == [None, "true"]
    assert all("dryRun" in query for query in writes(cluster))


def test_fields_that_the_owner_has_by_another_verb_are_no_conflict() -> None:
    assert dry_run.conflict_notes('conflict with "helm" using v1: .data.a', "helm") == []
    said = dry_run.conflict_notes('Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.a', "helm")
    assert "kubectl changed this (.data.a)" in said[0]


def test_a_refusal_is_a_row_and_no_failure(cluster: FakeCluster) -> None:
    cluster.add(recorded("Deployment"))
    cluster.refuse(422, INVALID)
    wanted = changed(plain("Deployment"), "spec.selector.matchLabels", {"a": "b"})
    row = dry_run.probe(situation(cluster), wanted, "helm")
    assert row is not None
    assert row["action"] == rows.REPLACE
    assert row["notes"] == [
        'the API server refuses it: Deployment.apps "flask-app" is invalid: spec.selector: field is immutable'
    ]


def test_what_has_no_namespace_yet_is_tried_strictly_in_another_and_marked(cluster: FakeCluster) -> None:
    wanted = changed(plain("Deployment"), "metadata.namespace", "to-come")
    row = dry_run.probe(situation(cluster), wanted, "helm")
    assert row is not None
    assert (row["action"], row["checked"], row["namespace"]) == (rows.CREATE, rows.SCHEMA, "to-come")
    method, path, _, query, _ = cluster.log[-1]
    assert (method, path) == ("POST", "/apis/apps/v1/namespaces/default/deployments")
    assert (query["dryRun"], query["fieldValidation"]) == ("All", "Strict")
    cluster.refuse(422, "spec.nonsense: unknown field")
    refused = dry_run.probe(situation(cluster), wanted, "helm")
    assert refused is not None
    assert "unknown field" in refused["notes"][0]
    cluster.refuse(409, "already exists")
    same_name = dry_run.probe(situation(cluster), wanted, "helm")
    assert same_name is not None
    assert same_name["notes"] == []


def test_the_values_that_the_api_repeats_are_left_out() -> None:
    two = 'x: [a: Invalid value: {"b":{"c":1}}: field is immutable, d: Invalid value: "e": must be f]'
    assert dry_run.reason(two) == "x: [a: field is immutable, d: must be f]"
    assert len(dry_run.reason("word " * 500)) == dry_run.REASON_LENGTH


def thing(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "example.org/v1",
        "kind": "Thing",
        "metadata": {"name": "x", "namespace": "default", "labels": {"a": "b"}},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"size": 1, "port": "http", "free": {"any": 1}, "none": None}, ""),
        ({"port": 80}, ""),
        ({"size": "big"}, "spec.size"),
        ({"sise": 1}, "sise"),
        ({"port": []}, "spec.port"),
    ],
)
def test_a_kind_that_comes_with_the_run_is_judged_by_its_schema(
    cluster: FakeCluster, spec: dict[str, Any], says: str
) -> None:
    known = schema.schemas_of([DEFINITION])
    row = dry_run.probe(situation(cluster, schemas=known), thing(**spec), "helm")
    assert row is not None
    assert (row["action"], row["checked"]) == (rows.CREATE, rows.SCHEMA)
    assert (says in " ".join(row["notes"])) if says else row["notes"] == []


def test_a_kind_of_which_nothing_is_known_is_not_called_checked(cluster: FakeCluster) -> None:
    row = dry_run.probe(situation(cluster), thing(size=1), "helm")
    assert row is not None
    assert row["checked"] == rows.UNCHECKED
    assert "does not know the kind Thing" in row["notes"][0]
