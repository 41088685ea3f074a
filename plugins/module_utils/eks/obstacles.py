"""What in an account stops the creation of a cluster that AWS would otherwise only tell after a quarter of an hour."""

from __future__ import annotations

import ipaddress
import json
import socket
import urllib.parse
from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal

_AUTOSCALING = "AWSServiceRoleForAutoScaling"
"""The role with which EC2 Auto Scaling starts the nodes of a managed group."""
_CONNECT_SECONDS = 5.0


def left_logs(session: Session, cluster: str) -> str:
    """Return the sentence on the log group of a former cluster, whose name a new stack needs. AwsError.

    EKS creates it again for lines that come after the stack's deletion, by its service-linked role
    (terraform-aws-eks#2763).
    """
    name = f"/aws/eks/{cluster}/cluster"
    pages = session.pages("logs", "describe_log_groups", logGroupNamePrefix=name)
    if name not in {each["logGroupName"] for page in pages for each in page["logGroups"]}:
        return ""
    return (
        f"The log group {name} of a former cluster is still there, so the stack could not create its own: keep its "
        "lines elsewhere if you need them, and delete it with `ansible-playbook playbooks/cluster.yml -e state=absent "
        "-e cluster_delete=logs`."
    )


def disk_key(session: Session) -> tuple[str, str]:
    """Return the sentence on a default key of EBS that starts no node, and the one if that could not be judged.

    EC2 Auto Scaling may use AWS's own key, but a customer managed one only by that key's policy or by a grant (EC2 Auto
    Scaling user guide, key-policy-requirements-EBS-encryption).
    """
    try:
        key = session.call("ec2", "get_ebs_default_kms_key_id")["KmsKeyId"]
        about = {} if key.endswith("alias/aws/ebs") else session.call("kms", "describe_key", KeyId=key)["KeyMetadata"]
        if about.get("KeyManager", "AWS") == "AWS" or _lets_in(session, about["Arn"]):
            return "", ""
    except AwsError as error:
        return "", f"The account's key for EBS volumes was not judged ({refusal(error) or 'no answer'}): {error}"
    return (
        f"The account encrypts EBS volumes with {about['Arn']}, which EC2 Auto Scaling may not use, so no node would "
        f"start: allow the role {_AUTOSCALING} in the key's policy (EC2 Auto Scaling user guide, "
        "key-policy-requirements-EBS-encryption), or run `aws ec2 reset-ebs-default-kms-key-id`."
    ), ""


def _lets_in(session: Session, key: str) -> bool:
    """Whether a key's policy or a grant lets EC2 Auto Scaling in, by its name or with everybody. AwsError."""
    policy = json.loads(session.call("kms", "get_key_policy", KeyId=key, PolicyName="default")["Policy"])
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    named = [name for each in statements if each["Effect"] == "Allow" for name in _principals(each.get("Principal"))]
    named += [
        str(each.get("GranteePrincipal"))
        for page in session.pages("kms", "list_grants", KeyId=key)
        for each in page["Grants"]
    ]
    return any(name == "*" or _AUTOSCALING in name for name in named)


def _principals(given: Any) -> list[str]:
    """Return whom a statement is about; AWS takes *, and one or several of a kind."""
    if not isinstance(given, Mapping):
        return [str(given)]
    listed = given.get("AWS") or []
    return [listed] if isinstance(listed, str) else list(listed)


def out_of_reach(endpoint: str, *, public: bool) -> str:
    """Return the sentence on a private API that this run goes on with and cannot reach, or nothing.

    `endpoint` is the cluster's, empty while there is none: a run cannot be inside of a network that it creates.
    """
    if public or (endpoint and _inside(endpoint)):
        return ""
    where = f"does not reach {endpoint} from inside" if endpoint else "cannot be in the network that it creates"
    return (
        f"cluster_endpoint_public is false and this run {where}, so it could not create the StorageClass: set "
        "cluster_storage_class: false and create it from inside, or write cluster_endpoint_public: true."
    )


def _inside(endpoint: str) -> bool:
    """Whether an API answers at an address of its network; outside of that a public one is seen, if there is one."""
    parts = urllib.parse.urlsplit(endpoint)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 443), _CONNECT_SECONDS) as connection:
            return not ipaddress.ip_address(connection.getpeername()[0]).is_global
    except OSError:
        return False
