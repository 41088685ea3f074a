"""Elastic IPs in an account: one for each zone, found again, never a second set, and released only on request."""

import json

import boto3
import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, tags_of
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import (
    elastic_ips as addresses,
)
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import (
    subnets,
)
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.account import AwsAccount
from ansible_collections.landfall.eks.plugins.modules import elastic_ips
from tests.unit.aws import network

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]


@pytest.fixture
def session():
    return Session()


def ids(ensured):
    return [each.allocation_id for each in ensured.addresses]


def all_addresses():
    return boto3.client("ec2").describe_addresses()["Addresses"]


def use(allocation_id):
    """Give an address to a network interface, as a load balancer's zone has it."""
    ec2 = boto3.client("ec2")
    subnet = network.make()["subnets"][0]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    return ec2.associate_address(AllocationId=allocation_id, NetworkInterfaceId=interface)["AssociationId"]


def fill(count):
    for _ in range(count):
        boto3.client("ec2").allocate_address(Domain="vpc")


def test_each_zone_gets_one_and_the_next_run_finds_it(session):
    first = addresses.ensure(session, "shop", "nginx-ingress", ZONES)
    again = addresses.ensure(session, "shop", "nginx-ingress", ZONES)
    assert (first.made, first.moved, again.changed) == (3, 0, False)
    assert ids(again) == ids(first)
    assert [each.zone for each in again.addresses] == ZONES
    assert len(all_addresses()) == 3
    tags = tags_of(all_addresses()[0]["Tags"])
    assert (tags["landfall.eks/cluster"], tags["landfall.eks/service"]) == ("shop", "nginx-ingress")


def test_another_release_or_cluster_has_its_own(session):
    first = addresses.ensure(session, "shop", "nginx-ingress", ZONES[:1])
    other = addresses.ensure(session, "shop", "argo-cd", ZONES[:1])
    elsewhere = addresses.ensure(session, "shop-2", "nginx-ingress", ZONES[:1])
    assert len({*ids(first), *ids(other), *ids(elsewhere)}) == 3


def test_the_order_is_that_of_the_zones_whatever_order_they_were_made_in(session):
    first = addresses.ensure(session, "shop", "nginx-ingress", ZONES[::-1])
    assert ids(addresses.ensure(session, "shop", "nginx-ingress", ZONES)) == ids(first)[::-1]


def test_a_run_that_was_killed_is_finished(session):
    begun = addresses.ensure(session, "shop", "nginx-ingress", ZONES[:2])
    done = addresses.ensure(session, "shop", "nginx-ingress", ZONES)
    assert done.made == 1
    assert ids(done)[:2] == ids(begun)


def test_an_address_of_a_zone_that_is_left_goes_to_the_new_one_unless_it_is_in_use(session):
    before = addresses.ensure(session, "shop", "nginx-ingress", ZONES[:2])
    moved = addresses.ensure(session, "shop", "nginx-ingress", ["eu-central-1c", "eu-central-1b"])
    assert (moved.made, moved.moved) == (0, 1)
    assert ids(moved) == ids(before)
    assert not addresses.ensure(session, "shop", "nginx-ingress", ["eu-central-1c", "eu-central-1b"]).changed
    use(ids(moved)[0])
    assert addresses.ensure(session, "shop", "nginx-ingress", ["eu-central-1a", "eu-central-1b"]).made == 1


def test_a_plan_makes_nothing(session):
    planned = addresses.ensure(session, "shop", "nginx-ingress", ZONES, dry=True)
    assert planned.changed
    assert ids(planned) == [addresses.TO_COME] * 3
    assert all_addresses() == []


@pytest.mark.parametrize(
    ("there", "count", "promised", "said"),
    [
        (2, 3, 0, ""),
        (3, 3, 0, "3 more are needed and the region has 3 of 5, those of NAT gateways included"),
        (0, 3, 3, "3 promised to others"),
        (5, 0, 0, ""),
    ],
)
def test_the_quota_counts_what_others_have(session, there, count, promised, said):
    fill(there)
    found = addresses.hindrance(session, "shop", "nginx-ingress", count, promised)
    assert said in found
    assert bool(said) is bool(found)
    # The server has no such quota, which is to be said beside a number that rests on it.
    assert ("AWS's default of 5 was taken" in found) is bool(said)
    assert len(all_addresses()) == there


