"""Change sets made readable, as AWS lists them, and made, read and deleted against its API model and moto."""

from __future__ import annotations

import boto3
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import change_set, template
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL, made
from tests.unit.aws.test_stack import ARN, NAME, TAGS, Stubbed, create


def listed(action, name, kind, replacement=None, *targets):
    told = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
    if replacement:
        told["Replacement"] = replacement
    told["Details"] = [{"Target": {"Attribute": "Properties", "Name": each}} for each in targets]
    return {"Type": "Resource", "ResourceChange": told}


LISTED = [
    listed("Modify", "NodesDefault", "AWS::EKS::Nodegroup", "False", "ScalingConfig"),
    listed("Add", "NatGateway2", "AWS::EC2::NatGateway"),
    listed("Modify", "Cluster", "AWS::EKS::Cluster", "True", "AccessConfig", "AccessConfig"),
    listed("Remove", "FlowLog", "AWS::EC2::FlowLog"),
    listed("Modify", "FlowLogRole", "AWS::IAM::Role", "Conditional", "RoleName"),
]


def test_what_hurts_stands_first():
    assert [each.line() for each in change_set.changes(LISTED)] == [
        "- FlowLog (AWS::EC2::FlowLog)",
        "~ Cluster (AWS::EKS::Cluster) is replaced (AccessConfig)",
        "~ FlowLogRole (AWS::IAM::Role) may be replaced (RoleName)",
        "+ NatGateway2 (AWS::EC2::NatGateway)",
        "~ NodesDefault (AWS::EKS::Nodegroup) (ScalingConfig)",
    ]


def test_the_clusters_end_is_refused_and_nothing_else():
    changes = change_set.changes(LISTED)
    (said,) = change_set.refused(changes, template.KEPT)
    assert said.startswith(
        "Cluster (AWS::EKS::Cluster) would be replaced because of AccessConfig: that ends the cluster"
    )
    gone = change_set.changes([listed("Remove", "Vpc", "AWS::EC2::VPC")])
    assert "would be removed" in change_set.refused(gone, template.KEPT)[0]
    assert change_set.refused(change_set.changes(LISTED[:2]), template.KEPT) == []


def stubbed(*described):
    return Stubbed(
        "cloudformation",
        ("create_change_set", None, {"Id": ARN, "StackId": ARN}),
        *(("describe_change_set", None, each) for each in described),
        ("delete_change_set", {"ChangeSetName": ARN}, {}),
    )


def test_it_is_read_to_its_last_page_and_deleted(monkeypatch):
    monkeypatch.setattr(change_set.time, "sleep", lambda seconds: None)
    session = stubbed(
        {"Status": "CREATE_IN_PROGRESS", "Changes": []},
        {"Status": "CREATE_COMPLETE", "Changes": LISTED[:2], "NextToken": "more"},
        {"Status": "CREATE_COMPLETE", "Changes": LISTED[2:]},
    )
    assert len(change_set.planned(session, NAME, "{}", TAGS)) == len(LISTED)
    session.done()


def test_no_change_is_no_failure():
    reason = "The submitted information didn't contain changes. Submit different information."
    session = stubbed({"Status": "FAILED", "StatusReason": reason, "Changes": []})
    assert change_set.planned(session, NAME, "{}", TAGS) == []
    session.done()


def test_a_refusal_is_said_and_the_change_set_goes_all_the_same():
    session = stubbed({"Status": "FAILED", "StatusReason": "Template error.", "Changes": []})
    with pytest.raises(AwsError, match=r"AWS refused the change set: Template error\.$"):
        change_set.planned(session, NAME, "{}", TAGS)
    session.done()


def test_nothing_of_it_is_left_in_the_account(taught):  # noqa: F811
    create()
    changed = template.body("whole", USUAL | {"nat_gateways": "each_zone"})
    lines = [each.line() for each in change_set.planned(Session("eu-central-1"), NAME, changed, TAGS)]
    # moto lists every resource as added; what is changed or replaced only AWS tells apart.
    assert "+ NatGateway3 (AWS::EC2::NatGateway)" in lines
    left = boto3.client("cloudformation", region_name="eu-central-1").list_change_sets(StackName=NAME)["Summaries"]
    assert left == []


def test_a_new_stack_is_planned_without_aws():
    written = made()
    assert len(change_set.all_new(written)) == len(written["Resources"])
    assert {each.action for each in change_set.all_new(written)} == {"Add"}
