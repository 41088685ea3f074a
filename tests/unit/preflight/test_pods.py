"""What preflight says of namespaces of others, of Ingresses that are not served, and of who enforces policies."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.preflight import pods
from tests.fake_cluster import FakeCluster


def release(name, namespace, **other):
    return {"name": name, "namespace": namespace, "selected": True, **other}


def nginx(*names):
    reached = {"setting": "ingress_namespaces", "names": ["ingress", *names]}
    return release("nginx-ingress", "ingress", also_in=reached, ingress_class={"name": "nginx", "controller": "x"})


RELEASES = [nginx(), release("grafana", "monitoring"), release("metrics-server", "kube-system")]


def namespace(name, ours=False):
    return {"kind": "Namespace", "metadata": {"name": name, "labels": dict(namespaces.LABEL_OURS) if ours else {}}}


def ingress(namespace, name="web", ingress_class="nginx"):
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "Ingress", "metadata": metadata, "spec": {"ingressClassName": ingress_class}}


def daemonset(name, *arguments):
    spec = {"template": {"spec": {"containers": [{"name": "x", "args": list(arguments)}, {"name": "y"}]}}}
    return {"kind": "DaemonSet", "metadata": {"name": name, "namespace": "kube-system"}, "spec": spec}


def test_namespaces_of_others_are_named():
    cluster = FakeCluster(namespace("kube-system"), namespace("monitoring"), namespace("ingress", ours=True))
    assert pods.lines(cluster, RELEASES, policies=False) == {
        "namespaces of others": "monitoring: no level of Pod Security and no NetworkPolicy is set there"
    }


def test_ingresses_that_would_not_be_served_are_named():
    cluster = FakeCluster(ingress("shop"), ingress("shop", "two"), ingress("monitoring"), ingress("blog", "b", "alb"))
    line = "those of shop: write shop into ingress_namespaces"
    assert pods.lines(cluster, RELEASES, policies=False) == {"Ingresses not served": line}
    assert pods.lines(cluster, [nginx("shop"), *RELEASES[1:]], policies=False) == {}
    everywhere = {**nginx(), "also_in": {"setting": "ingress_namespaces", "names": []}}
    assert pods.lines(cluster, [everywhere, *RELEASES[1:]], policies=False) == {}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([], "nothing that enforces them was seen"),
        ([daemonset("aws-node", "--enable-network-policy=false")], "nothing that enforces them"),
        ([daemonset("aws-node", "--enable-network-policy=true")], "enforced by the Amazon VPC CNI"),
        ([daemonset("calico-node")], "enforced by Calico"),
        ([daemonset("cilium"), daemonset("kube-router")], "enforced by Cilium"),
        ([daemonset("kube-router", "--run-firewall=true")], "enforced by kube-router"),
    ],
)
def test_who_enforces_policies_is_said(objects, said):
    line = pods.lines(FakeCluster(*objects), RELEASES, policies=True)["NetworkPolicies"]
    assert line.startswith(said)


@pytest.mark.parametrize(("value", "said"), [("true", "enforced by EKS Auto Mode"), ("false", "nothing")])
def test_auto_mode_says_so_in_a_config_map(value, said):
    cluster = FakeCluster()
    metadata = {"name": "amazon-vpc-cni", "namespace": "kube-system"}
    cluster.add({"kind": "ConfigMap", "metadata": metadata, "data": {"enable-network-policy-controller": value}})
    assert pods.lines(cluster, RELEASES, policies=True)["NetworkPolicies"].startswith(said)


def test_who_may_not_look_is_told_that_nothing_was_seen():
    cluster = FakeCluster(daemonset("calico-node"))
    cluster.refuse(403, "forbidden", method="GET", path="daemonsets", times=9)
    assert pods.lines(cluster, RELEASES, policies=True)["NetworkPolicies"].startswith("nothing")


def test_a_namespace_that_is_not_there_is_refused():
    cluster = FakeCluster(namespace("blog"))
    assert pods.reach_problems(cluster, [nginx("blog", "monitoring", "shop"), *RELEASES[1:]]) == [
        "ingress_namespaces names shop, which is no namespace of this cluster: create it first, or remove it."
    ]
    assert pods.reach_problems(cluster, [{**nginx("shop"), "selected": False}]) == []
