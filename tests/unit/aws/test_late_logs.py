"""Make, delete, make: the log group that EKS creates after the cluster has gone stops nobody."""

from __future__ import annotations

import itertools
import json

import moto.kms.responses
import pytest
from botocore.exceptions import ClientError

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import obstacles, template
from ansible_collections.landfall.eks.plugins.module_utils.orphans import sweep
from tests.unit.aws.cluster_plays import CLUSTER, NAME, REGION, Plays, client, create, stacks
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL
from tests.unit.aws.stricter.log_groups import LateLogs

GROUP = f"/aws/eks/{CLUSTER}/cluster"
GONE = ("-e", "state=absent", "-e", "cluster_protected=false", "-e", "cluster_delete_installed=true")


@pytest.fixture
def late(request, taught, monkeypatch):  # noqa: F811
    monkeypatch.setattr(moto.kms.responses, "validate_policy", lambda key, action: None)
    return LateLogs(getattr(request, "param", 1)).install(monkeypatch)


def groups():
    return [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]]


@pytest.mark.parametrize("late", [0], indirect=True)
def test_without_a_sweep_the_second_creation_fails(late):
    """The control: what the stack's deletion alone leaves."""
    create()
    client("cloudformation").delete_stack(StackName=NAME)
    assert groups() == [GROUP]
    with pytest.raises(ClientError, match="already exists"):
        create()


@pytest.mark.parametrize("times", [1, 2])
def test_logs_are_swept_as_often_as_they_come_back(late, monkeypatch, times):
    arriving = iter([GROUP] * times)

    def sleep(seconds):
        for name in itertools.islice(arriving, 1):
            client("logs").create_log_group(logGroupName=name)

    monkeypatch.setattr(sweep.time, "sleep", sleep)
    swept = sweep.sweep_late_logs(Session(REGION), CLUSTER, tries=times + 2, pause=10)
    assert (groups(), [each.id for each in swept.taken], swept.stuck) == ([], [GROUP], [])


def test_the_group_of_a_stack_is_none_of_them(late):
    create()
    assert sweep.sweep_late_logs(Session(REGION), CLUSTER, tries=1, pause=0).taken == []
    assert GROUP in groups()


def test_a_group_that_is_there_is_refused_before_a_creation(late):
    session = Session(REGION)
    assert obstacles.left_logs(session, CLUSTER) == ""
    client("logs").create_log_group(logGroupName=f"{GROUP}-of-others")
    assert obstacles.left_logs(session, CLUSTER) == "", "another cluster's, whose name only begins so"
    client("logs").create_log_group(logGroupName=GROUP)
    assert obstacles.left_logs(session, CLUSTER) == (
        f"The log group {GROUP} of a former cluster is still there, so the stack could not create its own: keep its "
        "lines elsewhere if you need them, and delete it with `ansible-playbook playbooks/cluster.yml -e state=absent "
        "-e cluster_delete=logs`."
    )


def test_the_name_is_the_stacks():
    resources = json.loads(template.body("whole", USUAL))["Resources"]
    assert resources["ClusterLogGroup"]["Properties"]["LogGroupName"] == GROUP


@pytest.mark.parametrize(
    ("late", "asked"), [(1, ()), (0, ("-e", "cluster_delete=logs"))], indirect=["late"], ids=["make again", "logs"]
)
def test_make_delete_make(tmp_path, late, asked):
    play = Plays(tmp_path)
    create()
    well, said = play(*GONE, *asked)
    assert well, said
    assert (stacks(), groups(), late.written) == ({}, [], [GROUP])
    if not asked:
        well, said = play()
        assert well, said
        assert stacks() == {NAME: "CREATE_COMPLETE"}


def test_what_came_later_still_is_told_and_removed_as_told(tmp_path, late):
    play = Plays(tmp_path)
    client("logs").create_log_group(logGroupName=GROUP)
    well, said = play()
    assert not well
    assert f"in the way: - The log group {GROUP} of a former cluster is still there" in said
    assert stacks() == {}
    well, said = play("-e", "state=absent", "-e", "cluster_delete=logs")
    assert well, said
    assert groups() == []
