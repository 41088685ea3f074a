"""The templates over a matrix of settings: what cfn-lint says of them, and what is in them."""

from __future__ import annotations

import copy
import ipaddress
import json
import re

import pytest
from cfnlint import api
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from troposphere import Sub

from ansible_collections.landfall.eks.plugins.module_utils.eks import template, template_policies
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import (
    SettingsError,
    subnet_cidrs,
)
from tests.unit.aws.shapes import APART, AUTO, AXES, GIVEN, KEY, MATRIX, PEOPLE, SPOT, USUAL, access, made, of_type

REGIONS = ["eu-central-1", "us-east-1"]
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"
BOUND = {"permissions_boundary": "arn:aws:iam::123456789012:policy/landfall-boundary"}


def linted(written: dict) -> list[str]:
    """Return what cfn-lint says, but for zones that are written by their names: they are chosen before."""
    found = api.lint(json.dumps(written), None, REGIONS)
    return [f"{each.rule.id} {each.message}" for each in found if each.rule.id != "W3010"]


def test_cfn_lint_is_content_over_the_matrix():
    assert len(MATRIX) == 24
    said = {}
    for other in MATRIX + APART:
        written = made(**other)
        if found := linted(written):
            said[json.dumps(other)] = found
        assert len(json.dumps(written)) < template.TEMPLATE_LIMIT
    print(
        f"cfn-lint: {len(MATRIX)} templates of {sum(len(each) for each in AXES.values())} choices, {len(said)} refused"
    )
    assert said == {}


@pytest.mark.parametrize("provider", ["", PROVIDER])
def test_cfn_lint_is_content_with_the_rights_alone(provider):
    assert linted(access(provider)) == []


@pytest.mark.parametrize(
    ("name", "leaf", "value"),
    [
        ("Cluster", "AccessConfig", {"AuthenticationMode": "MAGIC"}),
        ("NodesDefault", "AmiType", "AL3000_x86_64"),
        ("Vpc", "CidrBlock", "10.0.0.0"),
        ("AddonVpcCni", "ResolveConflicts", "MAYBE"),
        ("ControllerRoleAssociation", "RoleArn", {"Fn::GetAtt": ["Nobody", "Arn"]}),
        ("LaunchDefault", "LaunchTemplateData", {"MetadataOptions": {"HttpTokens": "perhaps"}}),
    ],
)
def test_cfn_lint_finds_what_is_broken(name, leaf, value):
    written = made()
    written["Resources"][name]["Properties"][leaf] = value
    assert linted(written)


def test_a_template_is_the_same_every_time():
    assert template.body("whole", USUAL) == template.body("whole", copy.deepcopy(USUAL))


def test_subnets_do_not_overlap_and_fill_every_zone():
    for cidr in ("10.64.0.0/16", "172.20.0.0/22", "192.168.0.0/20"):
        public, private = subnet_cidrs(cidr, 3)
        networks = [ipaddress.ip_network(each) for each in (*public, *private)]
        assert len(networks) == 6
        assert all(each.subnet_of(ipaddress.ip_network(cidr)) for each in networks)
        assert not any(one.overlaps(other) for i, one in enumerate(networks) for other in networks[i + 1 :])
        assert min(each.num_addresses for each in networks) >= 64


@pytest.mark.parametrize(("gateways", "count"), [("one", 1), ("each_zone", 3)])
def test_every_private_subnet_has_a_way_out(gateways, count):
    written = made(nat_gateways=gateways)
    assert len(of_type(written, "EC2::NatGateway")) == len(of_type(written, "EC2::EIP")) == count
    ways = {name: each for name, each in of_type(written, "EC2::Route").items() if name.startswith("Private")}
    assert len(ways) == 3
    assert len({each["NatGatewayId"]["Ref"] for each in ways.values()}) == count