class Answering:
    """A session that answers some calls itself and refuses others; the rest are the account's."""

    region = "eu-central-1"

    def __init__(self, session, answers):
        self.session, self.answers = session, answers

    def call(self, service, operation, **arguments):
        answer = self.answers.get(operation)
        if isinstance(answer, Exception):
            raise answer
        return answer or self.session.call(service, operation, **arguments)

    def pages(self, service, operation, **arguments):
        return self.session.pages(service, operation, **arguments)


def test_a_quota_that_can_be_read_is_the_one(session):
    fill(7)
    raised = Answering(session, {"get_service_quota": {"Quota": {"Value": 10.0}}})
    assert addresses.room(raised) == addresses.Room(10, 7, "")
    assert addresses.hindrance(raised, "shop", "nginx-ingress", 3) == ""
    assert "the region has 7 of 10" in addresses.hindrance(raised, "shop", "nginx-ingress", 4)


def test_without_the_right_to_allocate_there_are_none(session):
    refused = Answering(session, {"allocate_address": AwsError("AWS refused ec2 allocate_address: Unauthorized: no")})
    assert "refused ec2 allocate_address" in addresses.hindrance(refused, "shop", "nginx-ingress", 1)
    assert addresses.hindrance(session, "shop", "nginx-ingress", 1) == ""


def test_releasing_leaves_those_of_others_and_those_in_use(session):
    ours = addresses.ensure(session, "shop", "nginx-ingress", ZONES)
    other = addresses.ensure(session, "shop-2", "nginx-ingress", ZONES[:1])
    association = use(ids(ours)[0])
    assert len(addresses.release(session, "shop", dry=True).gone) == 2
    released = addresses.release(session, "shop")
    assert ([each.allocation_id for each in released.used], len(released.gone)) == (ids(ours)[:1], 2)
    boto3.client("ec2").disassociate_address(AssociationId=association)
    assert len(addresses.release(session, "shop").gone) == 1
    assert [each["AllocationId"] for each in all_addresses()] == ids(other)
    assert addresses.release(session, "shop") == addresses.Released((), ())


def run(capsys, check=False, **arguments):
    with patch_module_args({"cluster": "shop", "_ansible_check_mode": check} | arguments), pytest.raises(SystemExit):
        elastic_ips.main()
    return json.loads(capsys.readouterr().out)


def test_the_module_from_plan_to_gone(capsys):
    wanted = {"service": "nginx-ingress", "zones": ZONES}
    assert run(capsys, check=True, **wanted)["changed"]
    assert all_addresses() == []
    made = run(capsys, **wanted)
    assert (made["changed"], len(made["addresses"])) == (True, 3)
    assert run(capsys, **wanted) | {"changed": True} == made
    assert not run(capsys, **wanted)["changed"]
    assert not run(capsys, check=True, **wanted)["changed"]
    assert run(capsys, check=True, state="absent")["addresses"] == sorted(
        made["addresses"], key=made["addresses"].index
    )
    assert len(all_addresses()) == 3
    assert run(capsys, state="absent")["changed"]
    assert not run(capsys, state="absent")["changed"]
    assert all_addresses() == []


def test_the_module_says_what_is_still_in_use(capsys):
    made = run(capsys, service="nginx-ingress", zones=ZONES[:1])
    use(made["allocations"][0])
    failed = run(capsys, state="absent", timeout=0)
    assert failed["failed"]
    assert f"still in use after 0 seconds, and stay: {made['addresses'][0]}" in failed["msg"]


# --- The subnets of a load balancer


def discovered(session, scheme="internet-facing", cluster="shop", vpc=""):
    return [each.id for each in subnets.discover(session, cluster, vpc, scheme)]


def test_subnets_are_those_that_the_tags_say(session):
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    assert discovered(session, vpc=made["vpc"]) == sorted(made["subnets"])
    inside = network.subnet(made["vpc"], "eu-central-1a", 10, {"kubernetes.io/role/internal-elb": ""})
    assert discovered(session, "internal", vpc=made["vpc"]) == [inside]


