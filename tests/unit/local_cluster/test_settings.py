from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import settings as module
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    Settings,
)

RESERVED = ipaddress.IPv4Network("198.18.0.0/15")


def test_nodes_are_dealt_out_over_the_zones(settings: Settings) -> None:
    assert [node.zone for node in settings.nodes()] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_every_node_lies_in_the_subnet_of_its_zone(make_settings: Callable[..., Settings]) -> None:
    many = make_settings(nodes=30)
    subnets = {subnet.zone: ipaddress.ip_network(subnet.cidr) for subnet in many.subnets()}
    assert len({node.name for node in many.nodes()}) == 30
    assert all(ipaddress.ip_address(node.address) in subnets[node.zone] for node in many.nodes())


def test_no_address_inside_the_cluster_can_be_somebodys() -> None:
    networks = [module.VPC_CIDR, module.POD_CIDR, module.SERVICE_CIDR, module.API_SERVER_IP, module.METRICS_SERVER_IP]
    assert all(ipaddress.IPv4Network(each).subnet_of(RESERVED) for each in networks)


def test_addresses_that_are_promised_are_not_dealt_out_to_pods(settings: Settings) -> None:
    pods = ipaddress.ip_network(module.POD_CIDR)
    promised = [module.METRICS_SERVER_IP, module.API_SERVER_IP, *(node.address for node in settings.nodes())]
    assert not any(ipaddress.ip_address(each) in pods for each in promised)


def test_load_balancers_are_named_as_the_controller_names_them(settings: Settings) -> None:
    nginx, argocd = (each.name for each in settings.load_balancers)
    assert re.fullmatch(r"k8s-ingress-nginxing-[0-9a-f]{10}", nginx)
    assert re.fullmatch(r"k8s-argocd-argocdnl-[0-9a-f]{10}", argocd)


def test_two_clusters_do_not_name_a_load_balancer_alike(settings: Settings) -> None:
    ours = settings.load_balancers[0]
    assert replace(ours, cluster="other").name != ours.name


def test_each_load_balancer_has_public_addresses_of_its_own(settings: Settings) -> None:
    addresses = [ip for each in settings.load_balancers for ip in settings.public_addresses(each)]
    assert len(set(addresses)) == 6
    assert all(ipaddress.ip_address(ip) in ipaddress.ip_network("203.0.113.0/24") for ip in addresses)


@pytest.mark.parametrize("count", [0, 31, -1])
def test_a_number_of_nodes_without_room_is_refused(make_settings: Callable[..., Settings], count: int) -> None:
    with pytest.raises(LocalClusterError, match=f"local_cluster_nodes is {count}: write a number from 1 to 30"):
        make_settings(nodes=count)


def test_more_load_balancers_than_addresses_are_refused(make_settings: Callable[..., Settings]) -> None:
    services = [{"namespace": "a", "service": f"s{index}", "ingress_class": None} for index in range(21)]
    with pytest.raises(LocalClusterError, match="at most 20"):
        make_settings(load_balancers=services)
