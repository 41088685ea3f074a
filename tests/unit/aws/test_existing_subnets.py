"""A cluster in subnets that are there: each thing that is wrong with them, with the same thing right as its control."""

from __future__ import annotations

import boto3
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import availability_zones, existing_subnets, template
from ansible_collections.landfall.eks.plugins.modules import cluster_creation
from tests.unit.aws import network
from tests.unit.aws.cluster_plays import NAME, REGION, Plays, changed, client, create, stacks, template_of
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL

ROLE_TAG = {"kubernetes.io/role/elb": "1"}


@pytest.fixture
def there():
    """Yield {vpc, subnets} that are as a cluster needs them."""
    made = network.make()
    client("ec2").modify_vpc_attribute(VpcId=made["vpc"], EnableDnsHostnames={"Value": True})
    return made


def unfit(ids, auto_mode=False):
    session = Session(REGION)
    found = existing_subnets.read(session, ids, availability_zones.read(session, ()), auto_mode=auto_mode)
    return found.problems + found.unfit


def test_a_network_that_will_do_is_described(there):
    session = Session(REGION)
    found = existing_subnets.read(session, there["subnets"], availability_zones.read(session, ()), auto_mode=False)
    assert (found.vpc_id, found.cidrs) == (there["vpc"], ["10.0.0.0/16"])
    assert found.zones == list(network.ZONES)
    assert found.problems + found.unfit == []


def test_a_subnet_that_is_not_there_is_named(there):
    (said,) = unfit([*there["subnets"], "subnet-0123456789abcdef0"])
    assert said.startswith("cluster_subnet_ids has subnet-0123456789abcdef0, which eu-central-1 does not have")


def test_subnets_of_two_networks_are_refused(there):
    other = network.make()
    (said,) = unfit([there["subnets"][0], other["subnets"][1]])
    assert there["vpc"] in said
    assert other["vpc"] in said
    assert said.endswith("write those of one VPC.")


def test_one_zone_is_not_enough(there):
    second = boto3.client("ec2").create_subnet(
        VpcId=there["vpc"], AvailabilityZone=network.ZONES[0], CidrBlock="10.0.9.0/24"
    )["Subnet"]["SubnetId"]
    assert unfit([there["subnets"][0], second]) == [
        "cluster_subnet_ids has subnets of eu-central-1a alone, and EKS needs 2 zones: write one of another."
    ]
    assert unfit(there["subnets"][:2]) == []


@pytest.mark.parametrize(
    ("name", "option"), [("EnableDnsSupport", "enable-dns-support"), ("EnableDnsHostnames", "enable-dns-hostnames")]
)
def test_a_network_without_names_is_refused(there, name, option):
    client("ec2").modify_vpc_attribute(VpcId=there["vpc"], **{name: {"Value": False}})
    (said,) = unfit(there["subnets"])
    assert said.endswith(f"run `aws ec2 modify-vpc-attribute --vpc-id {there['vpc']} --{option}`.")


def test_a_public_subnet_without_public_addresses_is_refused(there):
    network.open_to_the_internet(there["vpc"])
    said = unfit(there["subnets"])
    assert len(said) == 3
    assert all("write a subnet that leads to a NAT gateway" in each for each in said)
    for each in there["subnets"]:
        client("ec2").modify_subnet_attribute(SubnetId=each, MapPublicIpOnLaunch={"Value": True})
    assert unfit(there["subnets"]) == []


def a_subnet(zone="a", free=100):
    return {"SubnetId": f"subnet-{zone}", "AvailabilityZone": zone, "AvailableIpAddressCount": free}


@pytest.mark.parametrize(("free", "said"), [(5, 1), (6, 0)])
def test_eks_needs_six_addresses(free, said):
    """EKS user guide, network-reqs."""
    zones = [availability_zones.Zone("a", "x-az1"), availability_zones.Zone("b", "x-az2")]
    found = existing_subnets.judge([a_subnet(free=free), a_subnet("b")], [], zones)
    assert len(found) == said
    assert all("subnet-a with 5 free addresses, and EKS needs 6" in each for each in found)


def test_a_zone_that_eks_refuses_is_refused():
    zones = [availability_zones.Zone("a", "use1-az3", "takes no control plane"), availability_zones.Zone("b", "x-az2")]
    (said,) = existing_subnets.judge([a_subnet(), a_subnet("b")], [], zones)
    assert said == "cluster_subnet_ids has subnet-a in a, which takes no control plane: write a subnet of another zone."
    (local,) = existing_subnets.judge([a_subnet("local"), a_subnet("b")], [], zones)
    assert "which is no zone for a cluster" in local


