"""A sweep takes what controllers left of one cluster, in the order in which it goes, and nothing of anybody else's."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.orphans import search
from ansible_collections.landfall.eks.plugins.module_utils.orphans.sweep import sweep
from tests.unit.aws.leftovers import REGION, AsAws, Controllers, client, everything, network, specified

ALL = frozenset({"volumes", "addresses", "snapshots", "logs"})
QUICK = {"tries": 3, "pause": 0.01}


@pytest.fixture
def session():
    return Session(REGION)


@pytest.fixture(autouse=True)
def as_aws(monkeypatch):
    AsAws().install(monkeypatch)


@pytest.fixture
def demo():
    return Controllers("demo", *network("demo"))


def leave(controllers):
    """Leave one of each kind."""
    made = controllers.balancer("ingress/nginx")
    volume = controllers.volume("data-0")
    controllers.snapshot(volume)
    controllers.interface()
    controllers.address()
    controllers.log()
    return made


def test_everything_that_was_left_goes_and_the_account_is_as_it_was(session, demo):
    before = everything()
    leave(demo)
    assert everything() != before
    swept = sweep(session, "demo", ALL, **QUICK)
    assert (swept.stuck, swept.unread) == ([], [])
    assert len(swept.taken) == 9
    assert everything() == before


def test_what_was_not_asked_for_by_name_stays(session, demo):
    leave(demo)
    sweep(session, "demo", frozenset({"addresses"}), **QUICK)
    rows = search.find_orphans(session, "demo").rows
    assert {each.kind for each in rows} - {"network", "subnet"} == {"volume", "snapshot", "log group"}


def test_a_dry_run_names_the_same_and_takes_nothing(session, demo):
    leave(demo)
    before = everything()
    would = sweep(session, "demo", ALL, dry_run=True)
    assert everything() == before
    assert [each.id for each in would.taken] == [each.id for each in sweep(session, "demo", ALL, **QUICK).taken]


def test_a_second_sweep_finds_nothing(session, demo):
    leave(demo)
    sweep(session, "demo", ALL, **QUICK)
    assert sweep(session, "demo", ALL, **QUICK).taken == []


def test_another_clusters_objects_stay_even_in_the_same_network(session, demo):
    other = Controllers("other", demo.vpc, demo.subnets)
    leave(other)
    before = everything()
    leave(demo)
    sweep(session, "demo", ALL, **QUICK)
    assert everything() == before


def test_a_rule_of_the_clusters_own_group_that_refers_to_one_that_goes_is_taken_back(session, demo):
    nodes = demo.group("nodes", {"landfall.eks/cluster": "demo", "aws:eks:cluster-name": "demo"})
    client("eks").create_cluster(
        name="demo", roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig={"subnetIds": demo.subnets}
    )
    made = demo.balancer("ingress/nginx")
    demo.refer(nodes, made["shared"])
    swept = sweep(session, "demo", ALL, **QUICK)
    assert swept.stuck == []
    groups = demo.ec2.describe_security_groups(GroupIds=[nodes])["SecurityGroups"]
    assert groups[0]["IpPermissions"] == []
    assert made["shared"] not in {each.id for each in search.find_orphans(session, "demo").rows}


def test_a_rule_of_somebody_elses_group_is_left_and_named(session, demo):
    made = demo.balancer("ingress/nginx")
    theirs = demo.group("database", {})
    demo.refer(theirs, made["shared"])
    swept = sweep(session, "demo", ALL, **QUICK)
    assert demo.ec2.describe_security_groups(GroupIds=[theirs])["SecurityGroups"][0]["IpPermissions"]
    assert any(theirs in each and "remove that rule" in each for each in swept.stuck)


def test_in_another_order_it_would_not_go(session, demo):
    made = demo.balancer("ingress/nginx")
    for operation, arguments in (
        ("delete_target_group", {"TargetGroupArn": made["targets"]}),
        ("delete_security_group", {"GroupId": made["shared"]}),
    ):
        with pytest.raises(AwsError):
            session.call("elbv2" if "target" in operation else "ec2", operation, **arguments)


def test_a_group_whose_interface_is_still_there_is_tried_again_and_then_named(session, demo, monkeypatch):
    made = demo.balancer("ingress/nginx")
    # As a load balancer's, which AWS itself takes away a minute after it.
    slow = demo.ec2.create_network_interface(SubnetId=demo.subnets[0], Groups=[made["shared"]], Description="ELB net/x")
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    swept = sweep(session, "demo", tries=4, pause=7)
    assert waits == [7, 7, 7]
    assert [made["shared"] in each and "DependencyViolation" in each for each in swept.stuck] == [True]
    assert made["shared"] not in {each.id for each in swept.taken}

    def gone(seconds):
        demo.ec2.delete_network_interface(NetworkInterfaceId=slow["NetworkInterface"]["NetworkInterfaceId"])

    monkeypatch.setattr("time.sleep", gone)
    again = sweep(session, "demo", **QUICK)
    assert ([each.id for each in again.taken], again.stuck) == ([made["shared"]], [])


def test_a_load_balancer_that_is_protected_stays_and_says_so(session, demo):
    made = demo.balancer("ingress/nginx")
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    demo.elb.modify_load_balancer_attributes(LoadBalancerArn=made["balancer"], Attributes=protect)
    swept = sweep(session, "demo", **QUICK)
    assert any(made["balancer"] in each and "OperationNotPermitted" in each for each in swept.stuck)
    assert made["balancer"] in {each.id for each in search.find_orphans(session, "demo").rows}


def test_free_interfaces_without_the_clusters_tag_stay(session, demo):
    free = demo.ec2.create_network_interface(
        SubnetId=demo.subnets[0],
        Description="aws-K8S-i-2",
        TagSpecifications=specified("network-interface", {"a": "b"}),
    )["NetworkInterface"]["NetworkInterfaceId"]
    sweep(session, "demo", ALL, **QUICK)
    row = next(each for each in search.find_orphans(session, "demo").rows if each.id == free)
    assert row.taken == "no: it does not have the cluster's tag"
