"""Stacks: what moto makes of the template, and what AWS says that moto cannot."""

from __future__ import annotations

import json
import warnings

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from moto.cloudformation import parsing

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import stack, template
from ansible_collections.landfall.eks.plugins.modules import cluster_stack
from tests.unit.aws.moto_stacks import DELETIONS, taught  # noqa: F401
from tests.unit.aws.shapes import SPOT, USUAL, access, made

NAME = "landfall-production"
TAGS = {"landfall.eks/cluster": "production"}
ARN = f"arn:aws:cloudformation:eu-central-1:123456789012:stack/{NAME}/1"
WHEN = "2026-11-01T10:00:00Z"


class Stubbed(Session):
    """A session with one client, whose answers are written beforehand and checked against AWS's own API model."""

    def __init__(self, service: str, *answers: tuple):
        self._client = boto3.client(service, region_name="eu-central-1")
        self.stubber = Stubber(self._client)
        for operation, wanted, answer in answers:
            if isinstance(answer, str):
                self.stubber.add_client_error(operation, "ValidationError", answer, expected_params=wanted)
            else:
                self.stubber.add_response(operation, answer, wanted)
        self.stubber.activate()

    def client(self, service, region=""):
        return self._client

    def done(self):
        self.stubber.assert_no_pending_responses()


def client(service):
    return boto3.client(service, region_name="eu-central-1")


def create(**other):
    body = template.body("whole", USUAL | other)
    client("cloudformation").create_stack(
        StackName=NAME,
        TemplateBody=body,
        StackPolicyBody=template.stack_policy(body),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )
    return body


def account_holds():
    """Return what a stack of ours can make, by kind, AWS's own default network excepted."""
    ec2, iam = client("ec2"), client("iam")
    own = {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each.get("IsDefault")}
    tables = ec2.describe_route_tables()["RouteTables"]
    return {
        "vpcs": len(own),
        "subnets": sum(each["VpcId"] in own for each in ec2.describe_subnets()["Subnets"]),
        "tables": sum(each["VpcId"] in own for each in tables),
        "gateways": len(ec2.describe_internet_gateways()["InternetGateways"]),
        "nat": sum(each["State"] == "available" for each in ec2.describe_nat_gateways()["NatGateways"]),
        "addresses": len(ec2.describe_addresses()["Addresses"]),
        "endpoints": sum(each["State"] == "available" for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]),
        "templates": len(ec2.describe_launch_templates()["LaunchTemplates"]),
        "flow logs": len(ec2.describe_flow_logs()["FlowLogs"]),
        "roles": len(iam.list_roles()["Roles"]),
        "log groups": len(client("logs").describe_log_groups()["logGroups"]),
        "clusters": len(client("eks").list_clusters()["clusters"]),
    }


def test_made_again_changed_and_deleted(taught):  # noqa: F811
    before = account_holds()
    body = create()
    session = Session("eu-central-1")
    found = stack.read(session, NAME)
    assert found.there
    assert not found.busy
    assert found.status == "CREATE_COMPLETE"
    assert found.outputs["VpcId"].startswith("vpc-")
    assert len(found.outputs["PrivateSubnets"].split(",")) == 3
    assert account_holds() == {
        "vpcs": 1,
        "subnets": 6,
        "tables": 5,
        "gateways": before["gateways"] + 1,
        "nat": 1,
        "addresses": 1,
        "endpoints": 1,
        "templates": 1,
        "flow logs": 1,
        "roles": 6,
        "log groups": 2,
        "clusters": 1,
    }
    # Again: the same template is known without an update, other tags or another template are not.
    assert stack.same(session, found, body, TAGS)
    assert not stack.same(session, found, body, {})
    changed = template.body(
        "whole", USUAL | {"nat_gateways": "each_zone", "node_groups": [*USUAL["node_groups"], SPOT]}
    )
    assert not stack.same(session, found, changed, TAGS)
    client("cloudformation").update_stack(StackName=NAME, TemplateBody=changed, Capabilities=["CAPABILITY_IAM"])
    assert stack.same(session, stack.read(session, NAME), changed, TAGS)
    assert (account_holds()["nat"], account_holds()["templates"]) == (3, 2)
    client("cloudformation").delete_stack(StackName=NAME)
    assert not stack.read(session, NAME).there
    assert account_holds() == before


