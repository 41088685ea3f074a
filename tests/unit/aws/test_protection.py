"""A stack and its cluster cannot be deleted by mistake, and can by one setting."""

from __future__ import annotations

import moto.kms.responses
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import protection
from tests.unit.aws.cluster_plays import CLUSTER, NAME, REGION, Plays, changed, client, create, protected, stacks
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import made, of_type
from tests.unit.aws.stubbed import Stubbed

WHEN = "2026-11-01T10:00:00Z"
ABSENT = ("-e", "cluster_state=absent", "-e", "cluster_delete_installed=true")
OFF = ("-e", "cluster_protected=false")


def described(protected_, status="CREATE_COMPLETE"):
    stack = {"StackName": NAME, "StackStatus": status, "CreationTime": WHEN, "EnableTerminationProtection": protected_}
    return ("cloudformation", "describe_stacks", {"Stacks": [stack]})


def cluster(protected_, status="ACTIVE"):
    return ("eks", "describe_cluster", {"cluster": {"status": status, "deletionProtection": protected_}})


def read(*said, name=CLUSTER):
    return protection.read(Stubbed(*said), NAME, name)


def test_what_is_read():
    assert read(described(True), cluster(False)) == protection.Protection(True, False)
    assert read(described(False), ("eks", "describe_cluster", "ResourceNotFoundException")) == protection.Protection(
        False, None
    )
    assert read(described(True), name="") == protection.Protection(True, None), "of roles alone"


def test_a_cluster_without_our_stack_is_none_of_ours():
    gone = ("cloudformation", "describe_stacks", {"Stacks": []})
    assert read(gone, cluster(True)) == protection.Protection(None, None)
    assert read(described(False, "ROLLBACK_COMPLETE"), cluster(True)) == protection.Protection(None, None)
    assert not protection.Protection(None, None).differs(False)


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "FAILED"])
def test_a_cluster_that_eks_deletes_all_the_same_is_not_switched(status):
    assert read(described(False), cluster(True, status)).cluster is None


@pytest.mark.parametrize("wanted", [True, False])
def test_both_are_switched_and_waited_for(monkeypatch, wanted):
    monkeypatch.setattr(protection.time, "sleep", lambda seconds: None)
    told = {"update": {"id": "1", "status": "InProgress"}}
    update = ("eks", "update_cluster_config", told, {"name": CLUSTER, "deletionProtection": wanted})
    stack = {"StackName": NAME, "EnableTerminationProtection": wanted}
    session = Stubbed(
        cluster(not wanted, "UPDATING"),
        cluster(not wanted),
        update,
        cluster(not wanted, "UPDATING"),
        cluster(wanted),
        ("cloudformation", "update_termination_protection", {"StackId": "1"}, stack),
    )
    protection.switch(session, protection.Protection(not wanted, not wanted), NAME, CLUSTER, wanted)
    assert session.said == []


def test_what_is_as_wanted_is_left_alone():
    session = Stubbed()
    protection.switch(session, protection.Protection(True, True), NAME, CLUSTER, True)
    protection.switch(session, protection.Protection(False, None), NAME, "", False)


def test_a_wait_has_an_end(monkeypatch):
    monkeypatch.setattr(protection, "WAIT_SECONDS", -1)
    with pytest.raises(
        AwsError, match="The cluster production is UPDATING and its deletion protection was not changed"
    ):
        protection.switch(Stubbed(cluster(True, "UPDATING")), protection.Protection(True, True), NAME, CLUSTER, False)


def test_the_template_has_no_deletion_protection():
    """CloudFormation could not roll a creation back otherwise: EKS refuses to delete an active cluster that has it."""
    assert "DeletionProtection" not in of_type(made(), "EKS::Cluster")["Cluster"]


def switch(wanted):
    session = Session(REGION)
    protection.switch(session, protection.read(session, NAME, CLUSTER), NAME, CLUSTER, wanted)
    return protected()


def test_protection_is_put_on_taken_off_and_put_on_again(taught):  # noqa: F811
    create()
    assert protected() == (False, False)
    assert [switch(wanted) for wanted in (True, True, False, True)] == [
        (True,) * 2,
        (True,) * 2,
        (False,) * 2,
        (True,) * 2,
    ]


def test_the_simulated_aws_refuses_as_aws_does(taught):  # noqa: F811
    """The control: without taking it off, a deletion ends in AWS's refusal."""
    create()
    switch(True)
    with pytest.raises(Exception, match="cannot be deleted while TerminationProtection is enabled"):
        client("cloudformation").delete_stack(StackName=NAME)
    client("cloudformation").update_termination_protection(StackName=NAME, EnableTerminationProtection=False)
    assert protected() == (False, True)
    with pytest.raises(Exception, match="deletion protection"):
        client("cloudformation").delete_stack(StackName=NAME)


def test_a_protected_cluster_is_deleted_by_one_setting(tmp_path, taught, monkeypatch):  # noqa: F811
    monkeypatch.setattr(moto.kms.responses, "validate_policy", lambda key, action: None)
    create()
    switch(True)
    play = Plays(tmp_path)
    well, said = play(*ABSENT)
    assert not well
    assert (
        f"Nothing was changed: the stack {NAME} and the cluster {CLUSTER} are protected against deletion: run again "
        "with -e cluster_protected=false to take that off and delete."
    ) in said
    assert protected() == (True, True)
    well, said = play(*ABSENT, *OFF)
    assert well, said
    assert stacks() == {}
    # A second time there is nothing to delete, nor to protect.
    well, said = play(*ABSENT)
    assert well, said
    assert changed(said) == 0
