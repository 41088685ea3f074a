"""Nodes and objects as EKS makes them, on a cluster that has the platform: what is seen, waited for and left alone."""

import json
import time

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, client_from
from ansible_collections.landfall.eks.plugins.module_utils.preflight import brought, existing
from tests import eks_objects

pytestmark = pytest.mark.cluster

FAKE = {"kwok.x-k8s.io/node": "fake"}
FARGATE, WINDOWS, FULL = NODES = ("eks-fargate", "eks-windows", "eks-full")
NAMESPACES = ("amazon-cloudwatch", "cert-manager", "kube-state-metrics")
# Fluent Bit of CloudWatch has no label of EKS: only the field manager tells.
ADDONS = (
    eks_objects.cloudwatch_fluent_bit(),
    eks_objects.addon("Deployment", "cert-manager"),
    eks_objects.addon("Deployment", "kube-state-metrics"),
)
GROUP = "argo.example.org"
# The pod that waits on the full node counts as one that is away.
TWO_AWAY = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}}
CHANGE = ("-e", json.dumps({"efk_fluent_bit_values": {"podLabels": {"tests": "eks"}, **TWO_AWAY}}))


def site(checkout, *words):
    command = ["ansible-playbook -i inventories/local site.yml --tags preflight,efk", *(f"'{word}'" for word in words)]
    return " ".join(checkout.run(" ".join(command)).split())


def apply(checkout, objects, *words):
    """Apply objects as EKS does."""
    path = checkout.path.parent / "eks.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    checkout.kubectl(f"apply --server-side --field-manager={eks_objects.MANAGER} -f {path} {' '.join(words)}")


@pytest.fixture(scope="module")
def eks(second_up, checkout):
    """The cluster with nodes and add-ons of EKS, which are gone afterwards; and Fluent Bit as it was."""
    nodes = [make(name) for make, name in zip(MAKERS, NODES, strict=True)]
    for each in nodes:
        each["metadata"]["annotations"] = FAKE
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in NAMESPACES]
    try:
        apply(checkout, nodes)
        apply(checkout, nodes, "--subresource=status")
        checkout.kubectl(f"wait --for=condition=Ready node {' '.join(NODES)} --timeout=30s")
        apply(checkout, [*namespaces, *(eks_objects.filler(each) for each in (FARGATE, FULL))])
        apply(checkout, ADDONS)
        yield checkout
    finally:
        checkout.kubectl(f"delete namespace {' '.join(NAMESPACES)} --wait=false --ignore-not-found")
        for each in NODES:
            checkout.kubectl(f"delete pod -A --field-selector spec.nodeName={each} --force --grace-period=0")
        checkout.kubectl(f"delete node {' '.join(NODES)} --ignore-not-found")
        site(checkout)


MAKERS = (eks_objects.fargate_node, eks_objects.windows_node, eks_objects.full_node)


@pytest.fixture(scope="module")
def said(eks):
    """What a run says that changes Fluent Bit on such a cluster."""
    return site(eks, *CHANGE, "-e", "settle_timeout=60")


def test_a_daemon_set_is_ready_without_nodes_that_cannot_run_it(said, eks):
    left_out = f"DaemonSet fluent-bit has no pod on nodes without room for it: {FULL} (Too many pods)"
    assert f"logging/fluent-bit: ready: {left_out}" in said
    found = json.loads(eks.kubectl("get daemonset fluent-bit -n logging -o json"))["status"]
    # The full node is Linux, so the controller wants a pod there; for the two others it does not.
    assert found["desiredNumberScheduled"] - found["numberAvailable"] == 1
    assert found["updatedNumberScheduled"] == found["desiredNumberScheduled"]


def test_no_pod_of_ours_is_on_windows_or_fargate(said, eks):
    pods = json.loads(eks.kubectl("get pods -A -o json"))["items"]
    there = {each["metadata"]["name"] for each in pods if each["spec"].get("nodeName") in (FARGATE, WINDOWS)}
    # The control: what selects nothing goes to Windows, which has no taint.
    assert any(name.startswith("fluent-bit") for name in there)
    owners = {each["metadata"]["namespace"] for each in pods if each["metadata"]["name"] in there}
    assert owners <= {"kube-system", *NAMESPACES}


def test_preflight_names_what_eks_manages_and_counts_no_such_node(said):
    for part in (
        "not counted: 1 Fargate, 1 Windows, 1 full",
        "amazon-cloudwatch/fluent-bit, of an EKS add-on: left as it is, and ours runs beside it",
        "kube-state-metrics/kube-state-metrics, of an EKS add-on: left as it is, and ours runs beside it",
        "cert-manager/cert-manager, of an EKS add-on: left as it is",
    ):
        assert part in said


def test_an_argo_cd_outside_is_seen_by_the_manager_of_its_definitions(second_up, checkout):
    """On a group of its own, since this cluster has an Argo CD of ours."""
    definition = eks_objects.definition("applications", "Application", GROUP)
    outside = {
        "api_version": f"{GROUP}/v1alpha1",
        "kind": "Application",
        "definition": f"applications.{GROUP}",
        "alive": "status.reconciledAt",
        "eks": "EKS's own",
    }
    row = brought.Row("x", "x", "x", "x_namespace", "x_existing", "leave", True, outside=outside)

    def look():
        cluster = Cluster(client_from({"kubeconfig": str(checkout.state / "kubeconfig")}))
        return existing.find(cluster, [row], installing=True)[0]

    assert look().left == []
    try:
        apply(checkout, [definition])
        checkout.kubectl(f"wait --for=condition=Established crd/applications.{GROUP} --timeout=30s")
        found = look()
        assert (found.left, found.lines["x"]) == (["x"], "EKS's own: left as it is")
        # Somebody else's definitions are remains, until something works on them.
        checkout.kubectl(f"delete crd applications.{GROUP}")
        checkout.kubectl(f"create -f {checkout.path.parent}/eks.json --field-manager=somebody")
        checkout.kubectl(f"wait --for=condition=Established crd/applications.{GROUP} --timeout=30s")
        assert look().left == []
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        made = eks_objects.application(now, "default") | {"apiVersion": f"{GROUP}/v1alpha1"}
        apply(checkout, [made])
        said = "run from outside of this cluster, with its Applications in default: left as it is"
        assert look().lines["x"] == f"{said} (x_existing: adopt brings ours beside it)"
    finally:
        checkout.kubectl(f"delete crd applications.{GROUP} --ignore-not-found")
