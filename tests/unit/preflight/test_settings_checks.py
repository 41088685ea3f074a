"""What no type can say about settings."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.settings import checks as subject
from ansible_collections.landfall.eks.plugins.module_utils.settings.hosts import (
    ingress_hosts,
    outside_problems,
    own_names,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting

DEFAULTS: dict[str, Any] = {
    "argocd_allowed_cidrs": "{{ ingress_allowed_cidrs }}",
    "argocd_addresses": "dns",
    "argocd_host": "argocd.{{ platform_domain }}",
    "efk_host": "kibana.{{ platform_domain }}",
    "flask_app_image_repository": "landfall/flask-app",
    "hosts_retries": 0,
    "ingress_addresses": "auto",
    "platform_context": "",
    "platform_dns_role_arn": "",
    "platform_dns_zone": "",
}
ROLES = ("ingress", "argocd", "efk", "flask_app", "hosts")


def said(values: dict[str, Any], roles: tuple[str, ...] = ROLES) -> list[str]:
    """Return what the checks say about values; each setting's role is the longest that begins its name."""
    settings = {
        name: Setting(
            name,
            max((role for role in (*ROLES, "platform", "monitoring") if name.startswith(f"{role}_")), key=len),
            {"default": DEFAULTS.get(name, "something")},
        )
        for name in values
    }
    return subject.check_all(Situation(values, settings, roles))


