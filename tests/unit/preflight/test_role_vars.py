"""What preflight makes of its findings; its expressions, evaluated by Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).parents[3] / "roles"


def worked_out(role: str, name: str, **variables: Any) -> Any:
    loader = DataLoader()
    own: dict[str, Any] = loader.load_from_file(str(ROLES / role / "vars/main.yml"), trusted_as_template=True)
    return Templar(loader, variables=own | variables).template(trust_as_template(f"{{{{ {name} }}}}"))


@pytest.mark.parametrize(
    ("oneself", "root", "problems"),
    [
        ({"problem": ""}, {"skipped": True}, []),
        ({"problem": "no"}, {"problem": ""}, []),
        ({"problem": "no"}, {"problem": "not as root"}, ["no"]),
        ({"problem": "no"}, {"failed": True, "msg": "sudo: not found"}, ["no"]),
    ],
)
def test_root_helps_unless_becoming_root_fails(
    oneself: dict[str, Any], root: dict[str, Any], problems: list[str]
) -> None:
    found = worked_out(
        "preflight",
        "__preflight_all_problems",
        inventory_hostname="blue",
        platform_run={"problems": ["a"], "hosts": oneself},
        __preflight_hosts_file_as_root=root,
    )
    assert found == ["a", *problems]


def test_problems_are_in_the_order_of_the_looks() -> None:
    found = worked_out(
        "preflight",
        "__preflight_problems",
        __preflight_settings={"problems": ["a"]},
        __preflight_tools={"problems": ["b"]},
        __preflight_cluster={"problems": ["c"]},
        __preflight_charts={"problems": ["d"]},
    )
    assert found == ["a", "b", "c", "d"]


def balanced(addresses: str) -> dict[str, Any]:
    return {"name": "x", "selected": True, "load_balancer": {"addresses": addresses}}


@pytest.mark.parametrize(
    ("addresses", "roles", "needed"),
    [
        ("eni", ["hosts"], True),
        ("auto", ["hosts"], False),
        ("eni", ["efk"], False),
        ("eip", ["ingress"], True),
        ("dns", ["ingress"], False),
    ],
)
def test_boto3_is_only_needed_where_no_other_way_leads_to_the_addresses(
    addresses: str, roles: list[str], needed: bool
) -> None:
    found = worked_out(
        "preflight",
        "__preflight_packages",
        __preflight_settings={"roles": roles, "releases": [balanced(addresses)] if "ingress" in roles else []},
        ingress_addresses=addresses,
        platform_dns="hosts",
    )
    assert ("boto3" in found) is needed


def preflight(name: str, **variables: Any) -> Any:
    names = [{"host": f"{each}.x", "release": each} for each in ("grafana", "left")]
    known = {"__preflight_settings": {"roles": ["hosts"], "releases": [], "names": names}, "hosts_names": ["typed.y"]}
    known |= {"platform_dns": "route53", "platform_dns_role_arn": "", "platform_left_releases": ["left"]}
    return worked_out("preflight", name, **(known | variables))


def test_what_route53_needs_is_looked_at_where_it_gets_the_names() -> None:
    assert preflight("__preflight_names") == ["grafana.x", "typed.y"]
    assert "boto3" in preflight("__preflight_packages", ingress_addresses="dns")
    assert not preflight("__preflight_in_dns", platform_dns="hosts")
    other = {"roles": ["efk"], "releases": []}
    assert not preflight("__preflight_in_dns", __preflight_settings=other)


def test_the_permissions_of_a_role_in_another_account_are_not_those_of_the_run() -> None:
    def actions(**variables: Any) -> list[str]:
        return [each["action"] for each in preflight("__preflight_own_dns_rights", **variables)]

    assert actions() == [
        "elasticloadbalancing:DescribeLoadBalancers",
        "route53:ListHostedZones",
        "route53:ListResourceRecordSets",
    ]
    role = "arn:aws:iam::210987654321:role/dns"
    assert actions(platform_dns_role_arn=role) == ["elasticloadbalancing:DescribeLoadBalancers"]


@pytest.mark.parametrize(
    ("there", "kinds", "monitors"),
    [(True, [], True), (False, ["monitoring.coreos.com/v1/ServiceMonitor"], True), (False, ["v1/Secret"], False)],
)
def test_service_monitors_need_their_kind_now_or_soon(there: bool, kinds: list[str], monitors: bool) -> None:
    found = worked_out(
        "platform",
        "platform_service_monitors",
        platform_run={"cluster": {"service_monitors": there}, "settings": {"kinds": kinds}},
    )
    assert found is monitors
