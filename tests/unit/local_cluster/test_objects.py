from __future__ import annotations

import copy

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import metrics, objects
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.objects import WantedObject
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import Settings
from tests.fake_cluster import FakeCluster


def nodes(settings: Settings) -> list[WantedObject]:
    return [each for each in objects.base(settings, "v1.35.4") if each.manifest["kind"] == "Node"]


def test_applied_once(settings: Settings) -> None:
    cluster = FakeCluster()
    wanted = nodes(settings)
    assert [objects.apply(cluster, each) for each in wanted] == [True] * 6
    assert [objects.apply(cluster, each) for each in wanted] == [False] * 6


def test_a_change_by_hand_is_put_back(settings: Settings) -> None:
    cluster = FakeCluster()
    node, status = nodes(settings)[:2]
    objects.apply(cluster, node)
    objects.apply(cluster, status)
    kept = cluster.objects["Node", "", settings.nodes()[0].name]
    kept["metadata"]["labels"] = {}
    kept["status"]["capacity"] = {"cpu": "1"}
    assert objects.apply(cluster, node)
    assert objects.apply(cluster, status)


def test_a_field_that_is_wanted_no_more_is_noticed(settings: Settings) -> None:
    cluster = FakeCluster()
    node = nodes(settings)[0]
    objects.apply(cluster, node)
    fewer = copy.deepcopy(node.manifest)
    del fewer["metadata"]["labels"]["kubernetes.io/os"]
    assert objects.apply(cluster, WantedObject(fewer))


def test_what_others_added_stays(settings: Settings) -> None:
    cluster = FakeCluster()
    node = nodes(settings)[0]
    objects.apply(cluster, node)
    cluster.objects["Node", "", settings.nodes()[0].name]["metadata"]["labels"]["somebody"] = "else"
    assert not objects.apply(cluster, node)


def test_heartbeats_are_no_change(settings: Settings) -> None:
    cluster = FakeCluster()
    node, status = nodes(settings)[:2]
    objects.apply(cluster, node)
    objects.apply(cluster, status)
    cluster.objects["Node", "", settings.nodes()[0].name]["status"]["conditions"] = [{"type": "Ready"}]
    assert not objects.apply(cluster, node)


def test_an_unknown_kind_is_looked_up_again() -> None:
    cluster = FakeCluster()
    stage = WantedObject({"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": "a"}})
    with pytest.raises(LookupError, match="does not know Stage yet"):
        objects.apply(cluster, stage)
    cluster.define("Stage", "kwok.x-k8s.io/v1alpha1", "stages", namespaced=False)
    assert objects.apply(cluster, stage)


def test_nodes_say_what_an_eks_node_says(settings: Settings) -> None:
    node = nodes(settings)[2].manifest
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "eu-west-1b"
    assert node["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"
    assert node["metadata"]["annotations"][metrics.PATH_ANNOTATION] == metrics.path(node["metadata"]["name"])
    assert node["spec"]["providerID"].startswith("aws:///eu-west-1b/i-")


def test_the_default_class_waits_for_its_first_consumer(settings: Settings) -> None:
    by_kind = {each.manifest["kind"]: each.manifest for each in objects.base(settings, "v1.35.4")}
    storage = by_kind["StorageClass"]
    assert storage["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    assert (storage["provisioner"], storage["volumeBindingMode"]) == ("ebs.csi.aws.com", "WaitForFirstConsumer")


def test_every_metric_that_metrics_server_reads_is_there() -> None:
    metric = metrics.documents()[0]["spec"]
    assert metric["path"] == "/metrics/nodes/{nodeName}/metrics/resource"
    assert {each["name"] for each in metric["metrics"]} >= {
        "node_cpu_usage_seconds_total",
        "node_memory_working_set_bytes",
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "container_start_time_seconds",
    }
