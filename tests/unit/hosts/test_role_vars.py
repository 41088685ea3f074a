"""What the role works out from live Ingresses and from AWS's answers; its expressions, evaluated by Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

VARS = Path(__file__).parents[3] / "roles/hosts/vars/main.yml"
NLB = "nlb-1.elb.eu-west-1.amazonaws.com"
GIVEN = {"hosts_names": [], "hosts_addresses": [], "platform_aws_region": "eu-west-1"}


def ingress(class_name: str | None, hosts: list[str | None], point: dict[str, str] | None = None) -> dict[str, Any]:
    rules = [{"host": host} if host else {"http": {}} for host in hosts]
    spec: dict[str, Any] = {"rules": rules} | ({"ingressClassName": class_name} if class_name else {})
    return {"spec": spec, "status": {"loadBalancer": {"ingress": [point]} if point else {}}}


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


LOOKED_UP = {"addresses": ["203.0.113.7", "203.0.113.9"], "way": "its network interfaces", "notes": []}


def test_addresses_are_those_that_were_found() -> None:
    assert worked_out("__hosts_ips", __hosts_found=FOUND, __hosts_looked_up=LOOKED_UP) == LOOKED_UP["addresses"]
    # A task that was skipped registers too.
    assert worked_out("__hosts_ips", __hosts_found=FOUND, __hosts_looked_up={"skipped": True}) == []


def test_an_ingress_may_have_an_address_itself() -> None:
    found = {"resources": [ingress("nginx", ["a.x"], {"ip": "203.0.113.5"})]}
    assert worked_out("__hosts_ips", __hosts_found=found) == ["203.0.113.5"]


def test_addresses_that_do_not_answer_are_left_out_and_told() -> None:
    known = {
        "__hosts_found": FOUND,
        "__hosts_looked_up": LOOKED_UP | {"notes": ["shop has no address yet in c."]},
        "__hosts_probed": {
            "answering": ["203.0.113.9"],
            "silent": {"203.0.113.7": "it refuses connections"},
            "notes": ["203.0.113.9 for a.x: it shows a certificate of other names"],
        },
    }
    assert worked_out("__hosts_ips", **known) == ["203.0.113.9"]
    assert worked_out("__hosts_notes", **known) == [
        "shop has no address yet in c.",
        "203.0.113.7 is left out: it refuses connections",
        "203.0.113.9 for a.x: it shows a certificate of other names",
    ]
    assert worked_out("__hosts_notes", __hosts_found=FOUND, __hosts_probed={"skipped": True}) == []
    assert worked_out("__hosts_ips", **known | {"__hosts_probed": {"skipped": True}}) == LOOKED_UP["addresses"]


def test_addresses_that_are_handed_in_win() -> None:
    assert worked_out("__hosts_ips", __hosts_found=FOUND, hosts_addresses=["203.0.113.1"]) == ["203.0.113.1"]
