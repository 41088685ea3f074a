from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.status.summary import REAL_NODE_LABEL, pod_urls
from tests.fake_cluster import FakeCluster

READY = [{"type": "Ready", "status": "True"}]


def pod(name: str, node: str, address: str, **status: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "flask-app", "labels": {"app.kubernetes.io/instance": "flask-app"}},
        "spec": {"nodeName": node, "containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"podIP": address, "conditions": READY, **status},
    }


def found(nodes: list[str], pods: list[dict[str, Any]]) -> dict[str, list[str]]:
    real = [{"kind": "Node", "metadata": {"name": each, "labels": {REAL_NODE_LABEL: "real"}}} for each in nodes]
    fake = {"kind": "Node", "metadata": {"name": "fake-1"}}
    return pod_urls(FakeCluster(*real, fake, *pods))


def test_only_ready_pods_on_real_nodes_answer() -> None:
    leaving = pod("leaving", "real", "198.18.64.4")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    pods = [
        pod("two", "real", "198.18.64.3"),
        pod("one", "real", "198.18.64.2"),
        pod("fake", "fake-1", "198.18.128.5"),
        pod("starting", "real", "198.18.64.6", conditions=[{"type": "Ready", "status": "False"}]),
        leaving,
    ]
    assert found(["real"], pods) == {"flask-app": ["http://198.18.64.2:8080", "http://198.18.64.3:8080"]}


def test_without_a_real_node_nothing_answers() -> None:
    assert found([], [pod("one", "fake-1", "198.18.128.5")]) == {}
