"""In which zones a cluster is: by what they offer, in whatever order AWS lists them, and where its subnets are."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import availability_zones, creation, stack
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import groups_from
from tests.unit.aws.cluster_plays import NAME, Plays, changed
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import made
from tests.unit.aws.stricter.zones import DISALLOWED, ZONES, Zones, by_cloudformation

GROUPS = groups_from([{"name": "default"}, {"name": "spot", "capacity": "spot", "architecture": "arm64"}])
AGAIN = range(6)
EXPECTED = {
    "us-east-1": ("us-east-1b", "us-east-1c", "us-east-1d"),
    "us-west-1": ("us-west-1a", "us-west-1c"),
    "ca-central-1": ("ca-central-1a", "ca-central-1d"),
    "eu-west-1": ("eu-west-1a", "eu-west-1b", "eu-west-1c"),
    "us-gov-west-1": ("us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"),
    "cn-north-1": ("cn-north-1a", "cn-north-1b", "cn-north-1d"),
}


@pytest.fixture
def zones(monkeypatch):
    return Zones().install(monkeypatch)


def choice(region, wanted=3, named=(), groups=GROUPS):
    session = Session(region)
    return availability_zones.choose(availability_zones.read(session, groups), wanted, named, session.region)


@pytest.mark.parametrize("region", EXPECTED)
def test_the_choice_is_the_same_in_whatever_order(zones, region):
    found = [choice(region) for _ in AGAIN]
    assert {each.names for each in found} == {EXPECTED[region]}
    assert not any(each.problems for each in found)
    assert [bool(each.notes) for each in found] == [len(EXPECTED[region]) < 3] * len(found)
    client = boto3.client("ec2", region_name=region)
    listed = [[each["ZoneName"] for each in client.describe_availability_zones()["AvailabilityZones"]] for _ in AGAIN]
    assert len({tuple(each) for each in listed}) > 1, "the control: AWS's order changes"


def test_the_zones_that_eks_takes_are_those_of_its_guide():
    assert set(DISALLOWED) == availability_zones.DISALLOWED


def test_a_region_with_fewer_says_why(zones):
    (said,) = choice("ca-central-1").notes
    assert said == (
        "The cluster is in 2 zones (ca-central-1a, ca-central-1d) and not in cluster_zones (3), since ca-central-1 has "
        "no more for it (ca-central-1b takes no control plane of EKS (EKS user guide, network-reqs))."
    )
    assert choice("ca-central-1", wanted=2).notes == []


@pytest.mark.parametrize("named", [("us-east-1c", "us-east-1f"), ("use1-az2", "use1-az5"), ("us-east-1c", "use1-az5")])
def test_zones_are_named_by_name_or_id(zones, named):
    assert choice("us-east-1", named=named) == availability_zones.Choice(("us-east-1c", "us-east-1f"))


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (("us-east-1a", "us-east-1b"), "cluster_zone_names has us-east-1a, which takes no control plane of EKS"),
        (("use1-az3", "us-east-1b"), "cluster_zone_names has use1-az3, which takes no control plane of EKS"),
        (("us-east-1b", "eu-west-1a"), "has eu-west-1a, which this account does not have: write zones of us-east-1b,"),
        (("us-east-1b", "use1-az1"), "(us-east-1b, use1-az1) has a zone by its name and its id: write it once."),
    ],
)
def test_named_zones_are_judged_by_what_is_offered(zones, named, said):
    (problem,) = choice("us-east-1", named=named).problems
    assert said in problem


def test_a_zone_without_the_instance_types_is_none(zones, monkeypatch):
    offers = availability_zones._offers
    monkeypatch.setattr(
        availability_zones, "_offers", lambda *given: offers(*given) | {"eu-west-1b": {"m5.xlarge", "m6i.xlarge"}}
    )
    found = choice("eu-west-1")
    assert found.names == ("eu-west-1a", "eu-west-1c")
    assert "eu-west-1b offers no m7g.xlarge or m6g.xlarge, which group spot needs" in found.notes[0]


def test_too_few_zones_are_refused(zones):
    groups = groups_from([{"name": "big", "instance_types": ["u7in-32tb.224xlarge"]}])
    (said,) = choice("us-west-1", groups=groups).problems
    assert said.startswith(
        "us-west-1 has no zones for this cluster, and EKS needs 2 (us-west-1a offers no u7in-32tb.22"
    )
    assert said.endswith("write other instance_types into cluster_node_groups, or another platform_aws_region.")


# --- A stack that is there --------------------------------------------------------------------------------------------


def create(region, written):
    boto3.client("cloudformation", region_name=region).create_stack(
        StackName=NAME, TemplateBody=json.dumps(written), Capabilities=["CAPABILITY_IAM"]
    )


def status(region):
    return boto3.client("cloudformation", region_name=region).describe_stacks(StackName=NAME)["Stacks"][0][
        "StackStatus"
    ]


def kept(region):
    session = Session(region)
    template = creation.live_template(session, stack.read(session, NAME))
    return availability_zones.kept(session, NAME, template)


def in_subnets(region):
    """Return the zones of the private subnets, as EC2 has them."""
    outputs = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]
    ids = next(each["OutputValue"] for each in outputs if each["OutputKey"] == "PrivateSubnets").split(",")
    found = boto3.client("ec2", region_name=region).describe_subnets(SubnetIds=ids)["Subnets"]
    zones = {each["SubnetId"]: each["AvailabilityZone"] for each in found}
    return tuple(zones[each] for each in ids)


@pytest.mark.parametrize("old", [True, False])
def test_the_zones_of_a_stack_are_those_of_its_subnets(taught, zones, old):  # noqa: F811
    written = made(zone_names=["eu-west-1c", "eu-west-1a", "eu-west-1b"])
    create("eu-west-1", by_cloudformation(written) if old else written)
    assert kept("eu-west-1") == in_subnets("eu-west-1")


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("us-east-1", "because us-east-1a, the targeted availability zone, does not currently have"),
        ("us-west-1", "Fn::Select cannot select nonexistent value at index 2"),
    ],
)
def test_the_old_template_is_refused_where_zones_are_odd(taught, monkeypatch, region, said):  # noqa: F811
    """The control, for an account with default subnets in three zones, as old ones have."""
    Zones(default_subnets=frozenset({"us-east-1a", "us-east-1b", "us-east-1c"})).install(monkeypatch)
    with pytest.raises(ClientError, match=said):
        create(region, by_cloudformation(made()))


def test_the_old_template_wants_to_replace_subnets(taught, zones):  # noqa: F811
    """The control: with the same settings, an update wants other zones as soon as AWS lists them otherwise."""
    old = by_cloudformation(made())
    create("eu-west-1", old)
    client = boto3.client("cloudformation", region_name="eu-west-1")
    del old["Resources"]["FlowLog"]
    with pytest.raises(ClientError, match="would be replaced"):
        client.update_stack(StackName=NAME, TemplateBody=json.dumps(old), Capabilities=["CAPABILITY_IAM"])
    assert zones.moved


def test_an_old_stack_is_updated_where_it_is(taught, zones):  # noqa: F811
    old = by_cloudformation(made())
    create("eu-west-1", old)
    new = made(zone_names=list(kept("eu-west-1")), flow_logs="none")
    boto3.client("cloudformation", region_name="eu-west-1").update_stack(
        StackName=NAME, TemplateBody=json.dumps(new), Capabilities=["CAPABILITY_IAM"]
    )
    assert (status("eu-west-1"), zones.moved) == ("UPDATE_COMPLETE", [])


def test_a_cluster_stays_in_its_zones():
    known = [availability_zones.Zone(name, key) for name, key in ZONES["eu-west-1"].items()]
    live = ("eu-west-1c", "eu-west-1a")
    for named in ((), ("eu-west-1a", "eu-west-1c"), ("euw1-az2", "euw1-az3")):
        found = availability_zones.keep(known, live, 2, named)
        assert (found.names, found.problems, found.notes) == (live, [], [])
    assert "stays in its 2 zones (eu-west-1c, eu-west-1a)" in availability_zones.keep(known, live, 3, ()).notes[0]
    (said,) = availability_zones.keep(known, live, 3, ("eu-west-1a", "eu-west-1b")).problems
    assert said.endswith("which is fixed at creation: write [eu-west-1c, eu-west-1a], or nothing.")


def test_us_west_1_by_the_playbook_and_again(tmp_path, taught, zones):  # noqa: F811
    play = Plays(tmp_path, AWS_REGION="us-west-1", AWS_DEFAULT_REGION="us-west-1")
    well, said = play()
    assert well, said
    assert "The cluster is in 2 zones (us-west-1a, us-west-1c) and not in cluster_zones (3)" in said
    assert in_subnets("us-west-1") == EXPECTED["us-west-1"]
    well, said = play()
    assert well, said
    assert (changed(said), zones.moved) == (0, [])
