"""What in an account stops a cluster: quotas, the key of its disks, and an API that cannot be reached."""

from __future__ import annotations

import json
import socket

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import account_limits, checks, obstacles
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import groups_from
from ansible_collections.landfall.eks.plugins.modules import cluster_creation
from tests.unit.aws.cluster_plays import NAME, REGION, client
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL
from tests.unit.aws.stricter import quotas

GROUPS = [{"name": "default"}]
SPOT = {"name": "spot", "capacity": "spot", "instance_types": ["m5.large", "m5.4xlarge"], "min": 2}


def judged(*groups, gateways=1):
    told = list(account_limits.judge(Session(REGION), groups_from(groups or GROUPS), gateways))
    return [each for each, _ in told if each], [each for _, each in told if each]


def test_a_new_account_has_no_room_for_three_nodes(taught, monkeypatch):  # noqa: F811
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT)
    problems, notes = judged()
    assert notes == []
    assert " ".join(problems) == (
        "The region has 0 of 5 vCPUs of standard on-demand instances and this run wants 12 more: let AWS raise the "
        "quota ec2/L-1216C47A to 12 at least, or write fewer or smaller nodes."
    )
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT | {"L-1216C47A": 12})
    assert judged() == ([], []), "the control: it fits exactly"


def running(kind, **further):
    return {"InstanceType": kind, "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 2}, **further}


def test_what_runs_there_counts(taught, monkeypatch):  # noqa: F811
    """With the shape of DescribeInstances, of which moto leaves CpuOptions out."""
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT | {"L-1216C47A": 15, "L-34B43A08": 9})
    listed = [running("m5.xlarge"), running("p3.2xlarge"), running("c6i.xlarge", InstanceLifecycle="spot")]
    pages = Session.pages

    def told(session, service, operation, **arguments):
        if operation == "describe_instances":
            assert arguments["Filters"] == [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
            return [{"Reservations": [{"Instances": listed}]}]
        return pages(session, service, operation, **arguments)

    monkeypatch.setattr(Session, "pages", told)
    on_demand, spot = judged(*GROUPS, SPOT | {"min": 3})[0]
    assert on_demand.startswith("The region has 4 of 15 vCPUs of standard on-demand instances and this run wants 12 mo")
    assert spot.startswith("The region has 4 of 9 vCPUs of standard spot instances and this run wants 6 more")


def test_spot_has_a_quota_of_its_own_and_its_smallest_type_counts(taught, monkeypatch):  # noqa: F811
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT)
    assert judged(SPOT) == ([], [])
    (said,) = judged(SPOT | {"min": 3})[0]
    assert "0 of 5 vCPUs of standard spot instances and this run wants 6 more" in said


@pytest.mark.parametrize("kind", ["p3.2xlarge", "g5.xlarge", "inf1.xlarge", "x1.16xlarge"])
def test_other_families_have_quotas_that_are_not_judged(taught, monkeypatch, kind):  # noqa: F811
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT)
    assert judged({"name": "other", "instance_types": [kind]}) == ([], [])


def test_networks_and_addresses_count(taught, monkeypatch):  # noqa: F811
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT | {"L-1216C47A": 12})
    ec2 = client("ec2")
    for _ in range(4):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    for _ in range(3):
        ec2.allocate_address(Domain="vpc")
    (vpcs,) = judged()[0]
    assert vpcs.startswith(
        "The region has 5 of 5 VPCs and this run wants 1 more: let AWS raise the quota vpc/L-F678F1CE"
    )
    _, addresses = judged(gateways=3)[0]
    assert addresses.endswith("the quota ec2/L-0263D0A3 to 6 at least, or write cluster_nat_gateways: one.")


def test_quotas_that_are_not_told_are_notes(taught):  # noqa: F811
    problems, notes = judged()
    assert problems == []
    assert notes == [
        f"Not judged: 0 of 5 (AWS's default, quota not read) {each} more wanted."
        for each in ("Elastic IPs, 1", "vCPUs of standard on-demand instances, 12")
    ]


# --- Disks ------------------------------------------------------------------------------------------------------------

ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
AUTOSCALING = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def use(*statements):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ROOT, *statements]})
    key = client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    client("ec2").modify_ebs_default_kms_key_id(KmsKeyId=key)
    return key


def test_aws_own_key_starts_nodes(taught):  # noqa: F811
    assert obstacles.disk_key(Session(REGION)) == ("", "")


def test_a_key_that_auto_scaling_may_not_use_is_refused(taught):  # noqa: F811
    key = use()
    problem, note = obstacles.disk_key(Session(REGION))
    assert note == ""
    assert problem == (
        f"The account encrypts EBS volumes with {key}, which EC2 Auto Scaling may not use, so no node would start: "
        "allow the role AWSServiceRoleForAutoScaling in the key's policy (EC2 Auto Scaling user guide, "
        "key-policy-requirements-EBS-encryption), or run `aws ec2 reset-ebs-default-kms-key-id`."
    )
    client("kms").create_grant(KeyId=key, GranteePrincipal=AUTOSCALING, Operations=["Decrypt", "CreateGrant"])
    assert obstacles.disk_key(Session(REGION)) == ("", ""), "a grant does too"


