"""What EKS refuses of a cluster's shape: half an Auto Mode, and subnets that are not one network in two zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.ec2 import ec2_backends
from moto.iam import iam_backends

from tests.unit.aws.moto_stacks import StackedCluster

Given = Mapping[str, Any]
HALF = (
    "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and "
    "blockStorage are all either fully enabled or fully disabled."
)
"""As EKS words it (cluster-api-provider-aws#5278)."""
SELF_MANAGED = "When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false."
"""As EKS words it (terraform-provider-aws#40483)."""
TWO_NETWORKS, ONE_ZONE = "The subnets are in several VPCs", "The subnets are in one zone"
"""In our words."""


def all_or_nothing(given: Given, account: str, region: str) -> Iterator[str]:
    """Compute, load balancing and block storage only together (EKS user guide, auto-enable-existing)."""
    found = {
        bool(given.get("ComputeConfig", {}).get("Enabled")),
        bool(given.get("KubernetesNetworkConfig", {}).get("ElasticLoadBalancing", {}).get("Enabled")),
        bool(given.get("StorageConfig", {}).get("BlockStorage", {}).get("Enabled")),
    }
    if len(found) > 1:
        yield HALF


def no_add_ons_of_its_own(given: Given, account: str, region: str) -> Iterator[str]:
    """No self-managed add-ons in Auto Mode; they are the default (terraform-provider-aws#40483)."""
    if given.get("ComputeConfig", {}).get("Enabled") and given.get("BootstrapSelfManagedAddons", True):
        yield SELF_MANAGED


def sessions_with_tags(given: Given, account: str, region: str) -> Iterator[str]:
    """The cluster's role lets EKS tag its session in Auto Mode (EKS user guide, automode-get-started-cli)."""
    if not given.get("ComputeConfig", {}).get("Enabled"):
        return
    name = given["RoleArn"].rpartition("/")[2]
    if "sts:TagSession" not in str(iam_backends[account]["global"].get_role(name).assume_role_policy_document):
        yield f"The role {name} does not let eks.amazonaws.com tag its session"


def one_network_in_two_zones(given: Given, account: str, region: str) -> Iterator[str]:
    """Subnets of one VPC, in two zones at least (EKS user guide, network-reqs)."""
    ec2 = ec2_backends[account][region]
    found = [ec2.get_subnet(each) for each in given["ResourcesVpcConfig"]["SubnetIds"]]
    if len({each.vpc_id for each in found}) > 1:
        yield TWO_NETWORKS
    if len({each.availability_zone for each in found}) < 2:
        yield ONE_ZONE


RULES: tuple[Callable[[Given, str, str], Iterator[str]], ...] = (
    all_or_nothing,
    no_add_ons_of_its_own,
    sessions_with_tags,
    one_network_in_two_zones,
)


def install(monkeypatch: Any) -> None:
    """Let the simulated EKS refuse what breaks a rule, as it creates a stack's cluster."""
    create = StackedCluster.create_from_cloudformation_json

    def judged(name: str, written: Any, account_id: str, region_name: str, **further: Any) -> Any:
        refused = [each for rule in RULES for each in rule(written["Properties"], account_id, region_name)]
        if refused:
            raise ValidationError(message=refused[0])
        return create(name, written, account_id=account_id, region_name=region_name, **further)

    monkeypatch.setattr(StackedCluster, "create_from_cloudformation_json", judged)