def test_what_moto_passes_over_is_known():
    """The types of the template that moto's CloudFormation makes nothing of; each is linted, and its calls stubbed."""
    supported = set(parsing.get_model_map())
    wanted = {each["Type"] for written in (made(access=[]), access()) for each in written["Resources"].values()}
    wanted.add("AWS::EKS::AccessEntry")
    passed_over = sorted(wanted - supported)
    print(f"moto makes nothing of: {', '.join(passed_over)}")
    print(f"moto deletes nothing of, and is taught to: {', '.join(DELETIONS)}")
    assert passed_over == [
        "AWS::EKS::AccessEntry",
        "AWS::EKS::Addon",
        "AWS::EKS::Cluster",
        "AWS::EKS::Nodegroup",
        "AWS::EKS::PodIdentityAssociation",
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        create()
    assert {kind for kind in passed_over if any(kind in str(each.message) for each in told)} == set(passed_over) - {
        "AWS::EKS::AccessEntry"
    }


def test_the_rights_alone(taught):  # noqa: F811
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=f"{NAME}-access", TemplateBody=json.dumps(access()), Capabilities=["CAPABILITY_IAM"]
    )
    outputs = stack.read(Session("eu-central-1"), f"{NAME}-access").outputs
    role = client("iam").get_role(RoleName=outputs["ControllerRoleArn"].rpartition("/")[2])["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"] == (
        "arn:aws:eks:eu-central-1:123456789012:cluster/production"
    )


def described(status, **other):
    return {"Stacks": [{"StackName": NAME, "StackStatus": status, "CreationTime": WHEN, **other}]}


def held(*names, status="CREATE_COMPLETE"):
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": f"{name}-1",
                "ResourceType": "AWS::EC2::VPC",
                "LastUpdatedTimestamp": WHEN,
                "ResourceStatus": status,
            }
            for name in names
        ]
    }


def test_a_stack_that_is_not_there():
    session = Stubbed(
        "cloudformation", ("describe_stacks", {"StackName": NAME}, f"Stack with id {NAME} does not exist")
    )
    assert not stack.read(session, NAME).there


def test_a_refusal_is_no_absence():
    session = Stubbed("cloudformation", ("describe_stacks", {"StackName": NAME}, "Rate exceeded"))
    with pytest.raises(AwsError, match="Rate exceeded"):
        stack.read(session, NAME)


def test_a_creation_that_was_undone_is_cleared():
    session = Stubbed(
        "cloudformation",
        ("describe_stacks", None, described("ROLLBACK_COMPLETE")),
        ("list_stack_resources", {"StackName": NAME}, held("Vpc", status="DELETE_COMPLETE")),
        ("list_change_sets", {"StackName": NAME}, {"Summaries": []}),
        ("delete_stack", {"StackName": NAME}, {}),
    )
    said = stack.clear(session, stack.read(session, NAME))
    assert said == f"deleted the stack {NAME}, which was ROLLBACK_COMPLETE and held nothing"
    session.done()


def test_one_that_still_holds_something_is_not():
    session = Stubbed(
        "cloudformation",
        ("describe_stacks", None, described("ROLLBACK_COMPLETE")),
        ("list_stack_resources", None, held("Vpc", status="DELETE_FAILED")),
    )
    with pytest.raises(AwsError, match=r"still holds Vpc \(AWS::EC2::VPC\): see to them"):
        stack.clear(session, stack.read(session, NAME))


def test_a_review_of_somebody_is_left_to_them():
    waiting = {"ChangeSetName": "wanted-by-me", "Status": "CREATE_COMPLETE"}
    session = Stubbed(
        "cloudformation",
        ("describe_stacks", None, described("REVIEW_IN_PROGRESS")),
        ("list_stack_resources", None, held()),
        ("list_change_sets", None, {"Summaries": [waiting]}),
    )
    with pytest.raises(AwsError, match=r"somebody's change set waits in it \(wanted-by-me\)"):
        stack.clear(session, stack.read(session, NAME))


def test_a_forgotten_review_is_cleared_and_nothing_is_in_a_dry_run():
    answers = [
        ("describe_stacks", None, described("REVIEW_IN_PROGRESS")),
        ("list_stack_resources", None, held()),
        ("list_change_sets", None, {"Summaries": []}),
    ]
    session = Stubbed("cloudformation", *answers)
    assert stack.clear(session, stack.read(session, NAME), dry=True)
    session.done()


