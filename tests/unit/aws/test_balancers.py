"""The addresses of load balancers in a simulated account: found by DNS name, by scheme, and when they are whole."""

import contextlib
import json

import boto3
import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import lookup
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.account import AwsAccount
from ansible_collections.landfall.eks.plugins.modules import balancer_addresses
from tests.fake_cluster import FakeCluster
from tests.unit.aws import network


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def subnets():
    return network.make()["subnets"]


class Clock:
    """A clock that only goes on while somebody sleeps; `then` is called after that many sleeps."""

    def __init__(self, then=None):
        self.now, self.then = 0.0, then or {}

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.then.pop(len(self.then) and min(self.then), lambda: None)()


def waited(session, name, timeout=60, then=None):
    clock = Clock(then)
    return lookup.wait(session, [name], timeout, clock, clock.sleep), clock.now


def test_three_zones_lead_to_three_addresses(session, subnets):
    name = network.balancer("shop", subnets)
    wanted = sorted(network.interface("shop", each) for each in subnets)
    network.balancer("other", subnets)
    network.interface("other", subnets[0])
    found, seconds = waited(session, name)
    assert (list(found.addresses), found.missing, seconds) == (wanted, "", 0)
    assert found.way == "its network interfaces"


def test_the_name_is_compared_whatever_its_case_and_never_taken_apart(session, subnets):
    name = network.balancer("shop", subnets)
    assert [each.name for each in lookup.balancers(session, [name.upper()])] == ["shop"]
    assert lookup.balancers(session, [name.replace("shop", "shop2")]) == []


def test_an_internal_one_is_reached_by_private_addresses(session, subnets):
    name = network.balancer("inside", subnets, scheme="internal")
    wanted = sorted(network.interface("inside", each, public=False) for each in subnets)
    assert list(waited(session, name)[0].addresses) == wanted


def test_right_after_it_was_made_each_zone_is_waited_for(session, subnets):
    name = network.balancer("shop", subnets)
    network.interface("shop", subnets[0])
    half, seconds = waited(session, name, timeout=20)
    assert (len(half.addresses), seconds) == (1, 20)
    assert "shop has no address yet in eu-central-1b, eu-central-1c" in half.missing
    come = {
        number: lambda each=each: network.interface("shop", each) for number, each in enumerate(subnets[1:], start=1)
    }
    whole, seconds = waited(session, name, then=come)
    assert (len(whole.addresses), whole.missing, seconds) == (3, "", 10)


def test_one_that_is_still_made_is_waited_for():
    made = lookup.Balancer("shop", "shop.x", False, "provisioning", {})
    assert lookup.not_ready(made) == "shop is still provisioning"
    assert not lookup.not_ready(lookup.Balancer("shop", "shop.x", False, "active_impaired", {}))


def test_one_of_another_account_is_not_waited_for_long(session):
    found, seconds = waited(session, "shop.elb.example.org", timeout=300)
    assert (found.listed, found.addresses, seconds) == (False, (), lookup.UNLISTED)
    assert "lists no load balancer shop.elb.example.org in the region eu-central-1" in found.missing


def listed(*zones):
    return {
        "LoadBalancerName": "shop",
        "DNSName": "shop.x",
        "Scheme": "internet-facing",
        "State": {"Code": "active"},
        "AvailabilityZones": [
            {"ZoneName": zone, "SubnetId": f"subnet-{zone}", "LoadBalancerAddresses": [{"IpAddress": ip}] if ip else []}
            for zone, ip in zones
        ],
    }


class Listing:
    """A session that lists one load balancer as AWS does, with the Elastic IPs that the simulation leaves out."""

    region = "eu-central-1"

    def __init__(self, session, balancer):
        self.session, self.balancer = session, balancer

    def pages(self, service, operation, **arguments):
        if operation == "describe_load_balancers":
            return [{"LoadBalancers": []}, {"LoadBalancers": [self.balancer]}]
        return self.session.pages(service, operation, **arguments)


def test_elastic_ips_are_known_before_there_are_interfaces(session):
    found = lookup.find_addresses(Listing(session, listed(("a", "203.0.113.9"), ("b", "203.0.113.7"))), ["shop.x"])
    assert found == lookup.BalancerAddresses(("203.0.113.7", "203.0.113.9"), "its Elastic IPs", "")


def test_a_zone_without_an_elastic_ip_leaves_it_to_the_interfaces(session):
    found = lookup.find_addresses(Listing(session, listed(("a", "203.0.113.9"), ("b", ""))), ["shop.x"])
    assert (found.addresses, found.way) == ((), "its network interfaces")
    assert "in a, b" in found.missing


