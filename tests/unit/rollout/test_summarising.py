from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.status.summary import pod_urls

READY = [{"type": "Ready", "status": "True"}]


def pod(name: str, node: str, address: str, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/instance": "flask-app"}},
        "spec": {"nodeName": node, "containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"podIP": address, "conditions": READY, **status},
    }


class FakeCluster:
    """Holds the nodes that carry the label of a real one, and pods."""

    def __init__(self, nodes: list[str], pods: list[dict[str, Any]]) -> None:
        self.held = {"Node": [{"metadata": {"name": each}} for each in nodes], "Pod": pods}

    def list(self, _version: str, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query["labelSelector"]
        return self.held[kind]


def found(nodes: list[str], pods: list[dict[str, Any]]) -> dict[str, list[str]]:
    return pod_urls(FakeCluster(nodes, pods))  # type: ignore[arg-type]


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
