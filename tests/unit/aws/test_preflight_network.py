"""Whether the subnets of a VPC will do for a load balancer."""

import boto3
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules

ROUTES = [
    {"Associations": [{"Main": True}], "Routes": [{"GatewayId": "local"}]},
    {"Associations": [{"SubnetId": "subnet-a"}], "Routes": [{"GatewayId": "local"}, {"GatewayId": "igw-1"}]},
]
PUBLIC = "kubernetes.io/role/elb"
INTERNAL = "kubernetes.io/role/internal-elb"


def subnet(letter, free=200, zone="", **tags):
    listed = [{"Key": key.replace("__", "/"), "Value": value} for key, value in tags.items()]
    return {
        "SubnetId": f"subnet-{letter}",
        "AvailabilityZone": f"eu-central-1{zone or letter}",
        "AvailableIpAddressCount": free,
        "Tags": listed,
    }


def tagged(letter, free=200, zone="", **tags):
    return subnet(letter, free, zone, **{"kubernetes.io__role__elb": "1"} | tags)


def judge(subnets, names=(), scheme="internet-facing", tables=()):
    wanted = subnet_rules.BalancerRequest("nginx-ingress", scheme, names, "ingress_subnets")
    return subnet_rules.judge(wanted, "mine", "vpc-1", subnets, tables)


GOOD = [tagged("a"), tagged("b"), tagged("c")]


def test_three_zones_with_the_tag_are_well():
    """The control."""
    verdict = judge(GOOD)
    assert (verdict.problems, verdict.notes) == ([], [])
    assert verdict.zones == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]


def test_two_zones_will_do_and_one_will_not():
    assert judge(GOOD[:2]).problems == []
    assert "3 zones are advised" in judge(GOOD[:2]).notes[0]
    (problem,) = judge(GOOD[:1]).problems
    assert "in eu-central-1a alone" in problem
    assert "ingress_subnets" in problem


def test_the_tag_is_that_of_the_scheme():
    (problem,) = judge(
        GOOD, scheme="internal", tables=[{"Routes": [{"GatewayId": "igw-1"}], "Associations": [{"Main": True}]}]
    ).problems
    assert f"{INTERNAL}: 1" in problem
    internal = [subnet(letter, **{"kubernetes.io__role__internal-elb": "1"}) for letter in "abc"]
    assert judge(internal, scheme="internal").problems == []


def test_without_tags_the_routes_decide_and_that_is_said():
    verdict = judge([subnet("a"), subnet("b")], tables=ROUTES)
    assert verdict.zones == ["eu-central-1a"], "the main routes of b lead nowhere"
    assert f"no subnet of vpc-1 has the tag {PUBLIC}" in verdict.notes[0]


def test_no_subnet_at_all_is_one_sentence():
    (problem,) = judge([subnet("b")], tables=ROUTES).problems
    assert f"tag one in each zone with {PUBLIC}: 1" in problem


def test_subnets_of_another_cluster_are_not_taken():
    others = [tagged(letter, **{"kubernetes.io__cluster__theirs": "owned"}) for letter in "ab"]
    (problem,) = judge(others).problems
    assert "subnet-a, subnet-b carry kubernetes.io/cluster/<another cluster> only" in problem
    shared = [
        tagged(letter, **{"kubernetes.io__cluster__theirs": "owned", "kubernetes.io__cluster__mine": "shared"})
        for letter in "ab"
    ]
    assert judge(shared).problems == []


@pytest.mark.parametrize(("free", "said"), [(7, True), (8, False)])
def test_eight_addresses_have_to_be_free(free, said):
    problems = judge([*GOOD[:2], tagged("c", free)]).problems
    assert bool(problems) is said
    if said:
        assert "subnet-c (7 free)" in problems[0]


def test_a_zone_with_another_subnet_that_has_room_is_well():
    assert judge([*GOOD, tagged("d", 0, zone="c")]).problems == []
    (problem,) = judge([*GOOD, tagged("d", 0, zone="c")], names=["subnet-a", "subnet-b", "subnet-d"]).problems
    assert "subnet-d (0 free)" in problem


def test_named_subnets_need_no_tag_but_have_to_be_there():
    plain = [subnet("a", Name="first"), subnet("b")]
    assert judge(plain, names=["first", "subnet-b"]).problems == []
    verdict = judge(plain, names=["first", "subnet-b", "subnet-x"])
    assert verdict.problems == [
        "ingress_subnets names subnet-x, which is no subnet of vpc-1: write ids or names of subnets there."
    ]


def test_what_ec2_says_is_read(moto_server):
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for index, zone in enumerate("ab"):
        tags = [{"ResourceType": "subnet", "Tags": [{"Key": PUBLIC, "Value": "1"}]}]
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/28", AvailabilityZone=f"eu-central-1{zone}", TagSpecifications=tags
        )
    subnets, tables = subnet_rules.read(Session(), vpc)
    verdict = judge(subnets, tables=tables)
    assert verdict.problems == []
    assert verdict.zones == ["eu-central-1a", "eu-central-1b"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    first = subnets[0]["SubnetId"]
    assert not subnet_rules.is_public(first, tables)
    ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    assert subnet_rules.is_public(first, subnet_rules.read(Session(), vpc)[1])
