"""What role preflight asks of AWS, by the settings; its expressions, evaluated by Ansible itself."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws
from ansible_collections.landfall.eks.plugins.modules import aws_facts
from tests.unit.components import rendering
from tests.unit.preflight.test_role_vars import worked_out

SETTINGS = {
    "ingress_addresses": "auto",
    "hosts_addresses": [],
    "platform_dns": "hosts",
    "platform_dns_role_arn": "",
    "platform_tls_source": "own_ca",
}
SELECTED = {"ingress": ["aws-load-balancer-controller", "nginx-ingress"], "argocd": ["argo-cd"], "hosts": []}


def releases(roles, left, **settings):
    names = [name for role in roles for name in SELECTED[role] if name not in left]
    return [{**rendering.release(name, **settings), "selected": True} for name in names]


def asked(name, roles=("ingress", "argocd", "hosts"), left=(), **settings):
    rows = releases(roles, left, **settings)
    without = rendering.evaluate("ingress", "ingress_component.without_aws", **settings) if "ingress" in roles else []
    found = {"roles": list(roles), "releases": rows, "without_aws": without}
    variables = {"__preflight_settings": found, "platform_run": {"releases": rows, "cluster": {"left": list(left)}}}
    return worked_out("preflight", name, **(SETTINGS | settings), **variables)


def balancers(roles=("ingress", "argocd"), left=(), **settings):
    return {each.wanted.name: each for each in aws.balancers_of(releases(roles, left, **settings))}


def test_each_load_balancer_has_its_own_settings():
    found = balancers(argocd_scheme="internal", argocd_subnets=["subnet-1"])
    assert found["nginx-ingress"].wanted.setting == "ingress_subnets"
    assert (found["argo-cd"].wanted.scheme, found["argo-cd"].wanted.subnets) == ("internal", ["subnet-1"])


def test_what_is_not_selected_or_left_to_others_is_not_asked_about():
    assert set(balancers(["ingress"])) == {"nginx-ingress"}
    assert set(balancers(left=["argo-cd"])) == {"nginx-ingress"}


@pytest.mark.parametrize(
    ("settings", "addresses"),
    [
        ({}, "perhaps"),
        ({"ingress_addresses": "eip"}, "perhaps"),
        ({"ingress_addresses": "dns"}, "no"),
        ({"ingress_addresses": "eip", "ingress_eip_allocations": ["eipalloc-1"]}, "no"),
        ({"ingress_scheme": "internal"}, "no"),
    ],
)
def test_elastic_ips_are_wanted_where_they_will_be_allocated(settings, addresses):
    assert balancers(**settings)["nginx-ingress"].addresses == addresses


def test_argocd_takes_elastic_ips_on_request():
    assert balancers(argocd_scheme="internet-facing")["argo-cd"].addresses == "no"
    wanted = {"argocd_scheme": "internet-facing", "argocd_addresses": "eip"}
    assert balancers(**wanted)["argo-cd"].addresses == "perhaps"


def test_permissions_are_those_of_the_run():
    everything, hosts = asked("__preflight_rights"), asked("__preflight_rights", roles=["hosts"])
    assert {each["action"] for each in hosts} < {each["action"] for each in everything}
    assert "ec2:DescribeSubnets" in {each["action"] for each in everything}
    for each in everything:
        assert set(each) <= set(aws_facts.RIGHT)


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, False),
        ({"ingress_addresses": "eni"}, True),
        ({"ingress_addresses": "eni", "hosts_addresses": ["1"]}, False),
    ],
)
def test_aws_is_needed_where_nothing_else_leads_to_the_addresses(settings, needed):
    assert asked("__preflight_asks_for_addresses", **settings) is needed
    assert any(each["needed"] for each in asked("__preflight_rights", **settings)) is needed


def test_what_can_be_handed_in_is_that_of_the_run():
    handed_in = {each["setting"]: each["value"] for each in asked("__preflight_handed_in", ingress_vpc_id="vpc-1")}
    assert handed_in == {"ingress_controller_role_arn": "", "ingress_vpc_id": "vpc-1", "hosts_addresses": []}
    assert [each["setting"] for each in asked("__preflight_handed_in", roles=["hosts"])] == ["hosts_addresses"]


@pytest.mark.parametrize(
    ("options", "controllers"),
    [
        ({}, ["aws-load-balancer-controller"]),
        ({"ingress_controller_role_arn": "arn:aws:iam::111122223333:role/controller"}, []),
        ({"left": ["aws-load-balancer-controller"]}, []),
        ({"roles": ["hosts"]}, []),
    ],
)
def test_only_a_controller_of_ours_without_a_role_is_looked_for(options, controllers):
    found = asked("__preflight_roleless", **options)
    assert [each["aws_role"]["service_account"] for each in found] == controllers


def test_an_alias_needs_the_load_balancer_and_no_address():
    settings = {"platform_dns": "route53", "ingress_addresses": "eni"}
    assert asked("__preflight_asks_for_addresses", **settings) is False
    (needed,) = [each for each in asked("__preflight_rights", **settings) if each["needed"]]
    assert needed["otherwise"] == "write platform_dns: hosts"
    assert "route53:ListHostedZones" not in {each["action"] for each in asked("__preflight_rights")}