def test_auto_mode_finds_the_subnets_of_load_balancers_by_tags_alone(there):
    (said,) = unfit(there["subnets"], auto_mode=True)
    assert "tag a public one in each zone kubernetes.io/role/elb: 1" in said
    network.subnet(there["vpc"], network.ZONES[0], 9, ROLE_TAG)
    assert unfit(there["subnets"], auto_mode=True) == []


def asked(vpc="vpc-1", subnets=(), **other):
    settings = USUAL | {"zone_names": []} | other
    given = {
        "stack": NAME,
        "region": REGION,
        "stack_role": "",
        "endpoint": "",
        "zones": 3,
        "vpc": vpc,
        "subnets": subnets,
    }
    return cluster_creation.ask(given | {"settings": settings, "must_enter": False, "judge": True})


PEOPLE = {"access": [{"principal_arn": "arn:aws:iam::123456789012:role/platform"}]}


def test_what_is_decided_makes_the_template(taught, there):  # noqa: F811
    told = asked(subnet_ids=there["subnets"], **PEOPLE)
    assert told["problems"] == []
    assert told["decided"]["vpc_id"] == there["vpc"]
    assert told["decided"]["vpc_cidrs"] == ["10.0.0.0/16"]
    assert template.body("whole", USUAL | {"subnet_ids": there["subnets"]} | told["decided"])


def test_a_cluster_stays_in_its_network(taught, there):  # noqa: F811
    create()
    assert asked()["problems"] == []
    (said,) = asked(subnet_ids=there["subnets"])["problems"]
    assert said.endswith("which a cluster cannot leave: remove cluster_subnet_ids.")


def test_a_cluster_in_a_given_network_stays_there_too(taught, there):  # noqa: F811
    given = {"subnet_ids": there["subnets"], "vpc_id": there["vpc"]}
    create(**given)
    assert "it cannot leave: write its subnets." in asked()["problems"][0]
    (said,) = asked(subnet_ids=there["subnets"])["problems"]
    assert (
        said
        == f"cluster_subnet_ids has subnets of {there['vpc']} and the cluster is in vpc-1: write subnets of that VPC."
    )


def test_a_cluster_stays_in_its_zones(taught, there):  # noqa: F811
    ids, vpc = there["subnets"], there["vpc"]
    create(subnet_ids=ids, vpc_id=vpc)
    (said,) = asked(vpc, ids, subnet_ids=ids[:2])["problems"]
    assert said.endswith(
        "the cluster is in eu-central-1a, eu-central-1b, eu-central-1c, which is fixed at creation: write "
        "subnets of each of these zones, and of no other."
    )
    further = network.subnet(vpc, network.ZONES[0], 9)
    assert asked(vpc, ids, subnet_ids=[*ids, further])["problems"] == []


def test_what_is_unfit_is_a_note_once_the_cluster_is_there(taught, there):  # noqa: F811
    """Otherwise a subnet that is full stops the update that would help."""
    given = {"subnet_ids": there["subnets"], "vpc_id": there["vpc"]}
    client("ec2").modify_vpc_attribute(VpcId=there["vpc"], EnableDnsHostnames={"Value": False})
    assert any("enableDnsHostnames off" in each for each in asked(subnet_ids=there["subnets"], **PEOPLE)["problems"])
    create(**given)
    told = asked(subnet_ids=there["subnets"])
    assert not any("enableDnsHostnames" in each for each in told["problems"])
    assert any("enableDnsHostnames off" in each for each in told["notes"])


def test_the_playbook_makes_it_and_leaves_the_network_when_it_goes(tmp_path, taught, there):  # noqa: F811
    plays, given = Plays(tmp_path), {"cluster_subnet_ids": there["subnets"]}
    before = (client("ec2").describe_vpcs()["Vpcs"], client("ec2").describe_subnets()["Subnets"])
    well, said = plays(**given)
    assert well, said
    assert f"ingress_vpc_id: {there['vpc']}" in (tmp_path / "state/production.yml").read_text()
    assert "10.0.0.0/16" in (tmp_path / "state/production.yml").read_text()
    assert "Vpc" not in template_of()["Resources"]
    well, said = plays(**given)
    assert (well, changed(said)) == (True, 0)
    well, said = plays(
        "-e", "state=absent", "-e", "cluster_protected=false", "-e", "cluster_delete_installed=true", **given
    )
    assert well, said
    assert stacks() == {}
    assert (client("ec2").describe_vpcs()["Vpcs"], client("ec2").describe_subnets()["Subnets"]) == before
