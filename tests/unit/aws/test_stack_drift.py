"""What was changed outside of CloudFormation, from the answers that its API reference gives."""

from __future__ import annotations

import json

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.eks import stack_drift
from tests.unit.aws.test_stack import WHEN, Stubbed

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/landfall-production/1"
ID = {"StackDriftDetectionId": "b78ac9b0"}


def a_drift(name, kind, status, *differences, **further):
    return {
        "StackId": STACK,
        "LogicalResourceId": name,
        "ResourceType": f"AWS::{kind}",
        "StackResourceDriftStatus": status,
        "Timestamp": WHEN,
        "PropertyDifferences": [
            {"PropertyPath": path, "ExpectedValue": was, "ActualValue": found, "DifferenceType": how}
            for path, was, found, how in differences
        ],
        **further,
    }


def status(told, **further):
    answer = {"StackId": STACK, **ID, "DetectionStatus": told, "Timestamp": WHEN, **further}
    return ("describe_stack_drift_detection_status", ID, answer)


def read(*answers):
    session = Stubbed("cloudformation", ("detect_stack_drift", {"StackName": "landfall-production"}, ID), *answers)
    said = stack_drift.read(session, "landfall-production", sleep=lambda seconds: None)
    session.done()
    return said


def drifts(*found, token="", then=""):
    asked = {"StackName": "landfall-production"} | ({"NextToken": token} if token else {})
    return (
        "describe_stack_resource_drifts",
        asked,
        {"StackResourceDrifts": list(found)} | ({"NextToken": then} if then else {}),
    )


def test_a_change_in_the_console_is_shown():
    opened = ("/ResourcesVpcConfig/PublicAccessCidrs", '["203.0.113.0/24"]', '["0.0.0.0/0"]', "NOT_EQUAL")
    assert read(
        status("DETECTION_IN_PROGRESS"),
        status("DETECTION_COMPLETE"),
        drifts(a_drift("Cluster", "EKS::Cluster", "MODIFIED", opened), a_drift("Vpc", "EC2::VPC", "IN_SYNC"), then="2"),
        drifts(a_drift("NodesDefault", "EKS::Nodegroup", "DELETED"), token="2"),
    ) == [
        f"~ Cluster (AWS::EKS::Cluster) {opened[0]}: is {opened[2]}, the template has {opened[1]}",
        "- NodesDefault (AWS::EKS::Nodegroup) is gone",
    ]


def test_nothing_was_changed():
    assert read(status("DETECTION_COMPLETE"), drifts(a_drift("Vpc", "EC2::VPC", "IN_SYNC"))) == []


def test_what_is_added_or_removed_is_told():
    found = a_drift(
        "Vpc",
        "EC2::VPC",
        "MODIFIED",
        ("/Tags/3", "null", '{"Key":"a"}', "ADD"),
        ("/Tags/0", '{"Key":"b"}', "null", "REMOVE"),
    )
    assert stack_drift.lines([found]) == [
        '~ Vpc (AWS::EC2::VPC) /Tags/3: {"Key": "a"} was added',
        '~ Vpc (AWS::EC2::VPC) /Tags/0: {"Key": "b"} was removed',
    ]


def test_a_policy_is_shown_in_part():
    long = ("/Policies/0", json.dumps(["x" * 500]), "null", "REMOVE")
    (line,) = stack_drift.lines([a_drift("NodeRole", "IAM::Role", "MODIFIED", long)])
    assert len(line) < 300


def test_what_could_not_be_compared_is_told():
    unknown = a_drift("Cluster", "EKS::Cluster", "UNKNOWN", DriftStatusReason="AccessDenied")
    assert read(
        status("DETECTION_FAILED", DetectionStatusReason="Failed to detect drift on resources [Cluster]"),
        drifts(unknown),
    ) == [
        "? Cluster (AWS::EKS::Cluster) was not compared: AccessDenied",
        "not everything was compared: Failed to detect drift on resources [Cluster]",
    ]
    assert stack_drift.lines([a_drift("Way", "EC2::VPCGatewayAttachment", "UNSUPPORTED")]) == []


def test_who_may_not_compare_still_gets_a_plan():
    session = Stubbed("cloudformation")
    session.stubber.add_client_error(
        "detect_stack_drift", "AccessDenied", "not allowed to cloudformation:DetectStackDrift"
    )
    (said,) = stack_drift.read(session, "landfall-production")
    assert said.startswith("not compared: ")
    assert "cloudformation:DetectStackDrift" in said
    session.stubber.add_client_error("detect_stack_drift", "ValidationError", "in progress")
    with pytest.raises(AwsError, match="in progress"):
        stack_drift.read(session, "landfall-production")


def test_a_comparison_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(stack_drift, "WAIT_SECONDS", -1)
    with pytest.raises(AwsError, match="run again"):
        read(status("DETECTION_IN_PROGRESS"))
