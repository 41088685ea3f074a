"""What moto's CloudFormation lacks, taught to it: deleting parts of a network, EKS clusters and add-ons, protection.

Without this it deletes no gateway, route table, address, endpoint or flow log of a stack, and then cannot delete the
VPC either; and it passes over everything of EKS. What is taught here calls moto's own backends, as moto does elsewhere.
"""

from __future__ import annotations

import graphlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import moto.eks.urls
import pytest
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2 import ec2_backends
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse

OFFERED = {
    "vpc-cni": "v1.20.4-eksbuild.1",
    "kube-proxy": "v1.{minor}.0-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
    "coredns": "v1.12.4-eksbuild.1",
    "aws-ebs-csi-driver": "v1.64.0-eksbuild.1",
    "eks-node-monitoring-agent": "v1.7.0-eksbuild.1",
}
"""Versions that the simulated EKS offers; that of kube-proxy is the cluster's."""


class StackedCluster:
    """AWS::EKS::Cluster for moto's CloudFormation, over moto's own EKS."""

    def __init__(self, name: str, account: str, region: str) -> None:
        self.physical_resource_id, self.account, self.region = name, account, region

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> StackedCluster:
        given = cloudformation_json["Properties"]
        network = given["ResourcesVpcConfig"]
        eks_backends[account_id][region_name].create_cluster(
            name=given["Name"],
            role_arn=given["RoleArn"],
            version=given["Version"],
            resources_vpc_config={
                "subnetIds": network["SubnetIds"],
                "endpointPublicAccess": network["EndpointPublicAccess"],
                "endpointPrivateAccess": network["EndpointPrivateAccess"],
            },
            tags={each["Key"]: each["Value"] for each in given["Tags"]},
        )
        return cls(given["Name"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: StackedCluster, cloudformation_json: Any, **_: Any
    ) -> StackedCluster:
        backend = eks_backends[original_resource.account][original_resource.region]
        backend.clusters[original_resource.physical_resource_id].version = cloudformation_json["Properties"]["Version"]
        return original_resource

    def delete(self, account: str, region: str) -> None:
        backend = eks_backends[account][region]
        if getattr(backend.clusters[self.physical_resource_id], "deletion_protection", False):
            raise ValidationError(message="Cannot delete because the cluster has deletion protection enabled")
        backend.delete_cluster(self.physical_resource_id)


def _gateway_attachment(ec2: Any, resource: Any) -> None:
    for gateway in list(ec2.internet_gateways.values()):
        if gateway.vpc:
            ec2.detach_internet_gateway(gateway.id, gateway.vpc.id)


def _nat_gateway(ec2: Any, resource: Any) -> None:
    ec2.delete_nat_gateway(resource.id)
    ec2.enis.pop(resource._eni.id, None)


def _endpoint(ec2: Any, resource: Any) -> None:
    ec2.delete_vpc_endpoints([resource.id])


DELETIONS = {
    "AWS::EC2::EIP": lambda ec2, each: ec2.release_address(address=each.public_ip),
    "AWS::EC2::FlowLog": lambda ec2, each: ec2.delete_flow_logs([each.id]),
    "AWS::EC2::InternetGateway": lambda ec2, each: ec2.delete_internet_gateway(each.id),
    "AWS::EC2::NatGateway": _nat_gateway,
    "AWS::EC2::RouteTable": lambda ec2, each: ec2.delete_route_table(each.id),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EC2::VPCGatewayAttachment": _gateway_attachment,
}
_original_delete = parsing.ResourceMap._delete_resource
_original_gateway = NatGateway.__init__
_original_class = parsing.resource_class_from_type
_original_stack = CloudFormationBackend.delete_stack


def _delete(self: Any, resource: Any, written: dict[str, Any]) -> None:
    delete = DELETIONS.get(written["Type"])
    if delete:
        delete(ec2_backends[self._account_id][self._region_name], resource)
    else:
        _original_delete(self, resource, written)


def in_order(resources: dict[str, Any]) -> list[str]:
    """Return the logical ids, each after those that it refers to or depends on."""
    return list(
        graphlib.TopologicalSorter(
            {name: {each for each in _named(written) if each in resources} for name, written in resources.items()}
        ).static_order()
    )


def _named(written: Any) -> Iterator[str]:
    if isinstance(written, list):
        for each in written:
            yield from _named(each)
    for key, value in written.items() if isinstance(written, dict) else ():
        if key == "Ref":
            yield value
        elif key == "Fn::GetAtt":
            yield value[0]
        elif key == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        else:
            yield from _named(value)


def _delete_stack(self: Any) -> None:
    """Delete in the order of CloudFormation: what refers to something, or depends on it, before that."""
    for name in reversed(in_order(self._resource_json_map)):
        written = self._resource_json_map[name]
        resource = self._parsed_resources.get(name)
        if resource is not None and written.get("DeletionPolicy") != "Retain":
            self._delete_resource(resource, written)
            self._parsed_resources.pop(name)


_one = threading.RLock()


def _one_at_a_time(self: Any) -> Any:
    """Answer one call after the other: of a stack that moto is asked for while it makes it, it makes parts twice."""
    with _one:
        return BaseResponse.call_action(self)


def _protect_stack(self: Any) -> ActionResult:
    """Answer update_termination_protection, which moto does not know."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = bool(self._get_param("EnableTerminationProtection"))
    return ActionResult({"StackId": stack.stack_id})


def _delete_unprotected(self: Any, name_or_stack_id: str) -> None:
    """Refuse what CloudFormation refuses and moto does not."""
    found = [each for each in self.stacks.values() if name_or_stack_id in (each.name, each.stack_id)]
    if any(each.enable_termination_protection for each in found):
        raise ValidationError(
            message=f"Stack [{name_or_stack_id}] cannot be deleted while TerminationProtection is enabled"
        )
    _original_stack(self, name_or_stack_id)


def _update_cluster(self: Any) -> ActionResult:
    """Do the one thing that update_cluster_config is asked for here, and answer in AWS's form."""
    cluster = self.eks_backend.describe_cluster(name=self._get_param("name"))
    cluster.deletion_protection = bool(self._get_param("deletionProtection"))
    return ActionResult({"update": {"id": "1", "status": "InProgress"}})


def _disk_key(self: Any) -> ActionResult:
    """Answer get_ebs_default_kms_key_id, which moto does not know."""
    return ActionResult({"KmsKeyId": self.ec2_backend.default_kms_key_id or "alias/aws/ebs"})


def _class(kind: str) -> Any:
    return StackedCluster if kind == "AWS::EKS::Cluster" else _original_class(kind)


def _with_interface_of_aws(self: Any, *arguments: Any, **named: Any) -> None:
    """Describe a NAT gateway's interface as AWS does, which alone tells it from one of somebody's."""
    _original_gateway(self, *arguments, **named)
    self._eni.description, self._eni.status = f"Interface for NAT Gateway {self.id}", "in-use"


@pytest.fixture
def taught(account, monkeypatch):
    """Let moto's CloudFormation make EKS clusters and delete what it makes."""
    monkeypatch.setattr(parsing.ResourceMap, "_delete_resource", _delete)
    monkeypatch.setattr(parsing.ResourceMap, "delete", _delete_stack)
    monkeypatch.setattr(parsing, "resource_class_from_type", _class)
    monkeypatch.setattr(NatGateway, "__init__", _with_interface_of_aws)
    monkeypatch.setattr(parsing, "resource_name_property_from_type", lambda kind: None)
    monkeypatch.setattr(CloudFormationResponse, "call_action", _one_at_a_time)
    monkeypatch.setattr(CloudFormationResponse, "update_termination_protection", _protect_stack, raising=False)
    monkeypatch.setattr(CloudFormationBackend, "delete_stack", _delete_unprotected)
    monkeypatch.setattr(EKSResponse, "update_cluster_config", _update_cluster)
    monkeypatch.setattr(ElasticBlockStore, "get_ebs_default_kms_key_id", _disk_key, raising=False)


def _supported(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """Answer describe_addon_versions, which moto's EKS does not know."""
    name, version = request.args["addonName"], request.args["kubernetesVersion"]
    told = {
        "addonVersion": OFFERED[name].format(minor=version.partition(".")[2]),
        "compatibilities": [{"clusterVersion": version, "defaultVersion": True}],
    }
    answer = {"addons": [{"addonName": name, "addonVersions": [told]}]}
    return 200, {"Content-Type": "application/json"}, json.dumps(answer)


def path_of(full_url: str) -> list[str]:
    """Return the parts of a URL's path after clusters, the name of the cluster first."""
    return full_url.partition("?")[0].partition("/clusters/")[2].split("/")


def _nothing(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    refused = {"__type": "ResourceNotFoundException", "message": "No addon"}
    return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, json.dumps(refused)


def _none(name: str) -> Any:
    return lambda request, full_url, headers: (200, {"Content-Type": "application/json"}, json.dumps({name: []}))


ANSWERS: dict[str, Any] = {
    "supported": _supported,
    "addons": _none("addons"),
    "addon": _nothing,
    "insights": _none("insights"),
    "updates": _none("updateIds"),
    "update": _nothing,
    "renewal": _nothing,
}
"""Who answers what moto's EKS does not know: of a cluster without any of it, unless a test knows more."""


def _answer(name: str) -> Any:
    """Look up who answers when the question comes: moto reads its paths once."""

    def answered(request: Any, full_url: str, headers: Any) -> Any:
        return ANSWERS[name](request, full_url, headers)

    return answered


# Before the simulated EKS is asked for the first time, since its paths are read once.
moto.eks.urls.url_paths.update(
    {
        "{0}/addons/supported-versions$": _answer("supported"),
        "{0}/clusters/(?P<name>[^/]+)/addons$": _answer("addons"),
        "{0}/clusters/(?P<name>[^/]+)/addons/(?P<addon>[^/]+)$": _answer("addon"),
        "{0}/clusters/(?P<name>[^/]+)/insights$": _answer("insights"),
        "{0}/clusters/(?P<name>[^/]+)/updates$": _answer("updates"),
        "{0}/clusters/(?P<name>[^/]+)/updates/(?P<id>[^/]+)$": _answer("update"),
        "{0}/clusters/(?P<name>[^/]+)/node-groups/(?P<group>[^/]+)/update-version$": _answer("renewal"),
    }
)
