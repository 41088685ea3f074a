"""Room on the nodes: what is counted, what is not, and that the table of requests is what the charts render."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import capacity as subject
from tests.fake_cluster import FakeCluster
from tests.unit.components.rendering import COMPONENTS, HELM, releases, rendered

GI = 1024.0**3


def node(cpu: float = 4, memory: float = 16 * GI, pods: float = 50, volumes: float | None = None) -> subject.Node:
    return subject.Node("n", cpu, memory, pods, volumes)


@pytest.mark.parametrize(
    ("text", "number"), [("100m", 0.1), ("2", 2), (3, 3), ("1Gi", GI), ("1.5G", 1.5e9), ("128Mi", 128 * 1024**2)]
)
def test_quantities(text: str | int, number: float) -> None:
    assert subject.quantity(text) == pytest.approx(number)


def test_room_for_everything_is_no_problem() -> None:
    assert subject.judge([node(), node()], [subject.Need("a", 8, 1, 4 * GI)], grows=False).problems == []


def test_what_runs_on_each_node_is_taken_from_each() -> None:
    needs = [subject.Need("agent", 0, 0.5, GI), subject.Need("a", 8, 1, 1 * GI)]
    problems = subject.judge([node(), node()], needs, grows=False).problems
    assert problems == ["The platform wants 8.0 CPUs and the 2 usable nodes have 7.0 free: add nodes."]


def test_a_sum_that_fits_may_still_not_fit_on_any_node() -> None:
    problems = subject.judge(
        [node(memory=6 * GI), node(memory=6 * GI)], [subject.Need("a", 1, 1, 8 * GI)], False
    ).problems
    assert len(problems) == 1
    assert "1 pods a want 1.0 CPUs, 8.0 GiB of memory" in problems[0]


def test_an_autoscaler_makes_nodes() -> None:
    found = subject.judge([], [subject.Need("a", 1, 1, GI)], grows=True)
    assert found.problems == []
    assert "autoscaler" in found.line


def pod(namespace: str, name: str, cpu: str, where: str = "n") -> dict[str, Any]:
    container = {"resources": {"requests": {"cpu": cpu}}}
    labels = {subject.INSTANCE_LABEL: name}
    return {
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"nodeName": where, "containers": [container]},
    }


def test_what_runs_of_our_own_already_is_not_counted_twice() -> None:
    status = {"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "20"}}
    cluster = FakeCluster(
        {"kind": "Node", "metadata": {"name": "n"}, "spec": {}, "status": status},
        pod("logging", "x", "1"),
        pod("kube-system", "metrics-server", "1"),
        pod("kube-system", "coredns", "1"),
        pod("shop", "shop", "500m"),
        pod("shop", "waiting", "3", ""),
    )
    # As a large cluster answers.
    cluster.page_size = 1
    own = [("logging", "eck-stack"), ("kube-system", "metrics-server")]
    found = subject.read_room(cluster, [subject.Need("a", 1, 3, GI)], own)
    assert found.problems == ["The platform wants 3.0 CPUs and the 1 usable nodes have 2.5 free: add nodes."]


def rows() -> dict[str, list[dict[str, Any]]]:
    return {each["name"]: each["pods"] for role in COMPONENTS for each in releases(role)}


def a_node(name: str, pods: str = "20", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    status = {"allocatable": {"cpu": "4", "memory": "16Gi", "pods": pods}}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": status}


def taint(key: str, effect: str = "NoSchedule") -> dict[str, Any]:
    return {"taints": [{"key": key, "effect": effect}]}


LEFT_OUT = {
    "Fargate": a_node("f", labels={"eks.amazonaws.com/compute-type": "fargate"}),
    "virtual-kubelet": a_node("v", labels={"type": "virtual-kubelet"}),
    "Windows": a_node("w", labels={"kubernetes.io/os": "windows"}),
    "tainted": a_node("t", **taint("example.org/gpu")),
    "cordoned": a_node("c", unschedulable=True),
    "full": a_node("n", pods="1"),
}
COUNTED = {
    "hybrid": a_node("h", labels={"eks.amazonaws.com/compute-type": "hybrid"}),
    "Auto Mode": a_node("a", labels={"eks.amazonaws.com/compute-type": "auto"}),
    "preferred": a_node("p", **taint("example.org/spot", "PreferNoSchedule")),
}


@pytest.mark.parametrize("name", LEFT_OUT | COUNTED)
def test_nodes_that_take_none_of_our_pods_are_not_counted(name: str) -> None:
    node = (LEFT_OUT | COUNTED)[name]
    cluster = FakeCluster(node, a_node("second"), pod("shop", "shop", "1", node["metadata"]["name"]))
    found = subject.read_room(cluster, [subject.Need("a", 3, 2, GI)], [])
    if name in COUNTED:
        assert found.problems == []
        assert found.line.startswith("2 nodes with 7.0 CPUs")
        return
    assert found.problems == ["The platform wants 6.0 CPUs and the 1 usable nodes have 4.0 free: add nodes."]
    assert found.line.startswith("1 nodes with 4.0 CPUs")
    assert found.line.endswith(f"; not counted: 1 {name}")


def test_what_a_daemon_set_fills_has_no_room_either() -> None:
    needs = [subject.Need("agent", 0, 0.1, 0), subject.Need("a", 1, 1, GI)]
    (problem, *_) = subject.judge([node(pods=1)], needs, grows=False).problems
    assert "1 usable nodes have 0.0 free" in problem


NODE_KINDS = {
    "karpenter": ("NodePool", "karpenter.sh/v1", "nodepools", True),
    "auto mode": ("NodeClass", "eks.amazonaws.com/v1", "nodeclasses", True),
    # Of the add-on eks-node-monitoring-agent.
    "node monitoring": ("NodeDiagnostic", "eks.amazonaws.com/v1alpha1", "nodediagnostics", False),
}


@pytest.mark.parametrize("name", NODE_KINDS)
def test_who_makes_nodes_is_known_by_its_kind(name: str) -> None:
    kind, api_version, plural, grows = NODE_KINDS[name]
    cluster = FakeCluster(a_node("n"))
    cluster.define(kind, api_version, plural, namespaced=False)
    found = subject.read_room(cluster, [subject.Need("a", 9, 2, GI)], [])
    assert ("an autoscaler makes nodes" in found.line, bool(found.problems)) == (grows, not grows)


def test_what_the_pods_of_releases_want_is_read_from_them() -> None:
    pods = [{"name": "a", "count": "2", "cpu": "100m", "memory": "1Gi", "volumes": 1}, {"name": "b", "count": 0}]
    assert subject.needs_of([{"pods": pods}, {}]) == [subject.Need("a", 2, 0.1, GI, 1)]


@pytest.mark.skipif(not HELM.exists(), reason="no helm: run make tools")
@pytest.mark.parametrize("name", [each["name"] for role in COMPONENTS for each in releases(role)])
def test_the_table_is_what_the_charts_render(name: str) -> None:
    release = next(each for role in COMPONENTS for each in releases(role) if each["name"] == name)
    table = rows()[name]
    per_kind = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for each in rendered(release, "--skip-tests"):
        if each["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}:
            everywhere = each["kind"] == "DaemonSet"
            one = subject.requests_of(each["spec"]["template"]["spec"])
            count = 1 if everywhere else each["spec"].get("replicas")
            count = count if count is not None else release["values"]["autoscaling"]["minReplicas"]
            per_kind[everywhere] = [total + count * more for total, more in zip(per_kind[everywhere], one, strict=True)]
    # What an operator makes of a custom resource is no workload of the chart: its row is not compared.
    made_by_operators = {"prometheus", "alertmanager", "elasticsearch", "kibana"}
    for everywhere, found in per_kind.items():
        own = [row for row in table if (row["count"] == 0) is everywhere and row["name"] not in made_by_operators]
        for resource, total in zip(("cpu", "memory"), found, strict=True):
            said = sum(subject.quantity(row[resource]) * (int(row["count"]) or 1) for row in own)
            assert total == pytest.approx(said), (name, resource, everywhere)