@pytest.mark.parametrize(
    "values",
    [
        {"efk_host": "kibana.example.org", "platform_domain": "example.org"},
        {"efk_host": "a", "argocd_host": "xn--mnchen-3ya.example.org"},
        {"platform_context": ""},
        {"argocd_host": "same.example.org", "argocd_enabled": False, "efk_host": "same.example.org"},
        {"flask_app_min_replicas": 2, "flask_app_max_replicas": 2},
        {"hosts_retries": 0, "hosts_wait": 0, "efk_retention_days": 1, "flask_app_cpu_utilization": 100},
        {"ingress_vpc_cidrs": ["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"]},
        {"ingress_allowed_cidrs": [], "platform_simulated": True},
        {"ingress_allowed_cidrs": [], "platform_state": "absent"},
        {"ingress_allowed_cidrs": ["0.0.0.0/0"]},
        {"ingress_allowed_cidrs": ["::/0"], "platform_state": "absent"},
        {"ingress_namespace": "ingress-2", "platform_cluster_name": "Prod_1.eu"},
        {"monitoring_prometheus_storage": "1.5Ti", "monitoring_retention": "1w2d", "monitoring_retention_size": "40GB"},
        {"hosts_file": "/etc/hosts", "platform_kubeconfig": {"apiVersion": "v1"}, "hosts_addresses": ["2001:db8::1"]},
        {"argocd_repo_url": "git@example.org:team/repo.git", "ingress_scheme": "internal"},
        {"flask_app_image_repository": "registry.example.org:5000/team/flask-app"},
        {"ingress_subnets": ["a", "b"], "ingress_eip_allocations": ["c", "d"]},
    ],
)
def test_settings_that_will_do(values: dict[str, Any]) -> None:
    assert said(values) == []


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"efk_host": "kib_ana.example.org"}, ["efk_host ('kib_ana.example.org') is no host name", "'kib_ana'"]),
        ({"efk_host": "Kibana.example.org"}, ["efk_host", "write kibana.example.org"]),
        ({"efk_host": "-a.example.org"}, ["efk_host", "'-a'"]),
        ({"efk_host": "a..example.org"}, ["efk_host", "''"]),
        ({"efk_host": ""}, ["efk_host", "is empty"]),
        ({"efk_host": "*.example.org"}, ["efk_host", "wildcard"]),
        ({"efk_host": "10.0.0.1"}, ["efk_host", "address"]),
        ({"efk_host": "münchen.de"}, ["efk_host", "write xn--mnchen-3ya.de"]),
        ({"efk_host": "a.example.org."}, ["efk_host", "write a.example.org"]),
        ({"efk_host": f"{'a' * 64}.org"}, ["efk_host", "63"]),
        ({"efk_host": ".".join(["abc"] * 80)}, ["efk_host", "253"]),
        ({"hosts_names": ["a_b"]}, ["hosts_names ('a_b')"]),
        ({"platform_domain": "exa mple", "efk_host": "kibana.exa mple"}, ["platform_domain"]),
        ({"efk_host": "x.org", "argocd_host": "x.org"}, ["efk_host and argocd_host are all 'x.org'"]),
        ({"flask_app_min_replicas": 6, "flask_app_max_replicas": 5}, ["flask_app_min_replicas (6)", "above"]),
        ({"efk_retention_days": 0}, ["efk_retention_days (0)", "from 1"]),
        ({"flask_app_cpu_utilization": 101}, ["flask_app_cpu_utilization (101)", "to 100"]),
        ({"flask_app_port": 70000}, ["flask_app_port (70000)", "65535"]),
        ({"ingress_vpc_cidrs": ["10.0.0.0/33"]}, ["ingress_vpc_cidrs ('10.0.0.0/33')", "CIDR"]),
        ({"ingress_vpc_cidrs": ["10.0.0.1/24"]}, ["write 10.0.0.0/24 or 10.0.0.1/32"]),
        ({"ingress_vpc_cidrs": ["10.0.0.1"]}, ["write 10.0.0.1/32"]),
        ({"ingress_vpc_cidrs": ["2001:db8::1/64"]}, ["write 2001:db8::/64 or 2001:db8::1/128"]),
        ({"ingress_allowed_cidrs": []}, ["ingress_allowed_cidrs is empty", "0.0.0.0/0"]),
        ({"argocd_allowed_cidrs": [], "ingress_allowed_cidrs": ["10.0.0.0/8"]}, ["argocd_allowed_cidrs is empty"]),
        ({"argocd_allowed_cidrs": [], "ingress_allowed_cidrs": []}, ["ingress_allowed_cidrs is empty"]),
        ({"ingress_allowed_cidrs": ["::1"], "argocd_allowed_cidrs": ["::1"]}, ["ingress_allowed_cidrs", "no prefix"]),
        (
            {"ingress_allowed_cidrs": ["203.0.113.0/24", "::/0"], "argocd_allowed_cidrs": ["203.0.113.0/24", "::/0"]},
            ["ingress_allowed_cidrs ('::/0') is an IPv6 network", "remove it"],
        ),
        (
            {"argocd_allowed_cidrs": ["::/0"], "ingress_allowed_cidrs": ["10.0.0.0/8"]},
            ["argocd_allowed_cidrs ('::/0')"],
        ),
        ({"ingress_allowed_cidrs": ["::/0"], "platform_simulated": True}, ["ingress_allowed_cidrs ('::/0')"]),
        ({"ingress_namespace": "In gress"}, ["ingress_namespace"]),
        ({"platform_cluster_name": "a\nb"}, ["platform_cluster_name"]),
        ({"monitoring_prometheus_storage": "big"}, ["monitoring_prometheus_storage ('big')", "20Gi"]),
        ({"monitoring_retention": "15"}, ["monitoring_retention ('15')", "15d"]),
        ({"monitoring_retention_size": "40Gi"}, ["monitoring_retention_size ('40Gi')", "40GB"]),
        ({"hosts_file": "etc/hosts"}, ["hosts_file", "full path"]),
        ({"hosts_addresses": ["localhost"]}, ["hosts_addresses ('localhost')"]),
        ({"argocd_repo_url": "team/repo"}, ["argocd_repo_url", "Git URL"]),
        ({"flask_app_image_repository": "Team/Flask:1"}, ["flask_app_image_repository ('Team/Flask:1')"]),
        ({"flask_app_image_repository": ""}, ["flask_app_image_repository is ''", "flask_app_enabled: false"]),
        ({"flask_app_image_repository": "landfall/flask-app"}, ["in no registry"]),
        ({"ingress_subnets": ["a"], "ingress_eip_allocations": ["c", "d"]}, ["2 entries", "1"]),
        ({"ingress_subnets": ["a"], "ingress_eip_allocations": ["c"], "ingress_scheme": "internal"}, ["internal"]),
    ],
)
def test_settings_that_will_not_do(values: dict[str, Any], parts: list[str]) -> None:
    problems = said(values)
    assert len(problems) == 1
    assert [part for part in parts if part not in problems[0]] == []


def test_who_may_enter_is_only_asked_of_what_this_run_installs() -> None:
    assert said({"ingress_allowed_cidrs": []}, roles=("efk",)) == []


def named(host: str, typed: tuple[str, ...] = (), domain: str = "example.org") -> tuple[list[str], list[str]]:
    component = {"releases": [{"name": "web", "namespace": "shop"}, {"name": "db", "namespace": "db"}]}
    inside, outside = own_names([{**component, "hosts": {"web": host, "gone": "x.example.org"}}], domain, typed)
    assert all((each["namespace"], each["release"]) == ("shop", "web") for each in [*inside, *outside])
    return [each["host"] for each in inside], [each["host"] for each in outside]


