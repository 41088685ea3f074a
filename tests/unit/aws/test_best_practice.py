"""The security rules on the template, and for each rule one template that breaks it."""

from __future__ import annotations

import pytest

from tests.unit.aws import best_practice as rules
from tests.unit.aws.best_practice import RULES
from tests.unit.aws.shapes import APART, BOTH, MATRIX, access, made


def set_at(written, path, value):
    *way, last = path
    place = written["Resources"]
    for step in way:
        place = place[step]
    place[last] = value


CLUSTER = ("Cluster", "Properties")
LAUNCH = ("LaunchDefault", "Properties", "LaunchTemplateData")
STATEMENT = ("ControllerRole", "Properties", "Policies", 0, "PolicyDocument", "Statement")
BROKEN = {
    rules.the_control_plane_is_logged: ((*CLUSTER, "Logging"), {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}),
    rules.the_endpoint_is_not_for_everybody: ((*CLUSTER, "ResourcesVpcConfig", "PublicAccessCidrs"), ["0.0.0.0/0"]),
    rules.access_is_by_entries: ((*CLUSTER, "AccessConfig", "AuthenticationMode"), "API_AND_CONFIG_MAP"),
    rules.metadata_needs_a_token: ((*LAUNCH, "MetadataOptions", "HttpTokens"), "optional"),
    rules.disks_are_encrypted: ((*LAUNCH, "BlockDeviceMappings", 0, "Ebs", "Encrypted"), False),
    rules.nothing_gets_a_public_address_unasked: (("PublicSubnet1", "Properties", "MapPublicIpOnLaunch"), True),
    rules.nodes_are_private: (("NodesDefault", "Properties", "Subnets"), [{"Ref": "PublicSubnet1"}]),
    rules.the_network_is_logged: (("FlowLog", "Type"), "AWS::EC2::Volume"),
    rules.nodes_have_few_rights: (
        ("NodeRole", "Properties", "ManagedPolicyArns", 0),
        {"Fn::Sub": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    rules.no_action_is_a_wildcard: ((*STATEMENT, 1, "Action"), ["ec2:*"]),
    rules.writing_to_all_is_bound: ((*STATEMENT, 1, "Action"), ["ec2:TerminateInstances"]),
    rules.roles_are_for_one_cluster: (
        ("VolumesRole", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Condition"),
        {},
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps_the_rule(rule):
    assert list(rule(made(node_groups=BOTH))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_finds_a_template_that_breaks_it(rule):
    path, value = BROKEN[rule]
    written = made(node_groups=BOTH)
    set_at(written, path, value)
    assert list(rule(written))


def test_the_small_template_keeps_the_rules_on_rights():
    for provider in ("", "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/AB"):
        for rule in (rules.no_action_is_a_wildcard, rules.writing_to_all_is_bound, rules.roles_are_for_one_cluster):
            assert list(rule(access(provider))) == []


SOFTENED = {
    # Settings by which a person turns a rule off on purpose.
    "flow_logs": rules.the_network_is_logged,
    "node_hop_limit": rules.metadata_needs_a_token,
    "node_session_manager": rules.nodes_have_few_rights,
    "logs": rules.the_control_plane_is_logged,
}


SHAPES = [*MATRIX[::3], *APART]


@pytest.mark.parametrize("other", SHAPES, ids=lambda other: str(SHAPES.index(other)))
def test_no_other_setting_breaks_a_rule(other):
    softened = {rule for name, rule in SOFTENED.items() if name in other}
    broken = {rule.__name__: said for rule in RULES if rule not in softened and (said := list(rule(made(**other))))}
    assert broken == {}


def test_each_rule_has_a_control():
    print(f"security review: {len(RULES)} rules beside checkov's, {len(BROKEN)} controls")
    assert set(BROKEN) == set(RULES)
