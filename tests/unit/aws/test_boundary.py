"""The permissions boundary takes nothing from the roles of our templates, and leaves nothing to others."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.unit.aws import actions
from tests.unit.aws.judge import Request, allows, applies
from tests.unit.aws.shapes import access, made, of_type
from tests.unit.aws.stack_requests import ACCOUNT, REGION, role_arn

BOUNDARY = actions.policy("boundary")
OF_CLUSTER = [
    {
        "Effect": "Allow",
        "Action": ["ec2:CreateTags"],
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": "kubernetes.io/cluster/*"}},
    },
    {
        "Effect": "Allow",
        "Action": [
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeInstanceTopology",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeVpcs",
            "kms:DescribeKey",
        ],
        "Resource": "*",
    },
]
"""What EKS needs at least (EKS user guide, cluster-iam-role); AmazonEKSClusterPolicy has more, of former days."""
WRITTEN = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": REGION,
    "${AWS::AccountId}": ACCOUNT,
    "${Vpc}": "vpc-1",
}


def plain(value: Any) -> Any:
    """Return a template's value as CloudFormation makes it."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        for name, meant in WRITTEN.items():
            text = text.replace(name, meant)
        return text
    if "Fn::GetAtt" in value:
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/landfall/production/flows:*"
    return {key: plain(each) for key, each in value.items()}


@functools.cache
def managed() -> dict[str, Any]:
    return json.loads(aws_managed_policies_data)


def policies_of(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the statements of a role of a template, its own and AWS's."""
    for policy in role.get("Policies", []):
        yield from plain(policy["PolicyDocument"]["Statement"])
    for each in role.get("ManagedPolicyArns", []):
        name = plain(each).rpartition("/")[2]
        yield from OF_CLUSTER if name == "AmazonEKSClusterPolicy" else managed()[name]["Document"]["Statement"]


def samples(statement: dict[str, Any]) -> Iterator[Request]:
    """Yield requests that a statement is about: each of its actions on each of its resources."""
    listed = [each if isinstance(each, list) else [each] for each in (statement["Action"], statement["Resource"])]
    context = {
        key: ((wanted if isinstance(wanted, str) else wanted[0]).replace("*", "x"),)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
        if (operator, wanted) != ("Null", "true")
    }
    # The tags of a resource of EC2 go by two names.
    context |= {
        key.replace("ec2:", "aws:"): told for key, told in context.items() if key.startswith("ec2:ResourceTag/")
    }
    for action in listed[0]:
        for resource in listed[1]:
            # Whether an action of any resource is asked on one, and which, is not told; ARNs are what matters.
            for one in _resources(action) if resource == "*" else [resource.replace("*", "x")]:
                yield Request(action, one, context)


def _resources(action: str) -> list[str]:
    kinds = {"ec2:CreateSecurityGroup": ("security-group", "vpc"), "ec2:DeleteSecurityGroup": ("security-group",)}
    kinds |= dict.fromkeys(("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"), ("security-group",))
    if action in kinds:
        return [f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/1" for kind in kinds[action]]
    return [role_arn("aws-service-role/x")] if action == "iam:CreateServiceLinkedRole" else ["*"]


def roles() -> dict[str, dict[str, Any]]:
    found = {f"access {name}": each for name, each in of_type(access(), "IAM::Role").items()}
    return found | of_type(made(node_session_manager=True), "IAM::Role")


def all_samples() -> Iterator[Request]:
    for role in roles().values():
        for statement in policies_of(role):
            yield from samples(statement)


@pytest.mark.parametrize("name", roles())
def test_no_role_of_ours_loses_anything(name):
    asked = [each for statement in policies_of(roles()[name]) for each in samples(statement)]
    assert asked
    assert all(allows(list(policies_of(roles()[name])), each) for each in asked), "the control: the role allows it"
    assert [str(each) for each in asked if not allows(BOUNDARY, each)] == []


def test_nothing_is_left_that_no_role_needs():
    asked = list(all_samples())
    needless = [
        (statement["Sid"], action)
        for statement in BOUNDARY
        for action in statement["Action"]
        if not any(each.action == action and applies(statement, each) for each in asked)
    ]
    assert needless == []


FOREIGN = {"aws:ResourceTag/team": ("payroll",)}
BEYOND = [
    Request("iam:CreateUser", "*"),
    Request("iam:PassRole", role_arn("payroll")),
    Request("iam:CreateServiceLinkedRole", role_arn("x"), {"iam:AWSServiceName": ("ssm.amazonaws.com",)}),
    Request("sts:AssumeRole", role_arn("payroll")),
    Request("s3:GetObject", "arn:aws:s3:::payroll/1"),
    Request("secretsmanager:GetSecretValue", "*"),
    Request("kms:Decrypt", "*"),
    Request("ec2:RunInstances", "*"),
    Request("ec2:TerminateInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/1"),
    Request("ec2:DeleteVpc", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/1"),
    Request("ec2:DeleteSecurityGroup", f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/1", FOREIGN),
    Request("ec2:DeleteVolume", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/1", FOREIGN),
    Request("ec2:AttachVolume", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/1", FOREIGN),
    Request("ec2:CreateSnapshot", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/1", FOREIGN),
    Request(
        "ec2:CreateTags",
        f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/1",
        FOREIGN | {"aws:RequestTag/ebs.csi.aws.com/cluster": ("true",)},
    ),
    Request("elasticloadbalancing:DeleteLoadBalancer", "*", FOREIGN),
    Request("elasticloadbalancing:AddTags", "*", FOREIGN | {"aws:RequestTag/elbv2.k8s.aws/cluster": ("production",)}),
    Request("elasticloadbalancing:ModifyListener", "*", FOREIGN),
    Request("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/payroll"),
    Request("eks:UpdateClusterConfig", "*"),
]


@pytest.mark.parametrize("request_", BEYOND, ids=lambda each: each.action)
def test_a_role_of_an_attacker_stays_within_it(request_):
    """Whatever his own policy says: what the boundary does not allow is refused."""
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert allows(everything, request_)
    assert not (allows(everything, request_) and allows(BOUNDARY, request_))