@pytest.mark.parametrize("who", [{"AWS": AUTOSCALING}, {"AWS": [AUTOSCALING]}, {"AWS": "*"}, "*"])
def test_a_key_that_lets_auto_scaling_in_is_none(taught, who):  # noqa: F811
    use({"Effect": "Allow", "Principal": who, "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": "*"})
    assert obstacles.disk_key(Session(REGION)) == ("", "")


def test_a_key_that_may_not_be_read_is_a_note(taught, monkeypatch):  # noqa: F811
    use()
    asked = Session.call

    def refusing(session, service, operation, **arguments):
        if operation == "get_key_policy":
            arguments["KeyId"] = f"arn:aws:kms:{REGION}:999999999999:key/of-others"
        return asked(session, service, operation, **arguments)

    monkeypatch.setattr(Session, "call", refusing)
    problem, note = obstacles.disk_key(Session(REGION))
    assert problem == ""
    assert note.startswith(
        "The account's key for EBS volumes was not judged (NotFoundException): AWS refused kms get_k"
    )


# --- A private API ----------------------------------------------------------------------------------------------------


def test_a_run_cannot_be_inside_of_a_network_that_it_creates():
    assert obstacles.out_of_reach("", public=True) == ""
    assert obstacles.out_of_reach("", public=False) == (
        "cluster_endpoint_public is false and this run cannot be in the network that it creates, so it could not "
        "create the StorageClass: set cluster_storage_class: false and create it from inside, or write "
        "cluster_endpoint_public: true."
    )


def test_a_private_api_that_answers_is_in_reach():
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"https://127.0.0.1:{server.getsockname()[1]}"
        assert obstacles.out_of_reach(endpoint, public=False) == ""
    assert f"this run does not reach {endpoint} from inside" in obstacles.out_of_reach(endpoint, public=False)


def test_a_public_address_is_no_way_inside(monkeypatch):
    class Connection:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def getpeername(self):
            return ("18.157.1.1", 443)

    monkeypatch.setattr(obstacles.socket, "create_connection", lambda *_: Connection())
    assert "does not reach" in obstacles.out_of_reach("https://a.gr7.eu-central-1.eks.amazonaws.com", public=False)


def test_all_of_it_is_told_together_before_a_creation(taught, monkeypatch):  # noqa: F811
    quotas.install(monkeypatch, quotas.NEW_ACCOUNT)
    use()
    client("logs").create_log_group(logGroupName="/aws/eks/production/cluster")
    settings = USUAL | {"zone_names": [], "endpoint_public": False}
    given = {"stack": NAME, "region": REGION, "stack_role": "", "must_enter": True, "endpoint": "", "zones": 3}
    given |= {"vpc": "", "subnets": []}
    told = cluster_creation.ask(given | {"settings": settings, "judge": True})
    said = told["problems"]
    assert "cluster_access" in said[1]
    assert [" ".join(each.split()[:3]) for each in (said[0], *said[2:])] == [
        "cluster_endpoint_public is false",
        "The log group",
        "The account encrypts",
        "The region has",
    ]
    assert told["decided"]["zone_names"] == USUAL["zone_names"]


# --- Groups of nodes --------------------------------------------------------------------------------------------------


def taint(effect, key="team"):
    return {"taints": [{"key": key, "value": "a", "effect": effect}]}


def said_of(*groups):
    return [each for each in checks.problems({"cluster_node_groups": list(groups)}, making=False) if "CoreDNS" in each]


@pytest.mark.parametrize(
    "groups",
    [
        [{"name": "a", "min": 0}],
        [{"name": "a", **taint("NoSchedule")}],
        [{"name": "a", **taint("NoExecute")}, {"name": "b", "min": 0}],
    ],
)
def test_groups_on_which_nothing_of_eks_runs_are_refused(groups):
    (said,) = said_of(*groups)
    assert said == (
        "cluster_node_groups starts no node for CoreDNS and the EBS driver, which the cluster cannot do without: write "
        "a group without taints of effect NoSchedule and NoExecute, with a min of 1 or more."
    )


@pytest.mark.parametrize(
    "group",
    [
        {"name": "a"},
        {"name": "a", "min": 0, "desired": 1},
        {"name": "a", **taint("PreferNoSchedule")},
        {"name": "a", **taint("NoSchedule", "CriticalAddonsOnly")},
    ],
)
def test_one_group_is_enough(group):
    assert said_of(group, {"name": "b", "min": 0}, {"name": "c", **taint("NoSchedule")}) == []