def test_load_balancers_find_their_subnets():
    subnets = of_type(made(), "EC2::Subnet")
    tags = {name: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for name, each in subnets.items()}
    assert {name for name, each in tags.items() if each.get("kubernetes.io/role/elb") == "1"} == {
        "PublicSubnet1",
        "PublicSubnet2",
        "PublicSubnet3",
    }
    assert {name for name, each in tags.items() if each.get("kubernetes.io/role/internal-elb") == "1"} == {
        "PrivateSubnet1",
        "PrivateSubnet2",
        "PrivateSubnet3",
    }


UNTAGGED = {
    # CloudFormation knows no tags of these, or, of the key, gives it the stack's.
    "AWS::EC2::Route",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::KMS::Key",
}


@pytest.mark.parametrize("other", MATRIX[::5] + APART)
def test_everything_carries_the_clusters_tag(other):
    for name, each in made(**other)["Resources"].items():
        if each["Type"] in UNTAGGED:
            continue
        given = each["Properties"]
        tags = given.get("Tags") or given["TagSpecifications"][0]["Tags"]
        tags = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
        assert tags["landfall.eks/cluster"] == "production", name


def test_node_groups_are_what_was_asked_for():
    groups = of_type(made(node_groups=[*USUAL["node_groups"], SPOT]), "EKS::Nodegroup")
    spot, usual = groups["NodesSpotArm"], groups["NodesDefault"]
    assert (usual["AmiType"], usual["CapacityType"], usual["InstanceTypes"]) == (
        "AL2023_x86_64_STANDARD",
        "ON_DEMAND",
        ["m6i.xlarge"],
    )
    assert (spot["AmiType"], spot["CapacityType"]) == ("BOTTLEROCKET_ARM_64", "SPOT")
    assert len(spot["InstanceTypes"]) > 1
    assert spot["ScalingConfig"] == {"MinSize": 0, "MaxSize": 4, "DesiredSize": 1}
    assert spot["Taints"] == [{"Key": "spot", "Value": "true", "Effect": "NO_SCHEDULE"}]
    assert {each["Version"] for each in groups.values()} == {"1.35"}
    # A name of its own would stand in the way of a replacement.
    assert not any("NodegroupName" in each for each in groups.values())


def test_a_bottlerocket_node_writes_to_its_second_disk():
    launch = of_type(made(node_groups=[SPOT]), "EC2::LaunchTemplate")["LaunchSpotArm"]["LaunchTemplateData"]
    assert [(each["DeviceName"], each["Ebs"]["VolumeSize"]) for each in launch["BlockDeviceMappings"]] == [
        ("/dev/xvda", 4),
        ("/dev/xvdb", 80),
    ]


def test_a_node_comes_after_what_it_needs_and_before_what_needs_it():
    resources = made()["Resources"]
    assert {"AddonVpcCni", "AddonKubeProxy", "AddonEksPodIdentityAgent"} <= set(resources["NodesDefault"]["DependsOn"])
    assert "NodesDefault" in resources["AddonCoredns"]["DependsOn"]
    assert {"NodesDefault", "AddonEksPodIdentityAgent"} <= set(resources["AddonAwsEbsCsiDriver"]["DependsOn"])
    assert all("Nodes" not in str(resources[f"Addon{each}"].get("DependsOn")) for each in ("VpcCni", "KubeProxy"))