def test_one_subnet_of_a_zone_and_this_clusters_first(session):
    made = network.make(tags={"kubernetes.io/role/elb": "1"}, zones=["eu-central-1a"])
    vpc, ours = made["vpc"], {"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/shop": "shared"}
    mine = network.subnet(vpc, "eu-central-1a", 11, ours)
    network.subnet(vpc, "eu-central-1b", 12, {"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/other": "shared"})
    assert discovered(session, vpc=vpc) == [mine]
    assert len(discovered(session, cluster="other", vpc=vpc)) == 2


def test_subnets_of_other_clusters_are_named(session):
    made = network.make(tags={"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/other": "shared"})
    with pytest.raises(subnets.SubnetsError, match="carry the tags of other clusters") as caught:
        discovered(session, vpc=made["vpc"])
    assert ", ".join(sorted(made["subnets"])) in str(caught.value)


def test_a_subnet_that_is_full_is_none():
    free = {"SubnetId": "subnet-1", "AvailabilityZone": "a", "AvailableIpAddressCount": 8, "Tags": []}
    full = free | {"SubnetId": "subnet-0", "AvailableIpAddressCount": 7}
    assert [each.id for each in subnets.choose([full, free], "shop")] == ["subnet-1"]


def test_without_tags_the_routes_say_which_are_public(session):
    made = network.make()
    with pytest.raises(subnets.SubnetsError, match="tag one in each zone with kubernetes"):
        discovered(session, vpc=made["vpc"])
    assert discovered(session, "internal", vpc=made["vpc"]) == sorted(made["subnets"])
    network.open_to_the_internet(made["vpc"])
    assert discovered(session, vpc=made["vpc"]) == sorted(made["subnets"])


def test_the_cluster_says_which_vpc(session):
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    with pytest.raises(subnets.SubnetsError, match="write ingress_vpc_id"):
        discovered(session)
    boto3.client("eks").create_cluster(
        name="shop", roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={"subnetIds": made["subnets"]}
    )
    answer = {"cluster": {"resourcesVpcConfig": {"vpcId": made["vpc"]}}}
    assert discovered(Answering(session, {"describe_cluster": answer})) == sorted(made["subnets"])


def test_subnets_by_id_and_by_name_in_the_order_they_were_written_in(session):
    made = network.make(names=["left", "middle", "right"])
    left, middle, right = made["subnets"]
    found = subnets.named(session, ["right", middle, "left"], made["vpc"])
    assert [each.id for each in found] == [right, middle, left]
    with pytest.raises(subnets.SubnetsError, match="no subnet subnet-0, lost in the region"):
        subnets.named(session, ["subnet-0", "left", "lost"], made["vpc"])


# --- What a run asks before it begins


def test_places_have_addresses_for_two_load_balancers_or_for_the_first_alone():
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    account = AwsAccount("", "shop", made["vpc"])
    first = account.places("nginx-ingress", "internet-facing", [])
    assert (sorted(first.subnets), sorted(first.zones), first.hindrance) == (sorted(made["subnets"]), ZONES, "")
    second = account.places("argo-cd", "internet-facing", made["subnets"][:2])
    assert second.subnets == tuple(made["subnets"][:2])
    third = AwsAccount("", "shop", made["vpc"])
    assert not third.places("nginx-ingress", "internet-facing", []).hindrance
    assert "3 promised to others of this run" in third.places("argo-cd", "internet-facing", []).hindrance
    assert all_addresses() == []


def test_addresses_that_are_there_need_no_room(session):
    made = network.make(tags={"kubernetes.io/role/elb": "1"})
    addresses.ensure(session, "shop", "nginx-ingress", ZONES)
    fill(2)
    account = AwsAccount("", "shop", made["vpc"])
    assert not account.places("nginx-ingress", "internet-facing", []).hindrance
    assert "the region has 5 of 5" in account.places("argo-cd", "internet-facing", []).hindrance


def test_an_account_that_refuses_is_a_hindrance(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    assert "platform_aws_region" in AwsAccount("", "shop").places("nginx-ingress", "internet-facing", []).hindrance
    assert AwsAccount("", "shop").holds(["subnet-1"], [], "nlb.example.org") is False