def test_whether_subnets_hold_those_of_a_load_balancer(subnets):
    name = network.balancer("shop", subnets[:2])
    account = AwsAccount("", "shop")
    assert account.holds(subnets, [], name)
    assert not account.holds(subnets[1:], [], name)
    assert not account.holds(subnets, [], "other.example.org")


def ingress(name, balancer="", ip="", ingress_class="nginx"):
    """Return an Ingress for one host, `<name>.x`, with what its controller has written into its status."""
    point = {"hostname": balancer} | ({"ip": ip} if ip else {})
    return {
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app.kubernetes.io/instance": "web"}},
        "spec": {"ingressClassName": ingress_class, "rules": [{"host": f"{name}.x"}]},
        "status": {"loadBalancer": {"ingress": [point] if balancer or ip else []}},
    }


@pytest.fixture
def find(capsys, monkeypatch):
    """Return a function that runs the module on a cluster with these Ingresses."""

    def run(*ingresses, check=False, **arguments):
        cluster = FakeCluster(*ingresses)
        monkeypatch.setattr(balancer_addresses, "reading", lambda _: contextlib.nullcontext(cluster))
        own = [{"host": f"{each}.x", "namespace": "shop", "release": "web"} for each in "abc"]
        given = {"_ansible_check_mode": check, "own": own} | arguments
        with patch_module_args(given), pytest.raises(SystemExit):
            balancer_addresses.main()
        return json.loads(capsys.readouterr().out) | {"asked": len(cluster.log)}

    return run


def test_the_module_asks_aws_and_then_dns(find, subnets):
    name = network.balancer("shop", subnets)
    wanted = sorted(network.interface("shop", each) for each in subnets)
    there, local = ingress("a", name), ingress("a", "localhost")
    found = find(ingress("b", name), there, ingress("c", "other", ingress_class="alb"))
    assert (found["names"], found["addresses"], found["asked"]) == (["a.x", "b.x"], wanted, 1)
    elsewhere = find(local, check=True)
    assert (elsewhere["addresses"], elsewhere["way"]) == (["127.0.0.1"], "DNS")
    assert "lists no load balancer localhost" in elsewhere["notes"][0]
    assert find(local, way="dns", timeout=1)["addresses"] == ["127.0.0.1"]
    assert find(local, way="eni", check=True)["addresses"] == []


def test_the_module_says_what_is_missing(find):
    nowhere = find(ingress("a", "localhost"), way="eni", timeout=0)
    assert nowhere["msg"].startswith("No address was found for the load balancer localhost within hosts_timeout (0 s")
    assert nowhere["msg"].endswith("Run with --tags hosts again later, or write its addresses as hosts_addresses.")
    waiting = find(ingress("a"), ingress("b", ip="203.0.113.5"), timeout=0)
    assert "for the Ingresses shop/a within hosts_timeout (0 seconds)" in waiting["msg"]
    assert find(names=["a.x"])["msg"].startswith("No address was found for the load balancer of the Ingresses within")
    assert find(ingress("a"), check=True)["addresses"] == []
    empty = find()
    assert (empty["names"], empty["addresses"]) == ([], [])


def test_what_is_handed_in_is_not_looked_for(find):
    given = {"names": ["shop.x"], "addresses": ["203.0.113.1"]}
    both = find(**given, own=[])
    assert (both["names"], both["addresses"], both["asked"]) == (["shop.x"], ["203.0.113.1"], 0)
    more = find(ingress("a", ip="203.0.113.5"), **given)
    assert (more["names"], more["addresses"]) == (["a.x", "shop.x"], ["203.0.113.1"])
    names = find(ingress("a"), addresses=given["addresses"])
    assert (names["names"], names["addresses"]) == (["a.x"], ["203.0.113.1"])
    assert find(ingress("a", ip="203.0.113.5"), names=given["names"])["addresses"] == ["203.0.113.5"]


def test_the_module_without_an_account(find, monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    local = ingress("a", "localhost")
    refused = find(local, way="eni")
    assert refused["failed"]
    assert "ingress_addresses: dns, or the addresses as hosts_addresses" in refused["msg"]
    assert find(local, check=True)["way"] == "DNS"


def test_a_changed_address_is_found_by_the_next_look(session, subnets):
    name = network.balancer("shop", subnets[:1])
    before = network.interface("shop", subnets[0])
    assert waited(session, name)[0].addresses == (before,)
    ec2 = boto3.client("ec2")
    association = ec2.describe_addresses(PublicIps=[before])["Addresses"][0]["AssociationId"]
    ec2.disassociate_address(AssociationId=association)
    other = ec2.allocate_address(Domain="vpc")
    interface = ec2.describe_network_interfaces()["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=other["AllocationId"], NetworkInterfaceId=interface)
    assert waited(session, name)[0].addresses == (other["PublicIp"],)