def test_auto_mode_does_itself_what_groups_addons_and_roles_do_elsewhere():
    written = made(**AUTO)
    cluster, roles = of_type(written, "EKS::Cluster")["Cluster"], of_type(written, "IAM::Role")
    assert cluster["ComputeConfig"] == {
        "Enabled": True,
        "NodePools": ["general-purpose", "system"],
        "NodeRoleArn": {"Fn::GetAtt": ["NodeRole", "Arn"]},
    }
    assert cluster["KubernetesNetworkConfig"] == {"ElasticLoadBalancing": {"Enabled": True}}
    assert cluster["StorageConfig"] == {"BlockStorage": {"Enabled": True}}
    # EKS takes the three only together, and only without the add-ons that it would otherwise bring.
    assert cluster["BootstrapSelfManagedAddons"] is False
    assert set(roles) == {"ClusterRole", "NodeRole", "FlowLogRole"}
    assert roles["ClusterRole"]["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == [
        "sts:AssumeRole",
        "sts:TagSession",
    ]
    assert policies(roles["ClusterRole"]) == {
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    }
    assert policies(roles["NodeRole"]) == {"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"}
    absent = ("EKS::Nodegroup", "EKS::Addon", "EKS::PodIdentityAssociation", "EC2::LaunchTemplate")
    assert not any(of_type(written, each) for each in absent)
    # The control: a cluster with node groups is none of this.
    usual = made()
    assert (
        not {"ComputeConfig", "StorageConfig", "KubernetesNetworkConfig"}
        & of_type(usual, "EKS::Cluster")["Cluster"].keys()
    )
    assert policies(of_type(usual, "IAM::Role")["ClusterRole"]) == {"AmazonEKSClusterPolicy"}
    assert all(of_type(usual, each) for each in absent)


