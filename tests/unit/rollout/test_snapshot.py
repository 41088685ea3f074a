"""Many objects read with few requests, and the same found as by reading each."""

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube import snapshot
from ansible_collections.landfall.eks.plugins.module_utils.kube.snapshot import Address, Snapshots

DEPLOYMENTS = "/apis/apps/v1/deployments"


def address(name, namespace="shop", kind="Deployment", api_version="apps/v1"):
    return Address(api_version, kind, namespace, name)


def add(cluster, name, namespace="shop", kind="Deployment"):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return cluster.add({"kind": kind, "metadata": metadata, "spec": {}})


def found(snapshots, *wanted):
    """Return what is found of each address, and that it is what reading each by itself finds."""
    read = snapshots.read(wanted)
    assert read == {
        each: snapshots.cluster.get(each.api_version, each.kind, each.name, each.namespace) for each in read
    }
    return [each and each["metadata"]["name"] for each in read.values()]


def paths(cluster):
    return [call.path for call in cluster.log]


def test_objects_of_one_kind_come_in_one_list(cluster):
    add(cluster, "a")
    add(cluster, "a", "other")
    add(cluster, "b")
    wanted = [address("a"), address("b", "other"), address("b")]
    assert list(Snapshots(cluster).read(wanted)) == wanted
    assert paths(cluster) == [DEPLOYMENTS]
    assert found(Snapshots(cluster), *wanted) == ["a", None, "b"]


def test_those_of_one_namespace_are_listed_there_and_a_single_one_is_read(cluster):
    Snapshots(cluster).read([address("a"), address("b")])
    Snapshots(cluster).read([address("a"), address("a")])
    assert paths(cluster) == [
        "/apis/apps/v1/namespaces/shop/deployments",
        "/apis/apps/v1/namespaces/shop/deployments/a",
    ]


def test_objects_of_the_cluster_have_no_namespace(cluster):
    add(cluster, "a", "", "Node")
    nodes = [address("a", namespace, "Node", "v1") for namespace in ("", "shop")]
    assert found(Snapshots(cluster), *nodes) == ["a", "a"]


def test_kinds_that_are_not_there_have_no_objects(cluster):
    things = [address(name, kind="Thing", api_version="example.org/v1") for name in "ab"]
    assert Snapshots(cluster).read(things) == dict.fromkeys(things)
    assert paths(cluster) == ["/apis/example.org/v1"]


def test_of_a_kind_with_many_objects_each_is_read_by_itself(cluster, monkeypatch):
    monkeypatch.setattr(snapshot, "LIMIT", 2)
    for name in "abc":
        add(cluster, name)
    snapshots = Snapshots(cluster)
    wanted = [address("a"), address("c")]
    assert found(snapshots, *wanted) == ["a", "c"]
    # And it is not listed again.
    cluster.log.clear()
    snapshots.read(wanted)
    assert paths(cluster) == [f"/apis/apps/v1/namespaces/shop/deployments/{name}" for name in "ac"]


def test_who_may_not_list_reads_each(cluster):
    add(cluster, "a")
    cluster.refuse(403, "may not list", method="GET", path="/namespaces/shop/deployments")
    assert found(Snapshots(cluster), address("a"), address("b")) == ["a", None]
    cluster.refuse(503, "ill", method="GET", path="/namespaces/shop/deployments")
    with pytest.raises(ApiException, match="ill"):
        Snapshots(cluster).read([address("a"), address("b")])
