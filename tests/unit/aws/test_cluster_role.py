"""playbooks/cluster.yml as a person runs it, against moto: make, again, plan, change, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from kubernetes_validate import validate

from tests.unit.aws.cluster_plays import NAME, REPOSITORY, Plays, changed, protected, stacks, template_of
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.stricter.zones import Zones


@pytest.fixture
def play(tmp_path, taught):  # noqa: F811
    """Return a function that runs the playbook with further settings, and returns (ended well, what was said)."""
    return Plays(tmp_path)


def test_a_cluster_is_planned_made_left_alone_and_changed(play, tmp_path):
    well, said = play("--check")
    assert well, said
    assert "+ Cluster (AWS::EKS::Cluster)" in said
    assert "estimate, not a quote" in said
    assert stacks() == {}, "the plan of a new cluster writes nothing"

    well, said = play()
    assert well, said
    assert stacks() == {NAME: "CREATE_COMPLETE"}
    assert protected() == (True, True)
    access = template_of()["Resources"]["Cluster"]["Properties"]["AccessConfig"]
    assert access["BootstrapClusterCreatorAdminPermissions"] is False
    told = yaml.safe_load((tmp_path / "state/production.yml").read_text())
    assert told["ingress_vpc_id"].startswith("vpc-")
    assert told["platform_aws_region"] == "eu-central-1"
    kubeconfig = Path(told["platform_kubeconfig"])
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    user = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]
    assert list(user) == ["exec"], "a credential that is made when it is needed, and no token"
    env = {each["name"]: each["value"] for each in user["exec"]["env"]}
    made = subprocess.run(
        [user["exec"]["command"], *user["exec"]["args"]],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(made.stdout)["status"]["token"].startswith("k8s-aws-v1."), "it works after the run"
    addons = template_of()["Resources"]["AddonKubeProxy"]["Properties"]
    assert addons["AddonVersion"] == "v1.35.0-eksbuild.2", "the version that EKS offers"

    first = template_of()
    well, said = play()
    assert well, said
    assert template_of() == first
    assert changed(said) == 0, said

    well, said = play("--check", cluster_nat_gateways="each_zone")
    assert well, said
    assert "-e cluster_plan=true a change set is made, which is written to the account and deleted again" in said
    well, said = play(cluster_nat_gateways="each_zone", cluster_protected=False)
    assert well, said
    assert stacks() == {NAME: "UPDATE_COMPLETE"}
    assert changed(said) == 2, said
    assert protected() == (False, False)

    # The last step, since moto then says of a whole stack that it is in review.
    well, said = play("--check", "-e", "cluster_plan=true", cluster_flow_logs="none", cluster_nat_gateways="each_zone")
    assert well, said
    assert "+ NatGateway3 (AWS::EC2::NatGateway)" in said


def test_what_is_wrong_is_refused_before_aws_is_asked(play):
    well, said = play(
        cluster_endpoint_cidrs=[],
        cluster_zones=4,
        cluster_permissions_boundary="landfall-boundary",
        cluster_stack_role="arn:aws:iam::123456789012:role/landfall-stack",
        cluster_zone=2,
        platform_cluster_name="my_cluster",
    )
    assert not well
    assert "cluster_endpoint_cidrs is empty: write the networks that may reach the Kubernetes API" in said
    assert "cluster_permissions_boundary ('landfall-boundary') is no ARN of an IAM policy" in said
    assert "landfall-stack') is called as the roles that a stack makes" in said
    assert "cluster_zones must be one of 2 or 3" in said
    assert "cluster_zone is not a setting of Landfall: did you mean cluster_zones?" in said
    assert "platform_cluster_name ('my_cluster') cannot name a stack" in said
    assert stacks() == {}


def test_a_tag_is_refused(play):
    well, said = play("--tags", "efk")
    assert not well
    assert "efk is not a tag" in said


def test_a_failure_is_told_by_its_reason(play, monkeypatch):
    Zones(refused=frozenset({"euc1-az1"})).install(monkeypatch)
    well, said = play()
    assert not well
    assert "The stack landfall-production is" in said, said
    assert "eu-central-1c, the targeted availability zone" in said.rpartition("The stack landfall-production is")[2]


def test_a_cluster_of_others_is_left_alone(play):
    iam, eks = (boto3.client(each, region_name="eu-central-1") for each in ("iam", "eks"))
    role = iam.create_role(RoleName="eks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    eks.create_cluster(name="production", version="1.35", roleArn=role, resourcesVpcConfig={"subnetIds": []})
    well, said = play()
    assert not well
    assert "There is a cluster production in eu-central-1, and no stack landfall-production that made it" in said
    assert stacks() == {}


def test_the_rights_alone_need_no_cluster_of_ours(play):
    well, said = play(cluster_stack="access", cluster_oidc_provider_arn="", cluster_endpoint_cidrs=[])
    assert well, said
    assert stacks() == {f"{NAME}-access": "CREATE_COMPLETE"}
    # What runs already has no permissions before it starts again.
    restart = "kubectl --namespace kube-system rollout restart deployment/aws-load-balancer-controller"
    assert f"{restart} deployment/ebs-csi-controller" in said
    well, said = play(cluster_stack="access", cluster_access_for=["load_balancer_controller"])
    assert well, said
    assert restart in said
    assert "ebs-csi-controller" not in said


def test_the_storage_class_is_one():
    written = yaml.safe_load((REPOSITORY / "roles/cluster/vars/main.yml").read_text())["__cluster_storage_class"]
    validate(written, "1.34", strict=True)
    assert written["parameters"] == {"type": "gp3", "encrypted": "true"}


def test_a_stack_that_is_looked_at_while_it_is_made_is_made_once(taught):  # noqa: F811
    """The simulation of AWS, which otherwise makes a resource for each who looks."""
    subnets = {
        f"Subnet{number}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{number}.0/24"},
        }
        for number in range(60)
    }
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    template = json.dumps({"Resources": {"Vpc": vpc, **subnets}})
    client = boto3.client("cloudformation")
    with ThreadPoolExecutor() as pool:
        made = pool.submit(client.create_stack, StackName="one", TemplateBody=template)
        while not made.done():
            with suppress(ClientError):  # there is none yet
                client.describe_stack_resources(StackName="one")
        assert made.result()["StackId"]
    assert len(client.describe_stack_resources(StackName="one")["StackResources"]) == len(subnets) + 1
