"""The module that plans load balancers, between an API server that has or has not their Services and an account."""

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import changes as changing
from ansible_collections.landfall.eks.plugins.modules import elastic_ips, load_balancer_facts
from tests.unit.aws import network
from tests.unit.bad_input.fake_clusters import serving

ANNOTATIONS = {f"{changing.PREFIX}scheme": "internet-facing", f"{changing.PREFIX}nlb-target-type": "ip"}
SERVICE = "/api/v1/namespaces/ingress/services/nginx-ingress-controller"
HOST = "k8s-ingress-nginxing-0123.elb.eu-central-1.amazonaws.com"
KINDS = {"/api/v1": {"resources": [{"kind": "Service", "name": "services", "namespaced": True}]}}


def live(annotations):
    return KINDS | {
        SERVICE: {
            "metadata": {"name": "nginx-ingress-controller", "annotations": annotations},
            "spec": {"loadBalancerClass": "service.k8s.aws/nlb"},
            "status": {"loadBalancer": {"ingress": [{"hostname": HOST}]}},
        }
    }


def called(module, capsys, **arguments):
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def ask(capsys):
    """Return what the module says of NGINX's Service on a cluster that answers as it is told."""

    def asked(state, vpc_id="", **row):
        with serving({"shop": state}) as server:
            entry = {"server": f"http://127.0.0.1:{server.server_port}/shop"}
            kubeconfig = {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "shop",
                "clusters": [{"name": "shop", "cluster": entry}],
                "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "shop"}}],
                "users": [{"name": "shop", "user": {}}],
            }
            service = {
                "service": "nginx-ingress-controller",
                "settings": "ingress",
                "class": "service.k8s.aws/nlb",
                "annotations": ANNOTATIONS,
                "scheme": "internet-facing",
                "addresses": "auto",
                "without_eip": "auto",
                "replace": "",
            }
            release = {"name": "nginx-ingress", "namespace": "ingress", "load_balancer": service | row}
            given = {"kubeconfig": kubeconfig, "cluster": "shop", "vpc_id": vpc_id, "releases": [release]}
            found = called(load_balancer_facts, capsys, **given)
            assert server.changes == []
        return found

    return asked


def test_from_nothing_to_a_service_that_keeps_its_addresses(ask, capsys):
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    planned = ask(KINDS | {SERVICE: 404}, made["vpc"])
    service = planned["services"]["nginx-ingress"]
    assert planned["problems"] == []
    assert sorted(service["zones"]) == list(network.ZONES)
    assert planned["lines"] == {
        "ingress/nginx-ingress-controller": f"made with an Elastic IP in each of {', '.join(service['zones'])}"
    }
    allocated = called(elastic_ips, capsys, cluster="shop", service="nginx-ingress", zones=service["zones"])
    kept = {
        changing.SUBNETS: ",".join(service["subnets"]),
        changing.ALLOCATIONS: ",".join(allocated["allocations"]),
    }
    again = ask(live(ANNOTATIONS | kept), made["vpc"])["services"]["nginx-ingress"]
    assert (again["annotations"], again["zones"], again["replace"]) == (kept, [], False)
    # A run that was killed before the Service was made finds the same addresses.
    once_more = ask(KINDS | {SERVICE: 404}, made["vpc"])["services"]["nginx-ingress"]
    found = called(elastic_ips, capsys, cluster="shop", service="nginx-ingress", zones=once_more["zones"])
    assert (found["changed"], found["allocations"]) == (False, allocated["allocations"])


def test_a_service_that_is_as_it_should_be_needs_no_account(ask, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    found = ask(live(ANNOTATIONS))
    assert (found["problems"], found["lines"]) == ([], {"ingress/nginx-ingress-controller": HOST})


def test_what_would_replace_it_is_refused_and_done_on_purpose(ask):
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    (problem,) = ask(live(ANNOTATIONS), made["vpc"], addresses="eip")["problems"]
    assert "made without Elastic IPs" in problem
    found = ask(live(ANNOTATIONS), made["vpc"], addresses="eip", replace=HOST)
    assert found["problems"] == []
    assert found["services"]["nginx-ingress"]["replace"]


def test_a_subnet_less_is_refused_by_what_aws_says(ask):
    made = network.make()
    name = network.balancer("shop", made["subnets"])
    state = live(ANNOTATIONS)
    state[SERVICE]["status"]["loadBalancer"]["ingress"] = [{"hostname": name}]
    all_of_them = ANNOTATIONS | {changing.SUBNETS: ",".join(made["subnets"])}
    assert ask(state, annotations=all_of_them)["problems"] == []
    fewer = ANNOTATIONS | {changing.SUBNETS: ",".join(made["subnets"][:2])}
    (problem,) = ask(state, annotations=fewer)["problems"]
    assert "would lose a zone" in problem
