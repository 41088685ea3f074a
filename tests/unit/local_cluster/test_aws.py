from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import aws
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def endpoint(server: str) -> str:
    """An account with nothing of ours in it."""
    urllib.request.urlopen(f"{server}/moto-api/reset", data=b"").close()  # noqa: S310
    return server


def interfaces(endpoint: str) -> list[tuple[str, str, str]]:
    """Description, public address and state of each network interface."""
    account = aws.connect(endpoint, "eu-west-1")
    found = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    return sorted((each["Description"], each["Association"]["PublicIp"], each["SubnetId"]) for each in found)


def test_made_once(settings: Settings, endpoint: str) -> None:
    facts, hostnames, changed = aws.ensure(settings, endpoint)
    again = aws.ensure(settings, endpoint)
    assert changed
    assert again == (facts, hostnames, False)
    assert set(hostnames) == {"ingress/nginx-ingress-controller", "argocd/argocd-nlb"}
    assert [each["zone"] for each in facts["subnets"]] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_each_load_balancer_has_one_interface_per_subnet(settings: Settings, endpoint: str) -> None:
    facts, _, _ = aws.ensure(settings, endpoint)
    nginx = settings.load_balancers[0]
    own = [each for each in interfaces(endpoint) if each[0].startswith(f"ELB net/{nginx.name}/")]
    assert [each[1] for each in own] == settings.public_addresses(nginx)
    assert {each[2] for each in own} == {subnet["id"] for subnet in facts["subnets"]}


def test_the_load_balancer_is_a_public_network_load_balancer(settings: Settings, endpoint: str) -> None:
    _, hostnames, _ = aws.ensure(settings, endpoint)
    found = aws.connect(endpoint, "eu-west-1").elb.describe_load_balancers()["LoadBalancers"]
    assert {each["DNSName"] for each in found} == set(hostnames.values())
    assert {(each["Type"], each["Scheme"]) for each in found} == {("network", "internet-facing")}


def test_subnets_are_tagged_for_the_controller(settings: Settings, endpoint: str) -> None:
    facts, _, _ = aws.ensure(settings, endpoint)
    ids = [subnet["id"] for subnet in facts["subnets"]]
    for subnet in aws.connect(endpoint, "eu-west-1").ec2.describe_subnets(SubnetIds=ids)["Subnets"]:
        tags = {tag["Key"]: tag["Value"] for tag in subnet["Tags"]}
        assert tags["kubernetes.io/role/elb"] == "1"
        # A tag of one cluster would keep the platform from them, which has its name from the inventory.
        assert not [key for key in tags if key.startswith("kubernetes.io/cluster/")]


def lose_load_balancer(account: Any) -> None:
    arn = account.elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    account.elb.delete_load_balancer(LoadBalancerArn=arn)


def lose_mark(account: Any) -> None:
    vpcs = [each["VpcId"] for each in account.ec2.describe_vpcs()["Vpcs"]]
    account.ec2.delete_tags(Resources=vpcs, Tags=[{"Key": "landfall.test/made-from"}])


@pytest.mark.parametrize("lose", [lose_load_balancer, lose_mark])
def test_a_partial_account_is_made_anew_with_the_same_names(
    settings: Settings, endpoint: str, lose: Callable[[Any], None]
) -> None:
    facts, hostnames, _ = aws.ensure(settings, endpoint)
    before = interfaces(endpoint)
    lose(aws.connect(endpoint, "eu-west-1"))
    assert aws.ensure(settings, endpoint) == (facts, hostnames, True)
    assert interfaces(endpoint) == before


def test_other_settings_make_another_account(
    make_settings: Callable[..., Settings], settings: Settings, endpoint: str
) -> None:
    aws.ensure(settings, endpoint)
    fewer = make_settings(load_balancers=[{"namespace": "a", "service": "b", "ingress_class": None}])
    _, hostnames, changed = aws.ensure(fewer, endpoint)
    assert (list(hostnames), changed) == (["a/b"], True)
