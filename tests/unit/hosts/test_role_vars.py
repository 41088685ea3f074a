"""What the role works out from live Ingresses and from AWS's answers; its expressions, evaluated by Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

VARS = Path(__file__).parents[3] / "roles/hosts/vars/main.yml"
NLB = "nlb-1.elb.eu-west-1.amazonaws.com"
GIVEN = {"hosts_names": [], "hosts_addresses": [], "platform_aws_region": "eu-west-1"}


def ingress(class_name: str | None, hosts: list[str | None], point: dict[str, str] | None = None) -> dict[str, Any]:
    rules = [{"host": host} if host else {"http": {}} for host in hosts]
    spec: dict[str, Any] = {"rules": rules} | ({"ingressClassName": class_name} if class_name else {})
    return {"spec": spec, "status": {"loadBalancer": {"ingress": [point]} if point else {}}}


def interface(private: str, public: str | None) -> dict[str, Any]:
    return {"private_ip_address": private} | ({"association": {"public_ip": public}} if public else {})


def balancer(name: str, scheme: str, zones: int = 2) -> dict[str, Any]:
    return {
        "dns_name": f"{name}-1.elb.eu-west-1.amazonaws.com",
        "load_balancer_name": name,
        "scheme": scheme,
        "availability_zones": [{"zone_name": f"zone-{zone}"} for zone in range(zones)],
    }


def worked_out(name: str, **variables: Any) -> Any:
    loader = DataLoader()
    role: dict[str, Any] = loader.load_from_file(str(VARS), trusted_as_template=True)
    return Templar(loader, variables=role | GIVEN | variables).template(trust_as_template(f"{{{{ {name} }}}}"))


FOUND = {
    "resources": [
        ingress("nginx", ["kibana.x", "grafana.x"], {"hostname": NLB}),
        ingress("nginx", ["grafana.x", None], {"hostname": NLB}),
        ingress("alb", ["other.x"], {"hostname": "alb"}),
        ingress(None, ["classless.x"]),
    ]
}


def test_names_are_those_of_our_class() -> None:
    assert worked_out("__hosts_wanted_names", __hosts_found=FOUND) == ["grafana.x", "kibana.x"]
    assert worked_out("__hosts_wanted_names", __hosts_found=FOUND, hosts_names=["a.x"]) == ["a.x"]
    assert worked_out("__hosts_balancer_names", __hosts_found=FOUND) == [NLB]


def test_an_empty_cluster_has_no_names() -> None:
    assert worked_out("__hosts_wanted_names", __hosts_found={"resources": []}) == []
    assert worked_out("__hosts_ips", __hosts_found={"resources": []}) == []


def test_an_ingress_without_a_load_balancer_is_waited_for() -> None:
    found = {"resources": [*FOUND["resources"], ingress("nginx", ["new.x"])]}
    assert len(worked_out("__hosts_ingresses", __hosts_found=found)) == 3
    assert len(worked_out("__hosts_with_status", __hosts_found=found)) == 2


@pytest.mark.parametrize(
    ("scheme", "addresses"),
    [("internet-facing", ["203.0.113.7", "203.0.113.9"]), ("internal", ["10.0.0.7", "10.0.1.9", "10.0.2.1"])],
)
def test_addresses_are_those_that_face_the_clients(scheme: str, addresses: list[str]) -> None:
    known = {
        "__hosts_found": FOUND,
        "__hosts_described": {"load_balancers": [balancer("nlb", scheme), balancer("other", "internal", 3)]},
        "__hosts_attached": {
            "network_interfaces": [
                interface("10.0.0.7", "203.0.113.7"),
                interface("10.0.1.9", "203.0.113.9"),
                interface("10.0.2.1", None),
            ]
        },
    }
    assert worked_out("__hosts_ips", **known) == addresses
    assert worked_out("__hosts_zones", **known) == 2
    assert worked_out("__hosts_interface_marks", **known) == ["ELB net/nlb/*"]


def test_an_answer_without_load_balancers_leaves_it_to_dns() -> None:
    refused = {"failed": False, "msg": "AccessDenied"}
    assert worked_out("__hosts_balancers", __hosts_found=FOUND, __hosts_described=refused) == []
    assert worked_out("__hosts_ips", __hosts_found=FOUND, __hosts_resolved={"addresses": ["203.0.113.7"]}) == [
        "203.0.113.7"
    ]


def test_addresses_that_are_handed_in_win() -> None:
    assert worked_out("__hosts_ips", __hosts_found=FOUND, hosts_addresses=["203.0.113.1"]) == ["203.0.113.1"]
