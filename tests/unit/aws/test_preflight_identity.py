"""Who we are in AWS, what we may do, and whether our clocks agree."""

import datetime

import boto3
import botocore.exceptions
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws import identity
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from tests.unit.aws.stubbed import Stubbed

NOW = datetime.datetime(2026, 11, 26, 12, 0, tzinfo=datetime.UTC)
ROLE = "arn:aws:iam::111122223333:role/landfall"


def rows(*needed):
    return [
        {"action": action, "why": "a thing", "otherwise": "do another", "needed": action in needed}
        for action in ("ec2:DescribeSubnets", "ec2:DescribeAddresses", "eks:DescribeCluster")
    ]


def result(action, decided, missing=(), by_organization=True):
    return {
        "EvalActionName": action,
        "EvalDecision": decided,
        "EvalResourceName": "*",
        "MissingContextValues": list(missing),
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": by_organization},
    }


def test_aws_says_who_we_are_and_what_time_it_is(moto_server):
    me = identity.read_identity(Session())
    assert me.account == "123456789012"
    assert me.arn.startswith("arn:aws:sts::123456789012:")
    assert abs(me.skew) < identity.MOST_SKEW


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Thu, 26 Nov 2026 12:00:00 GMT", 0),
        ("Thu, 26 Nov 2026 11:53:00 GMT", 420),
        ("Thu, 26 Nov 2026 12:05:00 GMT", -300),
        ("", None),
        ("noon", None),
    ],
)
def test_the_skew_is_that_of_the_date_header(date, skew):
    assert identity.skew_of(date, NOW) == skew


@pytest.mark.parametrize("seconds", [None, 0, 240, -240])
def test_a_small_skew_is_no_problem(seconds):
    assert identity.skew_problem(seconds) == ""


@pytest.mark.parametrize(("seconds", "said"), [(420, "7 minutes ahead of"), (-301, "5 minutes behind")])
def test_a_large_skew_is_one(seconds, said):
    assert said in identity.skew_problem(seconds)


def test_a_refusal_for_its_signature_tells_the_time_too():
    """AWS refuses the very first call of a clock that is far off, and says what time it is."""
    answer = {
        "Error": {"Code": "SignatureDoesNotMatch", "Message": "Signature expired"},
        "ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 26 Nov 2020 12:00:00 GMT"}},
    }
    refused = AwsError("no")
    refused.__cause__ = botocore.exceptions.ClientError(answer, "GetCallerIdentity")
    assert "ahead of" in identity.skew_problem(identity.skew_of_refusal(refused))
    assert identity.skew_of_refusal(AwsError("no answer at all")) is None


def test_an_assumed_role_is_simulated_as_its_role_with_its_path(moto_server):
    boto3.client("iam").create_role(RoleName="sso", Path="/aws-reserved/", AssumeRolePolicyDocument="{}")
    arn = "arn:aws:sts::123456789012:assumed-role/sso/me@example.org"
    assert identity.principal(Session(), arn) == "arn:aws:iam::123456789012:role/aws-reserved/sso"


def test_the_arn_of_a_role_that_may_not_be_read_is_derived():
    session = Stubbed(("iam", "get_role", "AccessDenied"))
    arn = "arn:aws-cn:sts::111122223333:assumed-role/landfall/session"
    assert identity.principal(session, arn) == "arn:aws-cn:iam::111122223333:role/landfall"


@pytest.mark.parametrize(
    ("arn", "source"),
    [
        ("arn:aws:iam::111122223333:user/me", "arn:aws:iam::111122223333:user/me"),
        ("arn:aws:iam::111122223333:root", ""),
        ("arn:aws:sts::111122223333:federated-user/me", ""),
    ],
)
def test_users_are_simulated_and_root_is_not(moto_server, arn, source):
    assert identity.principal(Session(), arn) == source


def test_what_is_refused_and_needed_is_a_problem_and_the_rest_a_line():
    actions = [row["action"] for row in rows()]
    answer = {
        "EvaluationResults": [
            result(actions[0], "implicitDeny"),
            result(actions[1], "explicitDeny"),
            result(actions[2], "allowed"),
        ]
    }
    asked = {"PolicySourceArn": ROLE, "ActionNames": actions}
    session = Stubbed(("iam", "simulate_principal_policy", answer, asked))
    problems, line = identity.judge(ROLE, rows(actions[0]), identity.simulate(session, ROLE, actions))
    assert problems == [
        f"{ROLE} may not ec2:DescribeSubnets, needed for a thing: allow it (docs/aws.md has the policy), or do another."
    ]
    assert line == "1 of 3 actions allowed; without ec2:DescribeAddresses (docs/aws.md has the policy)"


def test_all_allowed_is_a_line_alone():
    """The control."""
    decisions = [identity.decision(result(row["action"], "allowed")) for row in rows()]
    assert identity.judge(ROLE, rows("ec2:DescribeSubnets"), decisions) == ([], "3 of 3 actions allowed")


def test_what_hangs_on_a_condition_is_not_called_refused():
    decided = identity.decision(result("ec2:DescribeSubnets", "implicitDeny", ["aws:SourceVpc"]))
    assert decided.allowed is None
    problems, line = identity.judge(ROLE, rows("ec2:DescribeSubnets"), [decided])
    assert problems == []
    assert "ec2:DescribeSubnets may depend on conditions" in line


@pytest.mark.parametrize(("decided", "by_organization"), [("explicitDeny", True), ("allowed", False)])
def test_an_explicit_denial_and_the_organization_decide(decided, by_organization):
    assert identity.decision(result("a:B", decided, ["aws:SourceVpc"], by_organization)).allowed is False


def test_not_allowed_to_simulate_is_a_note():
    session = Stubbed(("iam", "simulate_principal_policy", "AccessDenied"))
    with pytest.raises(AwsError) as refused:
        identity.simulate(session, ROLE, ["a:B"])
    assert "not simulated (AccessDenied)" in identity.unsimulated(refused.value)
