"""What is decided when a cluster is created, and never again: whether its creator may enter it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import identity
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import stack

_PRINCIPAL = re.compile(r"arn:[\w-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>role|user|assumed-role)/(?P<rest>.+)")
_ADMIN = "cluster_admin"
_SSO = "AWSReservedSSO_"
"""How IAM Identity Center begins the names of its roles, all of which have a path."""


@dataclass(frozen=True)
class Entering:
    """What decides who enters a cluster that is created.

    `access` are the entries of cluster_access: {principal_arn, policy, namespaces}, the last two may be left out.
    `must_enter` is whether this run goes on inside of the cluster, where it makes what is in no namespace.
    """

    access: Sequence[Mapping[str, Any]]
    creator_is_admin: bool
    stack_role: str
    must_enter: bool


def live_template(session: Session, found: stack.Stack) -> dict[str, Any] | None:
    """Return the template of a stack that has a cluster; None where there is none yet. AwsError."""
    if not found.there or found.status in stack.NEVER_MADE or found.status.startswith("DELETE_"):
        return None
    template = stack.live_template(session, found.name)
    return template if "Cluster" in template["Resources"] else None


def creator_is_admin(template: Mapping[str, Any]) -> bool:
    """Return what the cluster of a stack's template was created with.

    EKS itself does not tell it, and CloudFormation would replace the cluster for another value: the schema of
    AWS::EKS::Cluster lists BootstrapClusterCreatorAdminPermissions as create-only and write-only.
    """
    config = template["Resources"]["Cluster"]["Properties"].get("AccessConfig", {})
    return bool(config.get("BootstrapClusterCreatorAdminPermissions", True))


def switched(template: Mapping[str, Any] | None, *, auto_mode: bool) -> str:
    """Return the sentence on a cluster that is to enter or leave EKS Auto Mode, or nothing; None is no cluster yet.

    Its nodes, add-ons and volumes would go, and pods with them, before others are there: EKS has a guide for moving
    them by hand (its user guide, migrate-auto).
    """
    if template is None:
        return ""
    live = "ComputeConfig" in template["Resources"]["Cluster"]["Properties"]
    if live is auto_mode:
        return ""
    return (
        f"cluster_auto_mode is {str(auto_mode).lower()} and the cluster was created with {str(live).lower()}, which "
        "stays: write that, or create another cluster."
    )


def lockout(session: Session, entering: Entering) -> str:
    """Return the sentence on a creation after which this run could not enter the cluster, or nothing. AwsError.

    With a role of CloudFormation's own the creator is that role, and not who runs this.
    """
    if entering.creator_is_admin and not entering.stack_role:
        return ""
    if entering.access and not entering.must_enter:
        return ""
    told = identity.read_identity(session).arn
    own = key(told)
    found = [each for each in entering.access if own and key(str(each["principal_arn"])) == own]
    if found:
        return _too_little(found[0])
    caller = identity.principal(session, told)
    if not caller:
        return (
            f"AWS takes this run for {told}, which no entry of cluster_access can name, so it could not enter the "
            "cluster that it creates: run as an IAM role or user, and name that."
        )
    others = "" if not entering.access else ", or set cluster_storage_class: false if only others are to enter"
    return (
        f"cluster_access does not name {caller}, which runs this, so it could not enter the cluster that it creates: "
        f"add `principal_arn: {caller}`{_path_of(caller)}{others}."
    )


def key(arn: str) -> tuple[str, str, str] | None:
    """Return what makes an identity one: account, kind and name, by the ARN of a role, a user or a role's session.

    Names are unique in an account whatever their path and case (IAM's quotas), and a session's ARN has no path.
    """
    found = _PRINCIPAL.fullmatch(arn)
    if not found:
        return None
    if found["kind"] == "assumed-role":
        return found["account"], "role", found["rest"].partition("/")[0].casefold()
    return found["account"], found["kind"], found["rest"].rpartition("/")[2].casefold()


def _too_little(entry: Mapping[str, Any]) -> str:
    """Return the sentence on a run that enters and then may not create a StorageClass, nor roll the platform out."""
    if (entry.get("policy") or _ADMIN) == _ADMIN and not entry.get("namespaces"):
        return ""
    return (
        f"cluster_access does not make {entry['principal_arn']}, which runs this, an administrator of the whole "
        f"cluster, so it could not create the StorageClass: write policy: {_ADMIN} without namespaces, or set "
        "cluster_storage_class: false."
    )


def _path_of(arn: str) -> str:
    """Return how to find a role's path where IAM did not tell it, and it has one for sure."""
    name = arn.rpartition("/")[2]
    if not name.startswith(_SSO) or arn.count("/") > 1:
        return ""
    return f", with the path that `aws iam get-role --role-name {name}` shows"
