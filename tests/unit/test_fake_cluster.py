"""The cluster of the unit tests does as an API server does; where it did not, tests of others would prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from tests import fake_objects
from tests.fake_cluster import FakeCluster

SECRETS = "/api/v1/namespaces/shop/secrets"
MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


def secret(name: str = "a", namespace: str = "shop", **more: Any) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": name, "namespace": namespace, **more.pop("metadata", {})}, **more}


def apply(cluster: FakeCluster, manager: str = "us", **more: Any) -> dict[str, Any]:
    return cluster.apply(f"{SECRETS}/a", {"apiVersion": "v1", **secret(**more)}, manager=manager)


def refused(cluster: FakeCluster, *arguments: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(ApiException) as caught:
        cluster.request(*arguments, **options)
    return caught.value.status, caught.value.reason


def test_objects_are_found_by_the_real_client_in_their_namespaces() -> None:
    cluster = FakeCluster(secret("b"), secret("a"), secret("a", "other"), {"kind": "Node", "metadata": {"name": "n"}})
    assert cluster.get("v1", "Secret", "a", "shop") == {**cluster.objects["Secret", "shop", "a"], "apiVersion": "v1"}
    assert cluster.get("v1", "Secret", "missing", "shop") is None
    assert [each["metadata"]["name"] for each in cluster.list("v1", "Secret", "shop")] == ["a", "b"]
    assert len(cluster.list("v1", "Secret")) == 3
    assert cluster.get("v1", "Node", "n") is not None
    assert refused(cluster, "GET", "/api/v1/secrets/a")[0] == 404
    assert refused(cluster, "GET", "/api/v1/namespaces/shop/nodes/n")[0] == 404


def test_what_is_read_is_a_copy() -> None:
    cluster = FakeCluster(secret(data={}))
    found = cluster.get("v1", "Secret", "a", "shop") or {}
    found["data"]["x"] = "eA=="
    assert cluster.objects["Secret", "shop", "a"]["data"] == {}


def test_a_list_leaves_out_what_its_items_have_in_common() -> None:
    cluster = FakeCluster(secret(data={"x": "eA=="}))
    (item,) = cluster.request("GET", SECRETS)["items"]
    assert set(item) == {"metadata", "data"}
    (bare,) = cluster.request("GET", SECRETS, accept="application/json;as=PartialObjectMetadataList;v=v1")["items"]
    assert set(bare) == {"metadata"}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("", "abc"),
        ("app", "ab"),
        ("!app", "c"),
        ("app=x", "a"),
        ("app==x", "a"),
        ("app!=x", "bc"),
        ("app in (x, y)", "ab"),
        ("app notin (x)", "bc"),
        ("app,app!=y", "a"),
    ],
)
def test_labels_select(selector: str, names: str) -> None:
    labels = {"a": {"app": "x"}, "b": {"app": "y"}, "c": {}}
    cluster = FakeCluster(*(secret(name, metadata={"labels": each}) for name, each in labels.items()))
    found = cluster.list("v1", "Secret", query={"labelSelector": selector})
    assert [each["metadata"]["name"] for each in found] == list(names)


def test_fields_select_and_a_bad_selector_is_refused() -> None:
    cluster = FakeCluster(secret("a", type="Opaque"), secret("b", type="helm.sh/release.v1"))
    found = cluster.list("v1", "Secret", query={"fieldSelector": "type!=helm.sh/release.v1,metadata.namespace=shop"})
    assert [each["metadata"]["name"] for each in found] == ["a"]
    assert refused(cluster, "GET", SECRETS, query={"labelSelector": "a in b"})[0] == 400
    assert refused(cluster, "GET", SECRETS, query={"fieldSelector": "nonsense"})[0] == 400


def test_a_long_list_comes_in_pages() -> None:
    cluster = FakeCluster(*(secret(name) for name in "abc"))
    first = cluster.request("GET", SECRETS, query={"limit": "2"})
    last = cluster.request("GET", SECRETS, query={"limit": "2", "continue": first["metadata"]["continue"]})
    assert [len(each["items"]) for each in (first, last)] == [2, 1]
    assert "continue" not in last["metadata"]


def test_discovery_knows_what_is_served_and_nothing_else() -> None:
    cluster = FakeCluster()
    assert cluster.list("example.org/v1", "Thing") == []
    assert cluster.resource_path("v1", "Thing", "shop") is None
    cluster.define("Thing", "example.org/v1", "things")
    assert (
        cluster.resource_path("example.org/v1", "Thing", "shop", "x") == "/apis/example.org/v1/namespaces/shop/things/x"
    )
    assert {"v1", "example.org/v1/Thing"} <= set(cluster.discover())
    assert not cluster.is_namespaced("v1", "Node")
    assert "example.org" in [each["name"] for each in cluster.request("GET", "/apis")["groups"]]
    assert cluster.request("GET", "/apis/example.org")["preferredVersion"] == {"groupVersion": "example.org/v1"}
    assert cluster.request("GET", "/version") == {"gitVersion": "v1.35.4"}
    assert refused(cluster, "GET", "/apis/none.example.org")[0] == 404


def test_what_is_made_gets_what_the_server_gives_and_only_once() -> None:
    cluster = FakeCluster()
    cluster.now = lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    made = cluster.request("POST", SECRETS, body=secret(spec={}))
    assert made["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
    assert {"uid", "resourceVersion", "generation"} < set(made["metadata"])
    assert refused(cluster, "POST", SECRETS, body=secret()) == (409, '"a" already exists')
    assert [(method, path) for method, path, _ in cluster.written] == [("POST", SECRETS)] * 2


def test_a_dry_run_answers_and_keeps_nothing() -> None:
    cluster = FakeCluster()
    made = cluster.request("POST", SECRETS, body=secret(), query={"dryRun": "All"})
    assert made["metadata"]["name"] == "a"
    assert (cluster.objects, cluster.written) == ({}, [])


def test_a_merge_patch_changes_what_is_there_at_the_version_that_was_read() -> None:
    cluster = FakeCluster(secret(data={"x": "1", "y": "2"}, spec={"n": 1}))
    before = cluster.objects["Secret", "shop", "a"]["metadata"]["resourceVersion"]
    body: dict[str, Any] = {"data": {"x": None}, "metadata": {"resourceVersion": before}}
    made = cluster.request("PATCH", f"{SECRETS}/a", body=body, content_type=MERGE)
    assert (made["data"], made["spec"]) == ({"y": "2"}, {"n": 1})
    assert made["metadata"]["resourceVersion"] != before
    assert refused(cluster, "PATCH", f"{SECRETS}/a", body=body, content_type=MERGE)[0] == 409
    assert refused(cluster, "PATCH", f"{SECRETS}/b", body=body, content_type=MERGE)[0] == 404
    assert refused(cluster, "PATCH", f"{SECRETS}/a", body=body)[0] == 415


def test_a_change_that_changes_nothing_is_no_new_version() -> None:
    cluster = FakeCluster()
    assert apply(cluster, data={"x": "1"}) == apply(cluster, data={"x": "1"})


def test_an_apply_makes_merges_and_takes_away_what_its_manager_no_longer_wants() -> None:
    cluster = FakeCluster()
    apply(cluster, data={"ours": "1", "both": "2"})
    apply(cluster, "them", data={"theirs": "3", "both": "2"})
    assert apply(cluster, data={})["data"] == {"theirs": "3", "both": "2"}
    assert apply(cluster, "them", data={})["data"] == {}


def test_an_apply_names_its_manager_and_the_object_of_its_path() -> None:
    cluster = FakeCluster()
    body = {"apiVersion": "v1", **secret()}
    assert "fieldManager" in refused(cluster, "PATCH", f"{SECRETS}/a", body=body, content_type=APPLY)[1]
    query = {"fieldManager": "us"}
    for wrong in ({**body, "apiVersion": "v2"}, {**body, "kind": "Thing"}, {**body, "metadata": {"name": "b"}}):
        assert refused(cluster, "PATCH", f"{SECRETS}/a", body=wrong, query=query, content_type=APPLY)[0] == 400


def test_a_status_is_written_by_its_subresource_alone() -> None:
    cluster = FakeCluster({"kind": "Node", "metadata": {"name": "n"}, "spec": {"a": 1}, "status": {"b": 1}})
    body = {"spec": {"a": 2}, "status": {"b": 2}}
    made = cluster.request("PATCH", "/api/v1/nodes/n", body=body, content_type=MERGE)
    assert (made["spec"], made["status"]) == ({"a": 2}, {"b": 1})
    made = cluster.request("PATCH", "/api/v1/nodes/n/status", body={**body, "spec": {"a": 3}}, content_type=MERGE)
    assert (made["spec"], made["status"]) == ({"a": 2}, {"b": 2})


def test_an_update_is_based_on_a_version() -> None:
    cluster = FakeCluster(secret(data={"x": "1"}))
    found = cluster.get("v1", "Secret", "a", "shop") or {}
    assert refused(cluster, "PUT", f"{SECRETS}/a", body=secret())[0] == 422
    cluster.request("PUT", f"{SECRETS}/a", body={**found, "data": {"y": "2"}})
    assert cluster.objects["Secret", "shop", "a"]["data"] == {"y": "2"}
    assert refused(cluster, "PUT", f"{SECRETS}/a", body=found)[0] == 409


def test_a_generation_counts_the_specs() -> None:
    cluster = FakeCluster()
    made = cluster.request("POST", SECRETS, body=secret(spec={"n": 1}))
    for body, generation in (({"data": {}}, 1), ({"spec": {"n": 2}}, 2)):
        made = cluster.request("PATCH", f"{SECRETS}/a", body=body, content_type=MERGE)
        assert made["metadata"]["generation"] == generation


def test_a_deletion_has_preconditions_and_is_gone() -> None:
    cluster = FakeCluster(secret())
    wrong = {"preconditions": {"uid": "another"}}
    assert refused(cluster, "DELETE", f"{SECRETS}/a", body=wrong)[0] == 409
    cluster.request("DELETE", f"{SECRETS}/a", query={"dryRun": "All"})
    assert len(cluster.objects) == 1
    cluster.delete(f"{SECRETS}/a")
    cluster.delete(f"{SECRETS}/a")
    assert cluster.objects == {}


def test_a_finalizer_holds_an_object_until_its_controller_takes_it_off() -> None:
    cluster = FakeCluster(secret(metadata={"finalizers": ["example.org/held"]}))
    cluster.delete(f"{SECRETS}/a")
    assert (cluster.get("v1", "Secret", "a", "shop") or {})["metadata"]["deletionTimestamp"]
    cluster.request("PATCH", f"{SECRETS}/a", body={"metadata": {"finalizers": None}}, content_type=MERGE)
    assert cluster.get("v1", "Secret", "a", "shop") is None


def test_a_controller_sees_what_is_written_and_what_goes() -> None:
    cluster, seen = FakeCluster(), []

    def reconcile(api: FakeCluster, found: dict[str, Any]) -> None:
        seen.append(api.key(found) in api.objects)
        if "deletionTimestamp" not in found["metadata"]:
            found["status"] = {"ready": True}

    cluster.reconcile = reconcile
    apply(cluster)
    assert cluster.objects["Secret", "shop", "a"]["status"] == {"ready": True}
    cluster.delete(f"{SECRETS}/a")
    assert seen == [True, False]


def test_answers_are_given_and_calls_refused_as_a_test_wants() -> None:
    cluster = FakeCluster(secret())
    cluster.answers |= {
        "/metrics": "up 1",
        "/api/v1/namespaces/x/*": (503, "no endpoints"),
        "/called": lambda call: 404,
    }
    assert cluster.text("/metrics") == "up 1"
    assert refused(cluster, "GET", "/api/v1/namespaces/x/services/y/proxy/") == (503, "no endpoints")
    assert refused(cluster, "GET", "/called")[0] == 404
    cluster.refuse(409, "changed", path=SECRETS, times=2)
    for _ in range(2):
        assert refused(cluster, "DELETE", f"{SECRETS}/a") == (409, "changed")
    cluster.request("DELETE", f"{SECRETS}/a")


def test_hooks_stand_before_and_after_a_call() -> None:
    cluster, seen = FakeCluster(secret()), []
    cluster.before = lambda call: seen.append((call.method, len(cluster.objects)))
    cluster.after = cluster.before
    cluster.delete(f"{SECRETS}/a")
    assert seen == [("DELETE", 1), ("DELETE", 0)]


def test_a_surprise_comes_once_before_a_write() -> None:
    cluster = FakeCluster()
    cluster.surprise(lambda: cluster.add(secret()))
    assert cluster.list("v1", "Secret") == []
    assert refused(cluster, "POST", SECRETS, body=secret())[0] == 409


def test_a_kind_of_another_group_is_no_mistake_that_passes() -> None:
    with pytest.raises(AssertionError):
        FakeCluster({"apiVersion": "v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}})
    with pytest.raises(KeyError):
        FakeCluster({"kind": "Thing", "metadata": {"name": "a"}})


def test_json_merge_patch_as_published() -> None:
    """Rows of RFC 7396, appendix A."""
    for there, patch, result in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": "foo"}, "bar", "bar"),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ):
        assert fake_objects.merge_patch(there, patch) == result
