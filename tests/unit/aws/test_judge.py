"""The judge of policies decides as IAM's documentation says; it is the control of all that it judges."""

import pytest

from tests.unit.aws.judge import Request, allows

VPC = "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1"
TAG = "aws:ResourceTag/landfall.eks/cluster"


def statement(effect="Allow", action="ec2:DeleteVpc", resource="*", **condition):
    return {"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}


def decided(*statements, action="ec2:DeleteVpc", **context):
    return allows(statements, Request(action, VPC, context))


def test_what_nothing_allows_is_refused_and_a_denial_wins():
    assert not decided()
    assert decided(statement())
    assert decided(statement(), statement(action="s3:*"))
    assert not decided(statement(), statement("Deny"))
    assert decided(statement(), statement("Deny", "s3:*"))


@pytest.mark.parametrize(
    ("action", "resource", "wanted"),
    [
        ("ec2:*", "*", True),
        ("ec2:Delete?pc", "*", True),
        ("ec2:DeleteVpcs", "*", False),
        ("ec2:DeleteVpc", "arn:aws:ec2:*:*:vpc/*", True),
        ("ec2:DeleteVpc", ["arn:aws:ec2:*:*:subnet/*"], False),
        ("ec2:DeleteVpc", "arn:aws:ec2:*:*:vpc/vpc-2", False),
    ],
)
def test_actions_and_resources(action, resource, wanted):
    assert decided(statement(action=action, resource=resource)) is wanted


@pytest.mark.parametrize(
    ("condition", "told", "wanted"),
    [
        ({"Null": {TAG: "false"}}, {TAG: ["any"]}, True),
        ({"Null": {TAG: "false"}}, {}, False),
        ({"Null": {TAG: "true"}}, {}, True),
        ({"StringEquals": {TAG: "mine"}}, {TAG: ["mine"]}, True),
        ({"StringEquals": {TAG: ["mine", "yours"]}}, {TAG: ["yours"]}, True),
        ({"StringEquals": {TAG: "m*"}}, {TAG: ["mine"]}, False),
        ({"StringLike": {TAG: "m*"}}, {TAG: ["mine"]}, True),
        ({"StringEquals": {TAG: "mine"}}, {}, False),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ["a", "b"]}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ["a", "b"]}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
        ({"ArnLike": {"k": "arn:aws:iam::*:policy/b"}}, {"k": ["arn:aws:iam::1:policy/b"]}, True),
        ({"ArnLike": {"k": "arn:aws:iam::*:policy/b"}}, {"k": ["arn:aws:iam::1:user/x:policy/b"]}, False),
        ({"StringEquals": {TAG: "mine"}, "Null": {"k": "true"}}, {TAG: ["mine"], "k": ["x"]}, False),
    ],
)
def test_conditions(condition, told, wanted):
    assert decided(statement(**condition), **told) is wanted


def test_what_is_not_known_is_no_guess():
    with pytest.raises(KeyError):
        decided(statement(DateGreaterThan={"k": "2026"}), k=["2027"])
    with pytest.raises(AssertionError):
        allows([statement() | {"NotAction": "x"}], Request("ec2:DeleteVpc"))
