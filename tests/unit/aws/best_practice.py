"""What a security review asks of a cluster's template beside checkov (tests/unit/security), which does not ask it.

Rules after the CIS benchmark for EKS and AWS's best practices. The numbers in the table are those of the rules by which
checkov asks the same of Terraform, or of a template's single resources and not of how they go together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.unit.aws.shapes import of_type

Written = dict[str, Any]
EVERYBODY = "0.0.0.0/0"
LOGS = {"api", "audit", "authenticator"}
MAY_BE_STAR = {
    # Those on security groups in a cluster that is there, whose VPC is not known; and what AWS leaves open as well.
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "elasticloadbalancing:SetRulePriorities",
    # The channels of Session Manager have no resource, and its user guide writes * for the other one.
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}


def _cluster(written: Written) -> Written:
    return next(iter(of_type(written, "EKS::Cluster").values()))


def the_control_plane_is_logged(written: Written) -> Iterator[str]:
    types = {each["Type"] for each in _cluster(written)["Logging"]["ClusterLogging"]["EnabledTypes"]}
    yield from LOGS - types


def the_endpoint_is_not_for_everybody(written: Written) -> Iterator[str]:
    network = _cluster(written)["ResourcesVpcConfig"]
    if not network["EndpointPrivateAccess"]:
        yield "nodes reach the API over the internet"
    if network["EndpointPublicAccess"] and (EVERYBODY in network.get("PublicAccessCidrs", [EVERYBODY])):
        yield "everybody reaches the API"


def access_is_by_entries(written: Written) -> Iterator[str]:
    mode = _cluster(written)["AccessConfig"]["AuthenticationMode"]
    if mode != "API":
        yield mode


def metadata_needs_a_token(written: Written) -> Iterator[str]:
    for name, each in of_type(written, "EC2::LaunchTemplate").items():
        options = each["LaunchTemplateData"].get("MetadataOptions", {})
        if options.get("HttpTokens") != "required" or options.get("HttpPutResponseHopLimit", 2) > 1:
            yield name


def disks_are_encrypted(written: Written) -> Iterator[str]:
    for name, each in of_type(written, "EC2::LaunchTemplate").items():
        disks = each["LaunchTemplateData"].get("BlockDeviceMappings", [])
        if not disks or not all(disk["Ebs"].get("Encrypted") for disk in disks):
            yield name


def nothing_gets_a_public_address_unasked(written: Written) -> Iterator[str]:
    yield from (name for name, each in of_type(written, "EC2::Subnet").items() if each.get("MapPublicIpOnLaunch"))


def nodes_are_private(written: Written) -> Iterator[str]:
    for name, each in of_type(written, "EKS::Nodegroup").items():
        if any("Public" in str(subnet) for subnet in each["Subnets"]) or "RemoteAccess" in each:
            yield name


def the_network_is_logged(written: Written) -> Iterator[str]:
    if of_type(written, "EC2::VPC") and not of_type(written, "EC2::FlowLog"):
        yield "no flow log"


def nodes_have_few_rights(written: Written) -> Iterator[str]:
    allowed = {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    }
    role = of_type(written, "IAM::Role")["NodeRole"]
    yield from {each["Fn::Sub"].rpartition("/")[2] for each in role["ManagedPolicyArns"]} - allowed
    yield from (each["PolicyName"] for each in role.get("Policies", []))


def _statements(written: Written) -> Iterator[tuple[str, Written]]:
    for name, role in of_type(written, "IAM::Role").items():
        for policy in role.get("Policies", []):
            yield from ((name, each) for each in policy["PolicyDocument"]["Statement"])


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "Get", "List"))


def no_action_is_a_wildcard(written: Written) -> Iterator[str]:
    for name, each in _statements(written):
        actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
        yield from (f"{name}: {action}" for action in actions if "*" in action)


def writing_to_all_is_bound(written: Written) -> Iterator[str]:
    for name, each in _statements(written):
        if each["Resource"] != "*" or each.get("Condition"):
            continue
        yield from (f"{name}: {one}" for one in each["Action"] if not _reads(one) and one not in MAY_BE_STAR)


def roles_are_for_one_cluster(written: Written) -> Iterator[str]:
    """A role that pods take on is bound to this cluster or to one service account; others are AWS's own services'."""
    for name, role in of_type(written, "IAM::Role").items():
        for each in role["AssumeRolePolicyDocument"]["Statement"]:
            text = json.dumps(each.get("Condition", {}))
            by_pod = each["Principal"].get("Service") == "pods.eks.amazonaws.com"
            if (by_pod and "aws:SourceArn" not in text) or ("Federated" in each["Principal"] and ":sub" not in text):
                yield name
            if each["Principal"] == "*" or each["Principal"].get("AWS"):
                yield name


RULES: dict[Callable[[Written], Iterator[str]], str] = {
    the_control_plane_is_logged: "CKV_AWS_37",
    the_endpoint_is_not_for_everybody: "CKV_AWS_38, CKV_AWS_39",
    access_is_by_entries: "EKS best practices, access",
    metadata_needs_a_token: "CKV_AWS_79, CKV_AWS_341",
    disks_are_encrypted: "CKV_AWS_8",
    nothing_gets_a_public_address_unasked: "CKV_AWS_130",
    nodes_are_private: "CKV_AWS_100",
    the_network_is_logged: "CKV2_AWS_11",
    nodes_have_few_rights: "EKS best practices, nodes",
    no_action_is_a_wildcard: "CKV_AWS_107 to CKV_AWS_111",
    writing_to_all_is_bound: "CKV_AWS_111",
    roles_are_for_one_cluster: "CKV_AWS_60, CKV_AWS_61",
}
