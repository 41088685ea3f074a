"""Which checks a cluster gets, over objects in memory; those that need a network go to real servers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm import marks, storage
from ansible_collections.landfall.eks.plugins.module_utils.status import gather
from ansible_collections.landfall.eks.plugins.module_utils.status.addresses import Given
from ansible_collections.landfall.eks.plugins.module_utils.verify import plan as planning
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    FAILED,
    NOT_RUN,
    PASSED,
    Result,
    run_all,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.plan import Plan, VerifyRequest
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import direct
from tests.fake_cluster import FakeCluster
from tests.unit.components.rendering import COMPONENTS, evaluate
from tests.unit.rollout.conftest import helm_secret  # noqa: F401
from tests.unit.status.test_gather import HOME, live_cluster, release, secret
from tests.unit.verify import servers
from tests.unit.verify.servers import CA, HOST, PASSWORD, leaf, serving

NOTED = {storage.LABEL_IDENTITY: "1.live", storage.LABEL_SOURCE: "upstream"}
CHECKS = [check for role in COMPONENTS for check in evaluate(role, f"{role}_component.checks | default([])")]
LOAD_BALANCER = {"argo-cd": {"load_balancer": {"service": "argocd-nlb"}}}
INGRESS_CLASS = {"nginx-ingress": {"ingress_class": {"name": "nginx"}}}
OF_GRAFANA = {marks.INSTANCE: "kube-prometheus-stack"}
INSTALLED = [
    ("nginx-ingress", "ingress"),
    ("kube-prometheus-stack", "monitoring"),
    ("argo-cd", "argocd"),
    ("metrics-server", "kube-system"),
]


@pytest.fixture
def cluster(helm_secret: Any) -> FakeCluster:  # noqa: F811
    made = live_cluster()
    for name, namespace in INSTALLED:
        made.add(helm_secret(name, namespace, labels=NOTED))
    said = {"landfall.eks/service": "Grafana", "landfall.eks/user": "admin"}
    made.add(secret("grafana-admin", HOME, {"password": PASSWORD, "created": "2026-11-20T12:00:00Z"}, **said))
    made.add(secret("landfall-ca", HOME, CA.data, "kubernetes.io/tls"))
    status = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
    made.add(
        {
            "kind": "Ingress",
            "metadata": {
                "name": "grafana",
                "namespace": "monitoring",
                "labels": {marks.INSTANCE: "kube-prometheus-stack"},
            },
            "spec": {"ingressClassName": "nginx", "rules": [{"host": HOST}]},
            "status": status,
        }
    )
    made.add(
        {
            "kind": "Service",
            "metadata": {"name": "argocd-nlb", "namespace": "argocd"},
            "spec": {"selector": {"a": "b"}},
            "status": {"loadBalancer": {"ingress": [{"hostname": "argocd.elb"}]}},
        }
    )
    return made


def wanted(simulated: bool = False, **more: Any) -> VerifyRequest:
    status = gather.StatusRequest(
        "test",
        HOME,
        [
            release(name, namespace) | LOAD_BALANCER.get(name, {}) | INGRESS_CLASS.get(name, {})
            for name, namespace in INSTALLED
        ],
        {"release": "kube-prometheus-stack", "namespace": "monitoring", "service": "prometheus", "port": "9090"},
        real=["metrics-server"],
        simulated=simulated,
        given=Given(own=[{"host": HOST, "namespace": "monitoring", "release": "kube-prometheus-stack"}]),
        ask=lambda _: ["127.0.0.1"],
    )
    return VerifyRequest(
        status,
        hosts={"kube-prometheus-stack": HOST, "eck-stack": "kibana.example.org", "flask-app": "flask.example.org"},
        checks=CHECKS,
        versions={"oldest": "1.33", "newest": "1.36"},
        seconds=0,
        **more,
    )


def results(cluster: FakeCluster, asked: VerifyRequest, port: int = 0) -> dict[tuple[str, str], Result]:
    made = Plan(cluster, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "direct", lambda ip: direct(ip, port))
        patch.setattr(planning.tls, "direct", lambda ip, _: direct(ip, port))
        patch.setattr(planning.tls, "_accepts", lambda *_: True)
        return {(each.group, each.name): each for each in run_all(made.checks())}


def test_only_what_is_installed_is_checked(cluster: FakeCluster) -> None:
    names = {(each.group, each.name) for each in Plan(cluster, wanted()).checks()}
    assert ("https", HOST) in names
    assert ("https", "argocd.elb") in names
    assert ("logins", "Grafana") in names
    assert ("autoscaling", "usage of nodes") in names
    assert not {"kibana.example.org", "flask.example.org", "flask-app"} & {name for _, name in names}
    assert ("logs", "a line of the application") not in names


def test_a_simulated_platform_passes_nothing_that_takes_a_container(cluster: FakeCluster) -> None:
    found = results(cluster, wanted(simulated=True))
    for group in ("https", "plain http", "logins", "metrics", "alerts"):
        outcomes = {each.outcome for (where, _), each in found.items() if where == group}
        assert outcomes <= {NOT_RUN}, group
    assert found["https", HOST].command == "ansible-playbook -i inventories/eks playbooks/verify.yml"
    assert found["https", HOST].detail == "simulated here: no container of nginx-ingress runs"
    # What is real there is asked, and may fail.
    assert found["autoscaling", "usage of nodes"].outcome == FAILED


def test_a_real_one_is_really_asked(cluster: FakeCluster) -> None:
    with serving(servers.grafana, leaf()) as port:
        found = results(cluster, wanted(), port)
    assert found["https", HOST].outcome == PASSED
    assert found["logins", "Grafana"].detail == "admin is let in, and nobody without a password"
    # The same server has no certificate for Argo CD's name.
    assert found["https", "argocd.elb"].outcome == FAILED
    assert found["logins", "Argo CD"].detail == "no password for Argo CD has been made"


def test_argo_cd_is_asked_by_the_name_that_people_use(cluster: FakeCluster) -> None:
    asked = wanted()
    (argo,) = [each for each in asked.status.releases if each["name"] == "argo-cd"]
    argo["load_balancer"] = {**argo["load_balancer"], "host": "argocd.example.org"}
    with serving(servers.grafana, leaf("argocd.example.org")) as port:
        found = results(cluster, asked, port)
    assert found["https", "argocd.elb"].outcome == PASSED, "at the address of its load balancer"
    with serving(servers.grafana, leaf("other.example.org")) as port:
        assert results(cluster, asked, port)["https", "argocd.elb"].outcome == FAILED


def test_authorities_of_others_are_trusted_beside_the_own_one(cluster: FakeCluster) -> None:
    other = servers.make_ca("other", servers.NOW, ("example.org",))
    with serving(servers.grafana, servers.make_leaf(other, (HOST,), servers.NOW)) as port:
        assert results(cluster, wanted(), port)["https", HOST].outcome == FAILED, "control"
        given = results(cluster, wanted(ca=other.data["tls.crt"], trust_system=True), port)
    assert given["https", HOST].outcome == PASSED
    with serving(servers.grafana, leaf()) as port:
        found = results(cluster, wanted(ca=other.data["tls.crt"]), port)
    assert found["https", HOST].outcome == PASSED, "the own one still counts"


def test_another_password_in_the_secret_fails(cluster: FakeCluster) -> None:
    kept = cluster.objects["Secret", HOME, "grafana-admin"]
    kept["data"]["password"] = base64.b64encode(b"another").decode()
    with serving(servers.grafana, leaf()) as port:
        found = results(cluster, wanted(), port)
    assert found["logins", "Grafana"].outcome == FAILED


def test_people_are_called_only_if_that_is_asked_for(cluster: FakeCluster) -> None:
    name = ("alerts", "a test alert at each receiver")
    found = results(cluster, wanted())[name]
    assert (found.outcome, found.detail) == (NOT_RUN, "it would call people")
    assert found.command == "ansible-playbook playbooks/verify.yml -e verify_alerts=true"
    asked = results(cluster, wanted(send_alerts=True))[name]
    assert asked.outcome == FAILED
    assert asked.detail.startswith("no pod with app.kubernetes.io/name=alertmanager is ready")


def test_a_host_without_ingress_fails(cluster: FakeCluster) -> None:
    cluster.objects["Ingress", "monitoring", "grafana"]["spec"]["rules"] = []
    assert results(cluster, wanted())["names", HOST].detail == f"no Ingress names {HOST}"


def test_what_is_missing_fails(cluster: FakeCluster) -> None:
    asked = wanted()
    asked.status.releases.append(release("fluent-bit", "logging"))
    found = results(cluster, asked)["components", "fluent-bit"]
    assert (found.outcome, found.detail) == (FAILED, "not installed")


def test_no_secret_is_in_the_results(cluster: FakeCluster) -> None:
    with serving(servers.grafana, leaf()) as port:
        text = json.dumps([each.as_dict() for each in results(cluster, wanted(), port).values()])
    assert PASSWORD not in text
    assert Plan(cluster, wanted()).secrets() == {PASSWORD}
