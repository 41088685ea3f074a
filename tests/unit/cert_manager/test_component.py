"""cert-manager as a component: off by default, adopted, left or refused, with what its pods and its webhook need."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.preflight import brought, existing
from tests import eks_objects
from tests.fake_cluster import FakeCluster
from tests.unit.components import rendering

NAME = "cert-manager"
SIGN = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAME, "app.kubernetes.io/component": "controller"}
with_helm = pytest.mark.skipif(not rendering.HELM.exists(), reason="not run: there is no helm; `make tools` gets it")


def spec(**settings: Any) -> dict[str, Any]:
    return rendering.release(NAME, **settings)


def objects(**settings: Any) -> list[dict[str, Any]]:
    return rendering.rendered(spec(**settings), "--namespace", "cert-manager")


def theirs(namespace: str = NAME, instance: str = NAME, pods: int = 1, eks: bool = False) -> dict[str, Any]:
    labels = {**SIGN, "app.kubernetes.io/instance": instance}
    found = eks_objects.workload("Deployment", namespace, NAME, labels, labels)
    found["status"] = {"availableReplicas": pods}
    return eks_objects.by_eks(found) if eks else found


def look(cluster: FakeCluster, policy: str, selected: bool = True) -> brought.Existing:
    said = spec(cert_manager_existing=policy)
    row = {**said, "namespace_setting": "cert_manager_namespace", "selected": selected}
    return existing.find(cluster, brought.rows_of([row]), installing=True)[0]


def test_it_is_off_by_default_and_listed_with_its_tag() -> None:
    (site,) = yaml.safe_load((rendering.CHECKOUT / "playbooks/site.yml").read_text())
    (task,) = [each for each in site["tasks"] if each["tags"] == ["cert_manager"]]
    assert task["ansible.builtin.import_role"]["name"] == "landfall.eks.cert_manager"
    assert rendering.load("cert_manager", "defaults")["cert_manager_enabled"] is False


def test_its_definitions_are_the_workers() -> None:
    found = spec()
    assert found["values"]["crds"] == {"enabled": False}
    assert found["crds"] == {"source": "templates", "values": {"crds": {"enabled": True}}}


def test_its_leases_are_in_its_own_namespace() -> None:
    found = spec(cert_manager_namespace="certificates")
    assert found["values"]["global"]["leaderElection"]["namespace"] == found["namespace"] == "certificates"


def test_its_pods_count_as_many_as_there_are() -> None:
    found = spec(cert_manager_replicas=3)
    assert [each["count"] for each in found["pods"]] == [3, 3, 3]
    parts = (found["values"], found["values"]["webhook"], found["values"]["cainjector"])
    for part, pods in zip(parts, found["pods"], strict=True):
        assert part["replicaCount"] == 3
        assert part["resources"]["requests"] == {"cpu": pods["cpu"], "memory": pods["memory"]}


def test_it_is_ready_once_its_webhook_can_be_called() -> None:
    rows = [(each["kind"], each["name"], each["field"]) for each in spec()["ready"]]
    assert rows == [
        ("ValidatingWebhookConfiguration", "cert-manager-webhook", "webhooks.0.clientConfig.caBundle"),
        ("MutatingWebhookConfiguration", "cert-manager-webhook", "webhooks.0.clientConfig.caBundle"),
    ]
    # The process that writes there does not run on the simulated cluster.
    assert spec(platform_simulated=True)["ready"] == []


@with_helm
def test_what_ready_looks_at_is_what_the_chart_makes() -> None:
    made = {(each["kind"], each["metadata"]["name"]): each for each in objects()}
    for row in spec()["ready"]:
        (hook,) = made[row["kind"], row["name"]]["webhooks"]
        assert hook["failurePolicy"] == "Fail"
    key, _unused, value = spec()["existing"]["webhooks"].partition("=")
    assert made["ValidatingWebhookConfiguration", "cert-manager-webhook"]["metadata"]["labels"][key] == value


@with_helm
def test_its_pods_meet_the_level_that_their_namespace_enforces() -> None:
    assert spec()["namespace_labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pods = [each["spec"]["template"]["spec"] for each in objects() if each["kind"] == "Deployment"]
    assert len(pods) == 3
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@with_helm
def test_each_workload_has_a_budget_and_no_policy_beside_ours() -> None:
    made = objects()
    budgets = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "PodDisruptionBudget"}
    assert sorted(budgets) == [NAME, f"{NAME}-cainjector", f"{NAME}-webhook"]
    assert all(each["maxUnavailable"] == 1 for each in budgets.values())
    assert [each for each in made if each["kind"] == "NetworkPolicy"] == []


@with_helm
@pytest.mark.parametrize(("there", "count"), [(True, 1), (False, 0)])
def test_a_service_monitor_comes_where_its_kind_is(there: bool, count: int) -> None:
    found = [each for each in objects(platform_service_monitors=there) if each["kind"] == "ServiceMonitor"]
    assert len(found) == count


@with_helm
def test_no_hook_holds_helm() -> None:
    assert [each["kind"] for each in objects() if each["kind"] == "Job"] == []
    on = {"startupapicheck": {"enabled": True}}
    assert [each["kind"] for each in objects(cert_manager_values=on) if each["kind"] == "Job"] == ["Job"]


# --- What others installed --------------------------------------------------------------------------------------------


def test_the_add_on_of_eks_is_left() -> None:
    found = look(FakeCluster(theirs(eks=True)), "leave")
    assert (found.left, found.problems) == ([NAME], [])
    assert found.lines[NAME].startswith("cert-manager/cert-manager, of an EKS add-on: left as it is")


def test_one_of_others_is_adopted_where_its_pods_can_be() -> None:
    found = look(FakeCluster(theirs(eks=True)), "adopt")
    assert (found.left, found.problems) == ([], [])
    assert "EKS takes it back until its add-on is removed" in found.lines[NAME]
    for wrong, said in ((theirs("certs"), "cert_manager_namespace: certs"), (theirs(instance="other"), "not selected")):
        (problem,) = look(FakeCluster(wrong), "adopt").problems
        assert said in problem


def test_one_of_others_is_refused_or_has_to_work() -> None:
    assert "cert_manager_existing is refuse" in look(FakeCluster(theirs()), "refuse").problems[0]
    assert "none of its pods is available" in look(FakeCluster(theirs(pods=0)), "leave").problems[0]
    # A platform without the component has no opinion on it.
    assert look(FakeCluster(theirs(pods=0)), "refuse", selected=False).problems == []


def test_webhooks_of_one_that_is_gone_are_found() -> None:
    hook = {
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "cert-manager-webhook", "labels": {"app.kubernetes.io/instance": NAME}},
    }
    cluster = FakeCluster()
    cluster.define(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        namespaced=False,
    )
    cluster.add(hook)
    assert [each["metadata"]["name"] for each in look(cluster, "leave").orphans[NAME]] == ["cert-manager-webhook"]


@with_helm
def test_what_its_page_says_of_secrets_is_what_the_chart_asks_for() -> None:
    chart = rendering.chart_of(spec())
    if chart.is_dir():
        pytest.skip("not run: LANDFALL_CHART_CACHE does not have the chart cert-manager")
    rules = [rule for each in objects() if each["kind"] == "ClusterRole" for rule in each["rules"]]
    secrets = {verb for rule in rules if "secrets" in rule.get("resources", []) for verb in rule["verbs"]}
    assert {"get", "list", "watch", "update"} <= secrets
    page = (rendering.CHECKOUT / "docs/cert-manager.md").read_text()
    assert "the controller reads and writes Secrets in all namespaces" in page