@pytest.mark.parametrize("suffix", ["amazonaws.com", "amazonaws.com.cn"])
def test_nodes_have_a_role_that_ec2_of_their_partition_takes_on(suffix):
    """In China EC2 is ec2.amazonaws.com.cn: ServicePrincipalPartitionMap in eksctl's stacks."""
    (statement,) = made()["Resources"]["NodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["Service"]["Fn::Sub"].replace("${AWS::URLSuffix}", suffix) == f"ec2.{suffix}"


@pytest.mark.parametrize("settings", [{}, AUTO], ids=["groups", "auto mode"])
def test_no_partition_is_written_into_a_template(settings):
    assert "arn:aws" not in json.dumps(made(**settings))


def policies(role):
    """Return the names of AWS's policies of a role."""
    return {each["Fn::Sub"].rpartition("/")[2] for each in role["ManagedPolicyArns"]}


def test_nodes_of_auto_mode_reach_the_cluster_until_it_is_gone():
    """CloudFormation deletes in the reverse order, and EKS ends those nodes with the cluster."""
    assert {"PrivateWayOut1", "PrivateSubnet1Routes"} <= set(made(**AUTO)["Resources"]["Cluster"]["DependsOn"])


def test_a_cluster_in_existing_subnets_makes_no_network():
    written = made(**GIVEN, flow_logs="all", nat_gateways="each_zone")
    assert {each["Type"] for each in written["Resources"].values() if "::EC2::" in each["Type"]} == {
        "AWS::EC2::LaunchTemplate"
    }
    assert of_type(written, "EKS::Cluster")["Cluster"]["ResourcesVpcConfig"]["SubnetIds"] == GIVEN["subnet_ids"]
    assert of_type(written, "EKS::Nodegroup")["NodesDefault"]["Subnets"] == GIVEN["subnet_ids"]
    assert written["Outputs"]["VpcId"]["Value"] == GIVEN["vpc_id"]
    assert "PublicSubnets" not in written["Outputs"]
    assert f"vpc/{GIVEN['vpc_id']}" in json.dumps(of_type(written, "IAM::Role")["ControllerRole"])
    assert denied(written) == {"Cluster", "Key"}


def test_nodes_open_shells_only_where_that_was_asked_for():
    assert "Policies" not in of_type(made(), "IAM::Role")["NodeRole"]
    (policy,) = of_type(made(node_session_manager=True), "IAM::Role")["NodeRole"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {each.partition(":")[0] for each in statement["Action"]} == {"ssm", "ssmmessages"}
    # Parameters hold secrets, and AmazonSSMManagedInstanceCore reads them all.
    assert not any("Parameter" in each or "*" in each for each in statement["Action"])


def test_zonal_shift_is_registered_where_that_was_asked_for():
    assert "ZonalShiftConfig" not in of_type(made(), "EKS::Cluster")["Cluster"]
    assert of_type(made(zonal_shift=True), "EKS::Cluster")["Cluster"]["ZonalShiftConfig"] == {"Enabled": True}
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::EKS::Cluster").schema
    assert not any("ZonalShift" in each for each in schema["createOnlyProperties"]), "it is changed in place"


def test_repair_sees_what_the_node_monitoring_agent_reports():
    written = made()
    assert of_type(written, "EKS::Nodegroup")["NodesDefault"]["NodeRepairConfig"] == {"Enabled": True}
    assert "NodesDefault" in written["Resources"]["AddonEksNodeMonitoringAgent"]["DependsOn"]
    assert "AddonEksNodeMonitoringAgent" not in made(addons=["vpc-cni", "kube-proxy"])["Resources"]


def test_network_policies_are_obeyed():
    assert json.loads(of_type(made(), "EKS::Addon")["AddonVpcCni"]["ConfigurationValues"]) == {
        "enableNetworkPolicy": "true"
    }


def test_who_may_enter():
    entries = list(of_type(made(access=PEOPLE), "EKS::AccessEntry").values())
    assert [each["AccessPolicies"][0]["AccessScope"] for each in entries] == [
        {"Type": "cluster"},
        {"Type": "namespace", "Namespaces": ["flask-app"]},
    ]
    assert [each["AccessPolicies"][0]["PolicyArn"]["Fn::Sub"].rpartition("/")[2] for each in entries] == [
        "AmazonEKSClusterAdminPolicy",
        "AmazonEKSEditPolicy",
    ]
    # In another order the same people are the same entries.
    assert made(access=PEOPLE)["Resources"].keys() == made(access=PEOPLE[::-1])["Resources"].keys()


def test_a_key_of_ones_own_is_taken():
    written = made(key_arn=KEY)
    assert of_type(written, "KMS::Key") == {}
    assert of_type(written, "EKS::Cluster")["Cluster"]["EncryptionConfig"][0]["Provider"]["KeyArn"] == KEY


def test_addon_versions_are_written_where_they_are_known():
    versions = {"coredns": "v1.12.4-eksbuild.1"}
    addons = of_type(made(addon_versions=versions), "EKS::Addon")
    assert {name: each.get("AddonVersion") for name, each in addons.items() if each.get("AddonVersion")} == {
        "AddonCoredns": "v1.12.4-eksbuild.1"
    }


def test_nobody_may_be_let_in_by_forgetting_it():
    with pytest.raises(SettingsError, match="cluster_endpoint_cidrs is empty"):
        made(endpoint_cidrs=[])
    with pytest.raises(SettingsError, match="cluster_node_groups is empty"):
        made(node_groups=[])
    with pytest.raises(SettingsError, match="is no provider"):
        access("arn:aws:iam::123456789012:role/me")


def test_rights_alone_by_pod_identity_and_by_irsa():
    by_agent, by_token = access(), access(PROVIDER)
    assert {each["ServiceAccount"] for each in of_type(by_agent, "EKS::PodIdentityAssociation").values()} == {
        "aws-load-balancer-controller",
        "ebs-csi-controller-sa",
    }
    assert of_type(by_token, "EKS::PodIdentityAssociation") == {}
    trusted = of_type(by_token, "IAM::Role")["ControllerRole"]["AssumeRolePolicyDocument"]["Statement"][0]
    issuer = PROVIDER.partition(":oidc-provider/")[2]
    assert trusted["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": "system:serviceaccount:kube-system:aws-load-balancer-controller",
    }
    assert set(of_type(access("", ("ebs_csi_driver",)), "IAM::Role")) == {"VolumesRole"}


def plain(document: object) -> str:
    return json.dumps(document, default=lambda each: each.to_dict() if isinstance(each, Sub) else str(each))


def test_the_policies_fit_a_role():
    for document in (template_policies.controller_policy("production"), template_policies.volumes_policy()):
        size = len(re.sub(r"\s", "", plain(document)))
        assert size < 10_240, "the limit of a role's inline policies together, from IAM's quotas"


def free(document: dict) -> set[str]:
    """Return what changes something under no condition."""
    return {
        action
        for each in document["Statement"]
        if "Condition" not in each
        for action in each["Action"]
        if not re.search(r":(Describe|Get|List)", action)
    }


def test_what_the_controller_deletes_is_its_own_clusters():
    """What ends or changes something is bound to the cluster's tag, or is on the list of what cannot be."""
    document = template_policies.controller_policy("production")
    assert free(document) == {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:SetRulePriorities",
    }
    assert '"aws:ResourceTag/elbv2.k8s.aws/cluster": "production"' in plain(document)


def test_the_controller_of_a_whole_cluster_stays_in_its_network():
    role = of_type(made(), "IAM::Role")["ControllerRole"]
    document = role["Policies"][0]["PolicyDocument"]
    vpc = {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc/${Vpc}"}
    rules = [each for each in document["Statement"] if "ec2:AuthorizeSecurityGroupIngress" in each["Action"]]
    assert [each["Condition"] for each in rules] == [{"ArnEquals": {"ec2:Vpc": vpc}}]
    made_there = [each for each in document["Statement"] if each["Action"] == ["ec2:CreateSecurityGroup"]]
    assert [each["Resource"] for each in made_there if "Condition" not in each] == [vpc]
    assert free(document) == {
        "ec2:CreateSecurityGroup",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:SetRulePriorities",
    }


@pytest.mark.parametrize(
    ("bound", "bare"),
    [(made(**BOUND), made()), (access(**BOUND), access()), (access(PROVIDER, **BOUND), access(PROVIDER))],
)
def test_a_boundary_is_on_every_role_and_changes_nothing_else(bound, bare):
    assert linted(bound) == []
    roles = of_type(bound, "IAM::Role")
    assert {each.pop("PermissionsBoundary") for each in roles.values()} == set(BOUND.values())
    assert bound == bare


def test_a_boundary_is_set_in_place():
    """So that a stack that is there can be given one: none of its roles gets another name."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::IAM::Role").schema
    assert schema["createOnlyProperties"] == ["/properties/Path", "/properties/RoleName"]
    assert not any({"Path", "RoleName"} & each.keys() for each in of_type(made(), "IAM::Role").values())


def denied(written):
    statements = json.loads(template.stack_policy(json.dumps(written)))["Statement"]
    assert [each["Effect"] for each in statements[1:]] in ([], ["Deny"])
    return {each.partition("/")[2] for statement in statements[1:] for each in statement["Resource"]}


def test_the_stack_policy_keeps_the_cluster_and_its_network():
    subnets = {f"{kind}Subnet{number}" for kind in ("Public", "Private") for number in (1, 2, 3)}
    assert denied(made()) == {"Vpc", "Cluster", "Key"} | subnets
    assert denied(access()) == set()


@pytest.mark.parametrize("other", [{"key_arn": KEY}, {"zone_names": ["eu-central-1a", "eu-central-1b"]}])
def test_the_stack_policy_names_what_the_template_has(other):
    """CloudFormation refuses another one as a whole, and the creation with it."""
    written = made(**other)
    assert denied(written) == set(template.KEPT) & written["Resources"].keys() < set(template.KEPT)


def test_a_template_that_is_too_long_is_refused_with_its_counts():
    groups = [{"name": f"group-{number}", "labels": {"team": "a" * 40}} for number in range(40)]
    with pytest.raises(template.SettingsError, match=r"40 cluster_node_groups and 0 cluster_access .* takes 51200"):
        made(node_groups=groups)
    assert made(node_groups=groups[:10])