def test_names_of_components_are_those_of_the_domain_and_those_that_were_typed() -> None:
    assert named("shop.example.org") == (["shop.example.org"], [])
    assert named("example.org") == (["example.org"], [])
    assert named("registry-1.docker.io") == ([], ["registry-1.docker.io"])
    assert named("notexample.org") == ([], ["notexample.org"])
    assert named("registry-1.docker.io", ("registry-1.docker.io",)) == (["registry-1.docker.io"], [])
    assert named("") == ([], [])
    assert own_names([{"releases": []}], "example.org", ()) == ([], [])


def test_a_name_outside_of_the_domain_is_refused_and_one_that_is_no_name_left_to_others() -> None:
    rows = [{"host": host, "namespace": "shop", "release": "web"} for host in ("shop.other.com", "*.other.com")]
    (problem,) = outside_problems(rows, "example.org")
    assert problem.startswith(
        "shop.other.com, the host of web, is outside of platform_domain (example.org): write a name of"
    )
    assert problem.endswith("or list it in hosts_names too.")
    assert outside_problems(rows, "exa mple") == []


INGRESS = {"kind": "Ingress", "spec": {"rules": [{"host": "manifest.x"}]}}


@pytest.mark.parametrize(
    ("values", "hosts"),
    [
        ({"ingress": {"host": "a.x"}}, ["a.x"]),
        ({"server": {"ingress": {"hostname": "a.x"}}}, ["a.x"]),
        ({"grafana": {"ingress": {"hosts": ["a.x", "b.x"]}}}, ["a.x", "b.x"]),
        ({"eck-kibana": {"ingress": {"hosts": [{"host": "a.x", "path": "/"}]}}}, ["a.x"]),
        ({"extraManifests": [INGRESS], "more": {"list": [[INGRESS]]}}, ["manifest.x", "manifest.x"]),
        ({"ingress": {"enabled": False, "hosts": ["a.x"]}, "host": "b.x", "hosts": ["c.x"]}, []),
        ({"networkPolicy": {"ingress": [{"from": []}]}, "ingress": True, "spec": {"ingress": None}}, []),
        ([1, None, "ingress"], []),
    ],
)
def test_host_names_in_the_values_of_a_chart(values: Any, hosts: list[str]) -> None:
    assert list(ingress_hosts(values)) == hosts


def test_a_host_over_our_own_values_is_typed() -> None:
    given = {"efk_host": "kibana.example.org", "efk_eck_stack_values": {"ingress": {"hosts": ["logs.other.com"]}}}
    (problem,) = said(given)
    assert problem.startswith("efk_eck_stack_values gives an Ingress the host 'logs.other.com', which no setting names")
    assert said(given | {"hosts_names": ["logs.other.com"]}) == []
    assert said(given | {"efk_host": "logs.other.com"}) == []
    assert said(given | {"efk_enabled": False}) == []
    assert said(given | {"platform_state": "absent"}) == []
    assert said(given, roles=("efk",)) == [], "this run writes no name"


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"platform_dns_zone": "z1234"}, []),
        ({"platform_dns_zone": "Z0123456789ABCDEFGHIJ", "platform_dns": "route53"}, []),
        ({"platform_dns_zone": "example.org"}, []),
        ({"platform_dns_zone": ""}, []),
        ({"platform_dns_zone": "/hostedzone/Z1"}, ["platform_dns_zone ('/hostedzone/Z1') is no id of a zone"]),
        ({"platform_dns_zone": "example.org."}, ["ends in a dot: write example.org"]),
        ({"platform_dns_zone": "*.example.org"}, ["is a wildcard"]),
        ({"platform_dns_zone": f"Z{'A' * 32}"}, ["write z" + "a" * 32]),
        ({"platform_dns_role_arn": "arn:aws:iam::123456789012:role/dns"}, []),
        ({"platform_dns_role_arn": "arn:aws-cn:iam::123456789012:role/path/dns"}, []),
        ({"platform_dns_role_arn": "dns"}, ["platform_dns_role_arn ('dns') is no ARN of an IAM role"]),
        ({"platform_dns_role_arn": "arn:aws:iam::12:role/dns"}, ["is no ARN of an IAM role"]),
        ({"platform_dns_role_arn": "arn:aws:iam::123456789012:user/dns"}, ["is no ARN of an IAM role"]),
        (
            {"platform_dns": "route53", "hosts_addresses": ["203.0.113.7"]},
            ["hosts_addresses is set though platform_dns"],
        ),
        ({"platform_dns": "hosts", "hosts_addresses": ["203.0.113.7"]}, []),
    ],
)
def test_what_leads_to_route53(values: dict[str, Any], parts: list[str]) -> None:
    problems = said(values)
    assert len(problems) == len(parts)
    assert all(part in problem for part, problem in zip(parts, problems, strict=True))
