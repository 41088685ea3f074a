"""What EKS manages is seen by its own mark, and what then happens is what `<role>_existing` says; with controls."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.argocd import existing as delivery
from ansible_collections.landfall.eks.plugins.module_utils.preflight import brought, existing, ownership
from tests import eks_objects
from tests.fake_cluster import FakeCluster
from tests.unit.components import rendering

ARGO, STACK, SHIPPER = "argo-cd", "kube-prometheus-stack", "fluent-bit"
Look = Callable[..., brought.Existing]


def look(cluster: FakeCluster, release: str, policy: str = "leave", **settings: Any) -> brought.Existing:
    said = rendering.release(release, **settings)
    row = {**said, "namespace_setting": "x_namespace", "selected": True}
    row["existing"] = {**said["existing"], "policy": policy}
    return existing.find(cluster, brought.rows_of([row]), installing=True)[0]


def with_argo(*objects: dict[str, Any], eks: bool = False) -> FakeCluster:
    definition = eks_objects.definition("applications", "Application")
    return FakeCluster(eks_objects.by_eks(definition) if eks else definition, *objects)


def ago(seconds: float) -> str:
    return f"{(datetime.now(UTC) - timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()}Z"


def ours(found: dict[str, Any], release: str, namespace: str) -> dict[str, Any]:
    marked = copy.deepcopy(found)
    marked["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    marked["metadata"]["annotations"] = {ownership.HELM_NAME: release, ownership.HELM_NAMESPACE: namespace}
    return marked


# --- Argo CD outside of the cluster -----------------------------------------------------------------------------------


def test_an_argo_cd_that_eks_runs_is_known_by_who_applied_its_definitions() -> None:
    found = look(with_argo(eks=True), ARGO)
    assert (found.left, found.managed, found.places) == ([ARGO], [ARGO], {ARGO: "argocd"})
    assert found.lines["Argo CD"] == "the EKS Capability for Argo CD: left as it is"
    assert found.problems == []


def test_an_argo_cd_outside_is_known_by_what_it_does() -> None:
    found = look(with_argo(eks_objects.application(ago(200), "gitops")), ARGO)
    assert (found.left, found.places) == ([ARGO], {ARGO: "gitops"})
    assert found.lines["Argo CD"].startswith("run from outside of this cluster, with its Applications in gitops")


def record_of_ours() -> dict[str, Any]:
    labels = {"owner": "helm", "name": ARGO, "status": "deployed", "version": "1", ownership.IDENTITY: "1.a"}
    metadata = {"name": "sh.helm.1", "namespace": "argocd", "labels": labels}
    return {"kind": "Secret", "type": "helm.sh/release.v1", "metadata": metadata}


def with_definitions_of_ours() -> FakeCluster:
    cluster = with_argo(eks_objects.application(ago(60)))
    (definition,) = (each for each in cluster.objects.values() if each["kind"] == "CustomResourceDefinition")
    definition["metadata"]["labels"][ownership.DEFINITIONS_OF] = ARGO
    return cluster


NOBODY_OUTSIDE = {
    "an uninstallation of ours a minute ago": with_definitions_of_ours,
    "no definitions": FakeCluster,
    "what an uninstallation left": lambda: with_argo(eks_objects.application(ago(7200))),
    "Applications that nobody has looked at": lambda: with_argo(eks_objects.application("")),
    "definitions alone": with_argo,
    "our own, whose Deployment a hand deleted": lambda: with_argo(
        eks_objects.application(ago(60)), record_of_ours(), eks=True
    ),
}


@pytest.mark.parametrize("name", NOBODY_OUTSIDE)
def test_otherwise_argo_cd_comes_with_the_run(name: str) -> None:
    cluster = NOBODY_OUTSIDE[name]()
    if name == "no definitions":
        del cluster.kinds_served["Application"]
    found = look(cluster, ARGO)
    assert (found.left, found.lines["Argo CD"]) == ([], "not there, comes with this run")


def test_who_may_not_read_definitions_still_sees_what_argo_cd_does() -> None:
    cluster = with_argo(eks_objects.application(ago(60)), eks=True)
    cluster.answers["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.argoproj.io"] = 403
    assert look(cluster, ARGO).left == [ARGO]


def test_an_uninstallation_leaves_out_only_what_others_have_in_the_cluster() -> None:
    said = {**rendering.release(ARGO), "namespace_setting": "x_namespace", "selected": True}
    found = existing.find(with_argo(eks=True), brought.rows_of([said]), installing=False)[0]
    assert (found.left, found.problems) == ([], [])


@pytest.mark.parametrize("policy", ["adopt", "refuse"])
def test_an_argo_cd_that_eks_runs_is_not_adopted(policy: str) -> None:
    (problem,) = look(with_argo(eks=True), ARGO, policy).problems
    assert problem.startswith(f"argocd_existing is {policy}, and Argo CD is the EKS Capability for Argo CD")
    assert "aws eks delete-capability" in problem
    assert "argocd_existing: leave" in problem


def test_beside_an_unknown_argo_cd_outside_ours_comes_if_one_says_so() -> None:
    found = look(with_argo(eks_objects.application(ago(60))), ARGO, "adopt")
    assert (found.left, found.problems) == ([], [])


def test_an_argo_cd_outside_delivers_nothing_of_ours() -> None:
    row = delivery.Row("flask-app", "flask-app", "argocd", "flask_app_delivery", "argocd", selected=True, comes=True)
    cluster = with_argo(eks=True)
    (problem,) = delivery.find_applications(cluster, [row], {ARGO: "argocd"}, True, managed=True).problems
    assert "outside of this cluster" in problem
    assert "write flask_app_delivery: helm" in problem
    assert delivery.find_applications(cluster, [row], {ARGO: "argocd"}, True).problems == []


# --- Add-ons ----------------------------------------------------------------------------------------------------------


def test_the_node_exporter_of_an_add_on_is_used_in_place_of_ours() -> None:
    theirs = eks_objects.node_exporter()
    found = look(FakeCluster(theirs), STACK)
    assert found.parts == {
        "prometheus-node-exporter": {
            "namespace": "prometheus-node-exporter",
            "labels": theirs["spec"]["selector"]["matchLabels"],
        }
    }
    assert found.lines["node-exporter"] == (
        "prometheus-node-exporter/prometheus-node-exporter, of an EKS add-on: used instead of our own, since both want "
        "port 9100 of the nodes"
    )
    assert (found.left, found.problems) == ([], [])


def exporter(**container: Any) -> dict[str, Any]:
    """Return a DaemonSet of a name and with labels of its own, and what its container says of ports."""
    pod = {"hostNetwork": container.pop("hostNetwork", False)}
    ports = [{"containerPort": 9100, **container}]
    labels = {"app": "metrics"}
    return eks_objects.workload(
        "DaemonSet", "observability", "metrics", labels, labels, containers=[{"ports": ports}], **pod
    )


@pytest.mark.parametrize(
    ("theirs", "clashes"),
    [
        (exporter(hostNetwork=True), True),
        (exporter(hostPort=9100), True),
        (exporter(), False),
        (exporter(hostNetwork=True, containerPort=9487), False),
        (exporter(hostPort=9487), False),
        # Our own, of an earlier run, with and without a record of Helm's.
        (ours(eks_objects.node_exporter(), STACK, "monitoring"), False),
    ],
)
def test_whatever_has_the_port_of_the_nodes_takes_the_place_of_ours(theirs: dict[str, Any], clashes: bool) -> None:
    assert bool(look(FakeCluster(theirs), STACK).parts) is clashes


def test_another_port_for_ours_is_no_clash() -> None:
    other = {"prometheus-node-exporter": {"service": {"port": 9110, "targetPort": 9110}}}
    found = look(FakeCluster(eks_objects.node_exporter()), STACK, monitoring_kube_prometheus_stack_values=other)
    assert found.parts == {}


def test_ours_that_was_there_first_stays() -> None:
    own = ours(eks_objects.node_exporter(), STACK, "monitoring")
    own["metadata"]["namespace"] = "monitoring"
    found = look(FakeCluster(own, eks_objects.node_exporter()), STACK)
    assert found.parts == {}
    assert found.lines["node-exporter"].startswith("Landfall's own; beside it prometheus-node-exporter/")


@pytest.mark.parametrize("policy", ["adopt", "refuse"])
def test_a_node_exporter_that_shall_not_be_left_is_named(policy: str) -> None:
    (problem,) = look(FakeCluster(eks_objects.node_exporter()), STACK, policy).problems
    assert problem.startswith(
        f"monitoring_existing is {policy}, and node-exporter is there as prometheus-node-exporter/"
    )
    assert "leave" in problem


def test_values_switch_ours_off_and_scrape_theirs() -> None:
    left = {"prometheus-node-exporter": {"namespace": "theirs", "labels": {"app": "x"}}}
    before, after = (rendering.release(STACK, platform_left_parts=each)["values"] for each in ({}, left))
    assert (before["nodeExporter"], before["prometheus"]["additionalPodMonitors"]) == ({"enabled": True}, [])
    (monitor,) = after["prometheus"]["additionalPodMonitors"]
    assert after["nodeExporter"] == {"enabled": False}
    assert monitor["selector"] == {"matchLabels": {"app": "x"}}
    assert monitor["namespaceSelector"] == {"matchNames": ["theirs"]}
    assert monitor["podMetricsEndpoints"][0]["portNumber"] == 9100
    assert {each["targetLabel"] for each in monitor["podMetricsEndpoints"][0]["relabelings"]} == {"job", "node"}


@pytest.mark.skipif(not rendering.HELM.exists(), reason="no helm: run make tools")
def test_the_chart_then_brings_a_monitor_and_no_daemon_set() -> None:
    left = {"prometheus-node-exporter": {"namespace": "theirs", "labels": {"app": "x"}}}
    kinds = []
    for parts in ({}, left):
        found = rendering.rendered(rendering.release(STACK, platform_left_parts=parts))
        names = {(each["kind"], each["metadata"]["name"]) for each in found if each["kind"] != "List"}
        names |= {(each["kind"], each["metadata"]["name"]) for one in found for each in one.get("items") or []}
        kinds.append({kind for kind, name in names if kind in {"DaemonSet", "PodMonitor"}})
    assert kinds == [{"DaemonSet"}, {"PodMonitor"}]


BESIDE = {
    "kube-state-metrics": (STACK, eks_objects.addon("Deployment", "kube-state-metrics")),
    "Fluent Bit": (SHIPPER, eks_objects.addon("DaemonSet", "fluent-bit")),
    "Fluent Bit of CloudWatch": (SHIPPER, eks_objects.by_eks(eks_objects.cloudwatch_fluent_bit())),
    "aws-for-fluent-bit": (SHIPPER, eks_objects.addon("DaemonSet", "aws-for-fluent-bit", "logs")),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_can_run_beside_ours_is_left_and_named(name: str) -> None:
    release, theirs = BESIDE[name]
    found = look(FakeCluster(theirs), release)
    what = "kube-state-metrics" if release == STACK else "Fluent Bit"
    where = f"{theirs['metadata']['namespace']}/{theirs['metadata']['name']}"
    assert found.lines[what] == f"{where}, of an EKS add-on: left as it is, and ours runs beside it"
    assert (found.left, found.parts, found.problems) == ([], {}, [])
    (problem,) = look(FakeCluster(theirs), release, "refuse").problems
    assert where in problem
    assert what not in look(FakeCluster(), release).lines


def test_the_metrics_server_of_an_add_on_is_told_by_its_label_too() -> None:
    found = look(FakeCluster(eks_objects.metrics_server()), "metrics-server")
    assert found.left == ["metrics-server"]
    assert "of an EKS add-on" in found.lines["metrics-server"]


@pytest.mark.parametrize("name", ["external-dns", "karpenter"])
def test_neighbours_are_named_and_left(name: str) -> None:
    found = look(FakeCluster(eks_objects.addon("Deployment", name)), "metrics-server")
    what = "Karpenter" if name == "karpenter" else name
    assert found.lines[what].startswith(f"{name}/{name}, of an EKS add-on: left as it is, ")
    assert what not in look(FakeCluster(), "metrics-server").lines


def test_a_scraper_of_aws_is_seen_where_it_shows() -> None:
    cluster = FakeCluster()
    what = "Amazon Managed Service for Prometheus"
    for answer, seen in ((404, False), (403, False), ({"metadata": {"name": "aps-collector-role"}}, True)):
        cluster.answers["/apis/rbac.authorization.k8s.io/v1/clusterroles/aps-collector-role"] = answer
        assert (what in look(cluster, "metrics-server").lines) is seen


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        ({"managedFields": [{"manager": "eks"}]}, "an EKS add-on"),
        ({"labels": {"app.kubernetes.io/managed-by": "EKS"}}, "an EKS add-on"),
        ({"labels": {"app.kubernetes.io/managed-by": "eksctl"}}, "somebody without Helm"),
        ({"managedFields": [{"manager": "eksctl"}]}, "somebody without Helm"),
        ({"annotations": {ownership.HELM_NAME: "a", ownership.HELM_NAMESPACE: "b"}}, "the Helm release b/a"),
    ],
)
def test_who_made_an_object(metadata: dict[str, Any], who: str) -> None:
    assert ownership.maker({"metadata": metadata}) == who


def test_all_of_it_takes_few_requests() -> None:
    """Signs of the same label share a request, and workloads of one kind that are all wanted are read once."""
    cluster = FakeCluster()
    rows = [
        {**each, "namespace_setting": "x", "selected": True}
        for role in rendering.COMPONENTS
        for each in rendering.releases(role)
    ]
    existing.find(cluster, brought.rows_of(rows), installing=True)
    asked = [call.path for call in cluster.log]
    assert asked.count("/apis/apps/v1/deployments") == 3
    assert asked.count("/apis/apps/v1/daemonsets") == 1
