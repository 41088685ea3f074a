"""Who may reach whom, judged against every policy as it is rendered; docs/pods.md shows the same table."""

from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import network_policies
from tests.unit.pods.flows import API_SERVER, NAME, OPEN, PODS, SHUT, policies, rows
from tests.unit.pods.reach import End, may_reach, selecting, without

OURS = {"ingress", "monitoring", "logging", "elastic-system", "argocd", "flask-app", "cert-manager"}


def may(flow, given):
    source, target, port = flow
    return may_reach(given, PODS[source], PODS[target], port)


@pytest.mark.parametrize("flow", OPEN, ids=str)
def test_what_is_needed_is_open(flow):
    assert may(flow, policies())


@pytest.mark.parametrize("flow", SHUT, ids=str)
def test_what_is_not_needed_is_shut(flow):
    assert not may(flow, policies())


@pytest.mark.parametrize("flow", SHUT, ids=str)
def test_a_control_without_policies_everything_is_open(flow):
    assert may(flow, [])


def of_its_own(flow):
    """Return the policies whose removal must shut a flow: those of our pods at its ends, and none for DNS alone."""
    ends = [PODS[each] for each in flow[:2] if PODS[each].namespace in OURS]
    return [(end.namespace, name) for end in ends for name in selecting(policies(), end) if name != "default-deny"]


@pytest.mark.parametrize("flow", [each for each in OPEN if of_its_own(each)], ids=str)
def test_a_control_each_flow_is_shut_without_the_policy_that_opens_it(flow):
    places = [(PODS[flow[0]].namespace, "default-deny")] if flow[1] == "dns" else of_its_own(flow)
    assert any(not may(flow, without(policies(), place)) for place in places)


def test_each_policy_opens_something():
    """A policy that could be left out is one too many; of the Flask application's pods, the chart has the policy."""
    idle = []
    for each in policies():
        place = (each["metadata"]["namespace"], each["metadata"]["name"])
        left = without(policies(), place)
        if place[0] in OURS and all(may(flow, left) for flow in OPEN) and all(not may(flow, left) for flow in SHUT):
            idle.append(place)
    assert idle == []


def test_everything_is_denied_in_each_namespace_that_is_made():
    denied = {each["metadata"]["namespace"] for each in policies() if not each["spec"]["podSelector"]}
    assert denied == OURS
    for each in policies():
        if not each["spec"]["podSelector"]:
            ports = [port for rule in each["spec"]["egress"] for port in rule["ports"]]
            assert {port["port"] for port in ports} == {53}
            assert each["spec"]["ingress"] == []


def test_names_are_unique_in_their_namespace():
    places = [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in policies()]
    assert len(places) == len(set(places))


def test_a_receiver_that_is_a_webhook_is_reached_wherever_it_is():
    hook = {"name": "hook", "type": "webhook", "url": "http://bridge.shop:8080/", "severities": ["critical"]}
    flow = ("alertmanager", "stranger", 8080)
    assert not may(flow, policies())
    given = [network_policies.policy(row) for row in rows(monitoring_receivers=[hook])]
    assert may(flow, given)


def test_a_namespace_of_another_name_is_followed():
    given = [network_policies.policy(row) for row in rows(ingress_namespace="edge", efk_namespace="logs")]
    nginx, kibana = End("edge", {NAME: "nginx-ingress"}), End("logs", {"common.k8s.elastic.co/type": "kibana"})
    assert may_reach(given, nginx, kibana, 5601)
    assert not may_reach(given, PODS["stranger"], kibana, 5601)


def test_without_the_addresses_of_the_api_server_its_flows_are_shut_not_open():
    given = [network_policies.policy(row) for row in rows()]
    assert not may(("stranger", "prometheus", 9090), given)
    assert not may(("api-server", "prometheus", 9090), given)
    assert PODS["api-server"].address == API_SERVER


def test_the_page_has_the_table():
    page = (Path(__file__).parents[3] / "docs/pods.md").read_text(encoding="utf-8")
    for each in policies():
        assert f"`{each['metadata']['name']}`" in page
