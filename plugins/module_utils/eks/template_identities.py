"""Who the programs of a cluster are in AWS: roles, and the service accounts that take them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks.template_cluster import managed
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_policies import (
    controller_policy,
    volumes_policy,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import Identities, Shape
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_vpc import tagged
from ansible_collections.landfall.eks.plugins.module_utils.libraries.troposphere import (
    AWSObject,
    GetAtt,
    Ref,
    Sub,
    eks,
    iam,
)

NAMESPACE = "kube-system"


@dataclass(frozen=True)
class Program:
    """A program that calls AWS: the logical id of its role, and its service account in kube-system."""

    role: str
    account: str


CONTROLLER = Program("ControllerRole", "aws-load-balancer-controller")
VOLUMES = Program("VolumesRole", "ebs-csi-controller-sa")
NETWORK = Program("NetworkRole", "aws-node")
PROGRAMS = {"load_balancer_controller": CONTROLLER, "ebs_csi_driver": VOLUMES}
"""Those that a cluster which is there may want a role for, as cluster_access_for names them."""


def identities(shape: Shape) -> Iterator[AWSObject]:
    """Yield the roles of a whole cluster; its add-ons associate theirs with service accounts themselves.

    In EKS Auto Mode the cluster's own role does the work of all three.
    """
    if shape.auto_mode:
        return
    trusted = pod_identity_trust(shape.name)
    vpc = Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:${{AWS::AccountId}}:vpc/{shape.vpc_id or '${Vpc}'}")
    yield _role(shape.name, CONTROLLER, trusted, vpc)
    yield _role(shape.name, VOLUMES, trusted)
    yield iam.Role(
        NETWORK.role,
        AssumeRolePolicyDocument=trusted,
        ManagedPolicyArns=[managed("AmazonEKS_CNI_Policy")],
        Tags=tagged(shape.name, NETWORK.account),
    )
    yield _association(shape.name, CONTROLLER, Ref("Cluster"))


def identities_alone(wanted: Identities) -> Iterator[AWSObject]:
    """Yield the roles of a cluster that is there, and their associations where no OIDC provider stands for them."""
    for each in wanted.programs:
        program = PROGRAMS[each]
        if wanted.oidc_provider_arn:
            yield _role(wanted.name, program, web_identity_trust(wanted.oidc_provider_arn, program.account))
            continue
        yield _role(wanted.name, program, pod_identity_trust(wanted.name))
        yield _association(wanted.name, program, wanted.name)


def pod_identity_trust(cluster: str) -> dict[str, Any]:
    """Return who may take on a role: EKS Pod Identity, for one cluster of this account and region."""
    arn = f"arn:${{AWS::Partition}}:eks:${{AWS::Region}}:${{AWS::AccountId}}:cluster/{cluster}"
    condition = {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}, "ArnEquals": {"aws:SourceArn": Sub(arn)}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": condition,
            }
        ],
    }


def web_identity_trust(provider_arn: str, account: str) -> dict[str, Any]:
    """Return who may take on a role by IRSA: one service account, with a token that was made for AWS."""
    issuer = provider_arn.partition(":oidc-provider/")[2]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {
                    "StringEquals": {
                        f"{issuer}:aud": "sts.amazonaws.com",
                        f"{issuer}:sub": f"system:serviceaccount:{NAMESPACE}:{account}",
                    }
                },
            }
        ],
    }


def _role(cluster: str, program: Program, trusted: dict[str, Any], vpc: Sub | None = None) -> AWSObject:
    document = controller_policy(cluster, vpc) if program is CONTROLLER else volumes_policy()
    return iam.Role(
        program.role,
        AssumeRolePolicyDocument=trusted,
        Policies=[iam.Policy(PolicyName=program.account, PolicyDocument=document)],
        Tags=tagged(cluster, program.account),
    )


def _association(name: str, program: Program, cluster: Any) -> AWSObject:
    return eks.PodIdentityAssociation(
        f"{program.role}Association",
        ClusterName=cluster,
        Namespace=NAMESPACE,
        ServiceAccount=program.account,
        RoleArn=GetAtt(program.role, "Arn"),
        Tags=tagged(name, program.account),
    )
