"""What a cluster left is found by its tags, and nothing of anybody else's is called the cluster's."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws import tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.orphans import search
from tests.unit.aws.leftovers import REGION, Controllers, as_tags, client, everything, network, specified


@pytest.fixture
def session():
    return Session(REGION)


@pytest.fixture
def demo():
    return Controllers("demo", *network("demo"))


def found(session, name="demo"):
    report = search.find_orphans(session, name)
    assert report.unread == []
    return {each.id: each for each in report.rows}


def test_an_account_without_the_cluster_holds_nothing_of_it(session):
    assert found(session) == {}


def test_each_kind_is_found_with_its_reason_and_whether_a_sweep_takes_it(session, demo):
    made = demo.balancer("ingress/nginx")
    volume = demo.volume("data-0")
    snapshot, address, interface, log = demo.snapshot(volume), demo.address(), demo.interface(), demo.log()
    rows = found(session)
    by_controller = "tag elbv2.k8s.aws/cluster = demo"
    expected = {
        made["balancer"]: ("load balancer", by_controller, "yes"),
        made["targets"]: ("target group", by_controller, "yes"),
        made["front"]: ("security group", by_controller, "yes"),
        made["shared"]: ("security group", by_controller, "yes"),
        interface: ("network interface", "tag cluster.k8s.amazonaws.com/name = demo", "yes"),
        volume: ("volume", "tag KubernetesCluster = demo", "volumes"),
        snapshot: ("snapshot", "tag kubernetes.io/cluster/demo = owned", "snapshots"),
        address: ("address", "tag landfall.eks/cluster = demo", "addresses"),
        log: ("log group", "its name", "logs"),
    }
    assert {each: (rows[each].kind, rows[each].why, rows[each].taken) for each in expected} == expected
    assert (rows[volume].name, rows[volume].monthly) == ("logging/data-0", 4.0)
    assert "ingress/nginx" in rows[made["balancer"]].holds
    # The network is there without a stack: somebody has to see to it.
    left = {each.kind for each in rows.values() if each.id not in expected}
    assert left == {"network", "subnet"}


def test_looking_changes_nothing(session, demo):
    demo.balancer("ingress/nginx")
    demo.volume("data-0")
    before = everything()
    search.find_orphans(session, "demo")
    assert everything() == before


def test_another_clusters_objects_are_not_the_clusters_even_in_its_network(session, demo):
    other = Controllers("other", demo.vpc, demo.subnets)
    theirs = {*other.balancer("shop/web").values(), other.interface(), other.volume("x"), other.address(), other.log()}
    rows = {key: each for key, each in found(session).items() if key in theirs}
    assert rows  # said, since they would hold the network
    assert all(
        each.why.startswith(f"in its network {demo.vpc}, with the tags of the cluster other") for each in rows.values()
    )
    assert {each.taken for each in rows.values()} == {"no: it does not have the cluster's tag"}
    assert not any(each.kind in {"volume", "address", "log group"} for each in rows.values())
    # And the other way round, in a network that is not theirs.
    assert theirs <= set(found(session, "other"))
    assert demo.vpc not in found(session, "other")


def test_a_name_that_begins_alike_is_another_cluster(session, demo):
    longer = Controllers("demo-2", *network("demo-2"))
    theirs = {*longer.balancer("a/b").values(), longer.volume("x"), longer.address(), longer.log(), longer.interface()}
    assert not theirs & set(found(session))
    assert theirs <= set(found(session, "demo-2"))


def test_shared_is_not_owned():
    assert tags.reason({"kubernetes.io/cluster/demo": "shared"}, "demo") == ""
    assert tags.reason({"kubernetes.io/cluster/demo": "owned"}, "demo")
    assert tags.other({"kubernetes.io/cluster/demo": "owned"}, "demo") == ""
    assert tags.other({"kubernetes.io/cluster/shop": "owned"}, "demo") == "shop"


def test_an_attached_volume_and_an_interface_in_use_are_not_for_the_sweep(session, demo):
    volume, interface = demo.volume("data-0"), demo.interface()
    image = demo.ec2.describe_images()["Images"][0]["ImageId"]
    machine = demo.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=demo.subnets[0])["Instances"][0]
    demo.ec2.attach_volume(VolumeId=volume, InstanceId=machine["InstanceId"], Device="/dev/xvdz")
    demo.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=machine["InstanceId"], DeviceIndex=1)
    rows = found(session)
    assert rows[volume].taken == "no: it is attached"
    assert machine["InstanceId"] in rows[interface].taken


def test_what_a_stack_holds_is_no_orphan_until_the_stack_is_gone(session):
    template = """
    {"Resources": {
      "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16",
        "Tags": [{"Key": "landfall.eks/cluster", "Value": "demo"}]}},
      "Address": {"Type": "AWS::EC2::EIP", "DeletionPolicy": "Retain", "Properties": {"Domain": "vpc",
        "Tags": [{"Key": "landfall.eks/cluster", "Value": "demo"}]}}}}
    """
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName="landfall-demo", TemplateBody=template, Tags=as_tags({"landfall.eks/cluster": "demo"})
    )
    assert [each.kind for each in found(session).values()] == ["stack"]
    vpc = client("ec2").create_vpc(
        CidrBlock="10.10.0.0/16", TagSpecifications=specified("vpc", {"landfall.eks/cluster": "demo"})
    )
    assert vpc["Vpc"]["VpcId"] in found(session)


def test_roles_by_their_tag_and_not_by_how_their_name_begins(session):
    iam = client("iam")
    for name, cluster in (("landfall-demo-node", "demo"), ("landfall-demo-2-node", "demo-2")):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=as_tags({"landfall.eks/cluster": cluster}))
    assert list(found(session)) == ["landfall-demo-node"]


def test_a_key_that_aws_will_delete_says_when(session):
    keys = client("kms")
    tag = [{"TagKey": "landfall.eks/cluster", "TagValue": "demo"}]
    key = keys.create_key(Tags=tag)["KeyMetadata"]["KeyId"]
    assert found(session)[key].monthly == 1.0
    keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    row = found(session)[key]
    assert (row.monthly, row.taken) == (0.0, "no: AWS deletes it")
    assert row.holds.startswith("AWS deletes it on 20")


def test_what_could_not_be_looked_at_is_said_and_the_rest_is_looked_at(session, demo, monkeypatch):
    made = demo.balancer("ingress/nginx")
    demo.volume("data-0")
    asked = Session.pages

    def refusing(self, service, operation, **arguments):
        if operation == "describe_volumes":
            service = "nothing"
        return asked(self, service, operation, **arguments)

    monkeypatch.setattr(Session, "pages", refusing)
    report = search.find_orphans(session, "demo")
    assert [each.split(" were")[0] for each in report.unread] == ["volumes"]
    assert made["balancer"] in {each.id for each in report.rows}
