"""The control plane: EKS itself, its key, its log group, and who may enter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks import template_auto_mode as auto_mode
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    AccessEntry,
    Shape,
    logical,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import private_subnets, tagged, ways_out
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import (
    AWSObject,
    GetAtt,
    Ref,
    Sub,
    eks,
    iam,
    kms,
    logs,
)

ACCESS_POLICIES = {
    "cluster_admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
KEY_DELETION_DAYS = 7
"""KMS keeps a key that was given up for at least so long (7 to 30), without charge."""


def control_plane(shape: Shape) -> Iterator[AWSObject]:
    """Yield the cluster and what only it needs."""
    policies = auto_mode.CLUSTER_POLICIES if shape.auto_mode else ("AmazonEKSClusterPolicy",)
    yield iam.Role(
        "ClusterRole",
        AssumeRolePolicyDocument=trust("eks.amazonaws.com", *(auto_mode.CLUSTER_TRUST if shape.auto_mode else ())),
        ManagedPolicyArns=[managed(each) for each in policies],
        Tags=tagged(shape.name, "cluster"),
    )
    if not shape.key_arn:
        yield _key(shape)
    # EKS would create this group itself, and keep it forever.
    yield logs.LogGroup(
        "ClusterLogGroup",
        LogGroupName=f"/aws/eks/{shape.name}/cluster",
        RetentionInDays=shape.log_retention_days,
        Tags=tagged(shape.name, "cluster"),
    )
    yield _cluster(shape)
    for entry in shape.access:
        yield _access(shape, entry)


def _cluster(shape: Shape) -> AWSObject:
    network: dict[str, Any] = {
        "EndpointPrivateAccess": True,
        "EndpointPublicAccess": shape.endpoint_public,
        "SubnetIds": private_subnets(shape),
    }
    if shape.endpoint_public:
        network["PublicAccessCidrs"] = list(shape.allowed_cidrs)
    further = auto_mode.capabilities() if shape.auto_mode else {}
    if shape.zonal_shift:
        further["ZonalShiftConfig"] = eks.ZonalShiftConfig(Enabled=True)
    return eks.Cluster(
        "Cluster",
        Name=shape.name,
        Version=shape.version,
        RoleArn=GetAtt("ClusterRole", "Arn"),
        # Entries alone say who may enter; the ConfigMap aws-auth, which a typing error locks everybody out with, not.
        AccessConfig=eks.AccessConfig(
            AuthenticationMode="API", BootstrapClusterCreatorAdminPermissions=shape.creator_is_admin
        ),
        # What EKS would bring itself are the same add-ons, which nobody then keeps up to date.
        BootstrapSelfManagedAddons=False,
        EncryptionConfig=[
            eks.EncryptionConfig(
                Provider=eks.Provider(KeyArn=shape.key_arn or GetAtt("Key", "Arn")), Resources=["secrets"]
            )
        ],
        Logging=eks.Logging(
            ClusterLogging=eks.ClusterLogging(EnabledTypes=[eks.LoggingTypeConfig(Type=each) for each in shape.logs])
        ),
        ResourcesVpcConfig=eks.ResourcesVpcConfig(**network),
        UpgradePolicy=eks.UpgradePolicy(SupportType=shape.support.upper()),
        DependsOn=[
            "ClusterLogGroup",
            *([] if shape.subnet_ids else ["PublicWayOut"]),
            # The nodes of Auto Mode live and die with the cluster itself.
            *(ways_out(shape) if shape.auto_mode else []),
        ],
        Tags=tagged(shape.name),
        **further,
    )


def _key(shape: Shape) -> AWSObject:
    """Return the key, which takes the stack's tags; with tags of its own, moto's CloudFormation ends in an error."""
    return kms.Key(
        "Key",
        Description=f"Secrets of the cluster {shape.name}",
        EnableKeyRotation=True,
        PendingWindowInDays=KEY_DELETION_DAYS,
        KeyPolicy={
            "Version": "2012-10-17",
            "Statement": [
                {
                    # IAM decides who may use it, as KMS proposes; otherwise a key can be lost to everybody.
                    "Effect": "Allow",
                    "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
    )


def _access(shape: Shape, entry: AccessEntry) -> AWSObject:
    scope = eks.AccessScope(Type="namespace", Namespaces=list(entry.namespaces))
    return eks.AccessEntry(
        # Named after whom it is for: a list in another order must not be taken for other people.
        logical("Access", entry.principal_arn.rpartition("/")[2], _short(entry.principal_arn)),
        ClusterName=Ref("Cluster"),
        PrincipalArn=entry.principal_arn,
        AccessPolicies=[
            eks.AccessPolicy(
                PolicyArn=Sub(
                    f"arn:${{AWS::Partition}}:eks::aws:cluster-access-policy/{ACCESS_POLICIES[entry.policy]}"
                ),
                AccessScope=scope if entry.namespaces else eks.AccessScope(Type="cluster"),
            )
        ],
        Tags=tagged(shape.name),
    )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def trust(service: str | Sub, *actions: str) -> dict[str, Any]:
    """Return the policy that lets a service of AWS take on a role."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": list(actions) or ["sts:AssumeRole"],
            }
        ],
    }


def managed(policy: str) -> Sub:
    """Return the ARN of one of AWS's own policies, in whatever partition the stack is."""
    return Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}")
