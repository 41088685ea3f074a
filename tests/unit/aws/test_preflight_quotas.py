"""Whether what a run makes still fits into the account's quotas."""

import boto3
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws import quotas
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from tests.unit.aws.stubbed import Stubbed


def test_a_quota_that_is_too_small_names_its_codes_and_the_new_size():
    use = quotas.Use(quotas.ADDRESSES, 5, 4, 3, " (1 of them at NAT gateways)")
    assert use.short
    assert use.problem("write ingress_addresses: auto") == (
        "The region has 4 of 5 Elastic IPs (1 of them at NAT gateways) and this run wants 3 more: let AWS raise the "
        "quota ec2/L-0263D0A3 to 7 at least, or write ingress_addresses: auto."
    )


@pytest.mark.parametrize(
    "use",
    [
        quotas.Use(quotas.ADDRESSES, 5, 2, 3),
        quotas.Use(quotas.ADDRESSES, 5, 6, 0),
        quotas.Use(quotas.ADDRESSES, None, 40, 3),
    ],
    ids=["it fits", "nothing is wanted", "the quota is not known"],
)
def test_what_fits_or_is_not_known_is_no_problem(use):
    assert not use.short


def test_a_default_is_called_one():
    assert "5 (AWS's default, quota not read) Elastic IPs" in quotas.Use(quotas.ADDRESSES, None, 4, 0).line


def test_the_limit_is_what_service_quotas_says():
    answer = {"Quota": {"Value": 70.0, "QuotaCode": "L-69A177A2"}}
    asked = {"ServiceCode": "elasticloadbalancing", "QuotaCode": "L-69A177A2"}
    session = Stubbed(("service-quotas", "get_service_quota", answer, asked))
    assert quotas.limit(session, quotas.BALANCERS) == 70


def test_a_limit_that_may_not_be_read_is_not_known():
    assert quotas.limit(Stubbed(("service-quotas", "get_service_quota", "AccessDenied")), quotas.BALANCERS) is None


def network():
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return ec2, vpc, subnet


def test_addresses_of_nat_gateways_count_and_are_named(moto_server):
    ec2, _, subnet = network()
    held = ec2.allocate_address(Domain="vpc")["AllocationId"]
    tags = [{"Key": "landfall.eks/cluster", "Value": "mine"}]
    ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    ec2.allocate_address(Domain="vpc")
    assert quotas.addresses(Session(), "mine") == (3, 0, 1), "the control: there is no NAT gateway yet"
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=held)
    assert quotas.addresses(Session(), "mine") == (3, 1, 1)
    assert quotas.addresses(Session(), "other") == (3, 1, 0)


def test_load_balancers_of_the_cluster_are_known_by_their_tags(moto_server):
    _, vpc, subnet = network()
    elb = boto3.client("elbv2")

    def balancer(name, kind, **tags):
        listed = [{"Key": key.replace("__", "/"), "Value": value} for key, value in tags.items()]
        elb.create_load_balancer(Name=name, Type=kind, Subnets=[subnet], Tags=listed)

    balancer("a", "network", **{"elbv2.k8s.aws__cluster": "mine"})
    balancer("b", "network", **{"elbv2.k8s.aws__cluster": "theirs"})
    balancer("c", "network", Name="c")
    balancer("d", "application", **{"elbv2.k8s.aws__cluster": "mine"})
    elb.create_target_group(Name="one", Protocol="TCP", Port=443, VpcId=vpc)
    found = quotas.balancers(Session())
    assert len(found) == 3
    assert quotas.of_cluster(found, "mine") == 1
    assert quotas.of_cluster(found, "nobody") == 0
    assert quotas.target_groups(Session()) == 1