def test_a_stack_that_is_whole_is_not_cleared():
    assert stack.clear(Stubbed("cloudformation"), stack.Stack(NAME, "UPDATE_COMPLETE")) == ""


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_FAILED", "-e state=absent"),
        ("CREATE_FAILED", "-e state=absent"),
        ("DELETE_FAILED", "see to what holds Vpc (AWS::EC2::VPC)"),
        ("UPDATE_ROLLBACK_FAILED", f"continue-update-rollback --stack-name {NAME}"),
        ("UPDATE_FAILED", f"rollback-stack --stack-name {NAME}"),
    ],
)
def test_what_a_person_has_to_see_to(status, advice):
    said = stack.stuck(stack.Stack(NAME, status, "no luck."), held("Vpc")["StackResourceSummaries"])
    assert said.startswith(f"The stack {NAME} is {status} (no luck): ")
    assert advice in said


def test_nothing_is_stuck_that_goes_on():
    assert stack.stuck(stack.Stack(NAME, "UPDATE_ROLLBACK_COMPLETE"), []) == ""
    assert not stack.Stack(NAME, "REVIEW_IN_PROGRESS").busy
    assert stack.Stack(NAME, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").busy


def event(number, name, status, reason=""):
    return {
        "StackId": ARN,
        "StackName": NAME,
        "EventId": str(number),
        "LogicalResourceId": name,
        "ResourceType": "AWS::EKS::Nodegroup",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": WHEN,
    }


HAPPENED = [
    event(1, "NodesDefault", "CREATE_IN_PROGRESS"),
    event(2, "AddonCoredns", "CREATE_FAILED", "Resource creation cancelled"),
    event(3, "NodesDefault", "CREATE_FAILED", "Your quota allows for 0 more running vCPUs."),
    event(4, "Cluster", "DELETE_FAILED", "later"),
]


def test_the_reason_is_that_of_the_first_resource_that_failed():
    assert stack.failure(HAPPENED) == (
        "NodesDefault (AWS::EKS::Nodegroup) was not made or changed: Your quota allows for 0 more running vCPUs."
    )
    assert stack.failure(HAPPENED[:2]) == ""
    assert stack.failure(HAPPENED[3:]) == "Cluster (AWS::EKS::Nodegroup) was not deleted: later."


def test_only_what_is_new_is_told_and_in_its_order():
    newest = {"StackEvents": HAPPENED[:1:-1], "NextToken": "more"}
    session = Stubbed(
        "cloudformation",
        ("describe_stack_events", {"StackName": NAME}, newest),
        ("describe_stack_events", {"StackName": NAME, "NextToken": "more"}, {"StackEvents": HAPPENED[1::-1]}),
    )
    assert [each["EventId"] for each in stack.events(session, NAME, after="1")] == ["2", "3", "4"]
    session.done()
    assert stack.line(HAPPENED[2]).endswith(": Your quota allows for 0 more running vCPUs.")
    assert stack.line(HAPPENED[0]) == "CREATE_IN_PROGRESS NodesDefault (AWS::EKS::Nodegroup)"


def test_the_stub_is_aws_own_model():
    """A control: what AWS does not know is refused by the stub, so the answers above are of AWS's form."""
    assert "cloudformation" in botocore.session.get_session().get_available_services()
    with pytest.raises(Exception, match=r"Unknown parameter|Missing required"):
        Stubbed("cloudformation", ("describe_stacks", None, {"Stacks": [{"Name": NAME}]}))


def test_a_kept_resource_that_a_template_lacks_is_refused(taught):  # noqa: F811
    """The stack's policy cannot name it, since CloudFormation takes only logical ids of the new template."""
    create()
    session = Session("eu-central-1")
    found = stack.read(session, NAME)
    own = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    asked = {"template": template.body("whole", USUAL | {"key_arn": own}), "tags": TAGS, "kept": list(template.KEPT)}
    with pytest.raises(AwsError, match=r"Nothing was changed: Key \(AWS::KMS::Key\) would be removed"):
        cluster_stack.ready(session, found, asked, dry=True)
    asked["template"] = template.body("whole", USUAL | {"flow_logs": "none"})
    assert cluster_stack.ready(session, found, asked, dry=True)["same"] is False, "the control: others may go"
