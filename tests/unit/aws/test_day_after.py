"""A cluster's whole life in five regions: made, upgraded, patched, deleted and made again.

AWS is simulated and stricter than moto: the published policies in the region's partition, zones with their oddities,
CloudFormation's and EKS's rules on versions, logs that come late, quotas, and calls that are refused by chance.
A play takes seconds, so a region has one seed; `test_reading_outlasts_throttling` has twenty without Ansible.
"""

from __future__ import annotations

import time

import boto3
import moto.kms.responses
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import availability_zones, stack, upgrade_facts
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import NodeGroup
from tests.unit.aws import api_stub
from tests.unit.aws.cluster_plays import CLUSTER, NAME, SOON, Plays, changed, create
from tests.unit.aws.enforced import KEY_ID, Enforced
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.stricter import quotas
from tests.unit.aws.stricter.log_groups import LateLogs
from tests.unit.aws.stricter.throttling import Throttled
from tests.unit.aws.stricter.updates import begin, versions  # noqa: F401
from tests.unit.aws.stricter.zones import DISALLOWED, ZONES, Zones

REGIONS = ("us-east-1", "us-west-1", "eu-west-1", "us-gov-west-1", "cn-north-1")
ROOM = {"L-1216C47A": 64, "L-34B43A08": 64, "L-F678F1CE": 5, "L-0263D0A3": 5}
SHARE = 0.1
SEEDS = range(20)
BUDGETS = {"name": "poddisruptionbudgets", "kind": "PodDisruptionBudget", "namespaced": True}
QUIET = {
    "/metrics": "",
    "/apis/policy/v1": {"resources": [BUDGETS]},
    "/apis/policy/v1/poddisruptionbudgets": {"items": []},
}
GONE = ("-e", "cluster_state=absent", "-e", "cluster_protected=false", "-e", "cluster_delete_installed=true")


class Life:
    """The plays of one cluster in one region."""

    def __init__(self, play: Plays, region: str, enforced: Enforced, throttled: Throttled) -> None:
        self.play, self.region, self.enforced, self.throttled = play, region, enforced, throttled

    def __call__(self, version: str, *words: str) -> str:
        """Run the playbook, which has to end well; return what it said."""
        partition = self.enforced.partition
        well, said = self.play(
            *words,
            platform_aws_region=self.region,
            cluster_version=version,
            cluster_permissions_boundary=f"arn:{partition}:iam::123456789012:policy/landfall-boundary",
            cluster_access=[{"principal_arn": f"arn:{partition}:iam::123456789012:role/platform"}],
            **SOON,
        )
        assert well, said
        return said

    def client(self, service: str):
        return boto3.client(service, region_name=self.region)

    @property
    def zones(self) -> set[str]:
        """The ids of the zones that the cluster's subnets are in."""
        subnets = self.client("ec2").describe_subnets(Filters=[{"Name": "tag-key", "Values": ["landfall.eks/cluster"]}])
        return {each["AvailabilityZoneId"] for each in subnets["Subnets"]}


@pytest.fixture(params=REGIONS)
def life(request, tmp_path, versions, monkeypatch):  # noqa: F811
    region, seed = request.param, REGIONS.index(request.param)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, region)
    monkeypatch.setattr(moto.kms.responses, "validate_policy", lambda key, action: None)
    versions.region, versions.newest = region, {"1.35": "1.35.2-20261120"}
    Zones(seed=seed).install(monkeypatch)
    LateLogs(1).install(monkeypatch)
    quotas.install(monkeypatch, ROOM)
    enforced = Enforced("cluster", "leaving", "stack", "network", region=region)
    enforced.install(monkeypatch)
    throttled = Throttled(KEY_ID, share=SHARE, seed=seed).install(monkeypatch)
    yield Life(Plays(tmp_path, AWS_ACCESS_KEY_ID=KEY_ID), region, enforced, throttled)
    assert enforced.refused == []
    assert throttled.refused.total() > throttled.taken.total() * SHARE / 4, "control: calls were refused"


def test_made_upgraded_patched_deleted_and_made_again(life, versions, tmp_path):  # noqa: F811
    life("1.34")
    begin(versions, "1.34")
    assert len(life.zones) == min(3, len(set(ZONES[life.region].values()).difference(DISALLOWED)))
    assert life.zones.isdisjoint(DISALLOWED)
    before = life.zones
    with api_stub.serving(tmp_path) as (server, told):
        server.answers |= QUIET
        versions.cluster.endpoint = told["endpoint"]
        versions.cluster.certificate_authority = {"data": told["certificate_authority"]}
        life("1.35", "-e", "cluster_nodes_follow=true")
        versions.newest = {"1.35": "1.35.3-20261201"}
        life("1.35", "-e", "cluster_patch=true")
        assert changed(life("1.35")) == 0
    (nodes,) = versions.groups.values()
    assert (versions.cluster.version, nodes.version, nodes.release_version) == ("1.35", "1.35", "1.35.3-20261201")
    assert life.zones == before
    life("1.35", *GONE, "-e", "cluster_delete=logs")
    assert life.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"] == []
    assert life.client("logs").describe_log_groups()["logGroups"] == []
    life("1.35")
    assert versions.cluster.version == "1.35"


@pytest.fixture
def slept(monkeypatch):
    """Return the seconds that were waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def look(region: str) -> None:
    """Read all that a run reads before it decides."""
    session = Session(region)
    stack.read(session, NAME)
    stack.resources(session, NAME)
    stack.events(session, NAME)
    availability_zones.read(session, [NodeGroup("default")])
    upgrade_facts.read_versions(session, CLUSTER, "1.35", ["coredns"], {})


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_outlasts_throttling(taught, monkeypatch, slept, seed):  # noqa: F811
    create()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    throttled = Throttled(KEY_ID, share=0.3, seed=seed).install(monkeypatch)
    for _ in range(5):
        look("eu-central-1")
    assert throttled.refused.total() == len(slept) > 0


def test_control_who_tries_once_is_refused(taught, monkeypatch, slept):  # noqa: F811
    create()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    Throttled(KEY_ID, share=1, seed=0).install(monkeypatch)
    once = Config(retries={"total_max_attempts": 1})
    with pytest.raises(ClientError, match="Rate exceeded"):
        boto3.session.Session().client("cloudformation", config=once).describe_stacks(StackName=NAME)
    with pytest.raises(AwsError, match="Rate exceeded"):
        look("eu-central-1")
