"""The policies of docs/aws allow what our code does in AWS, and nothing else."""

import importlib
import json

import pytest

from tests.unit.aws import actions
from tests.unit.aws.stack_requests import UNUSED

OF_CLUSTER = {"change_set", "stack", "upgrade_facts", "creation", "protection"}
OF_CLUSTER |= {"availability_zones", "account_limits", "obstacles", "existing_subnets", "stack_drift"}
OF_CLUSTER |= {"live", "patches", "updates", "rollback", "cluster_steps", "cluster_rollback", "cluster_update"}
OF_CLUSTER |= {"cluster_stack", "cluster_versions", "cluster_creation", "cluster_protection"}
OF_LEAVING = {"orphans", "uninstall"}
"""Files and packages by the policy of what they do; all others do what rollout.json allows."""
STACK_MODULE = "amazon.aws.cloudformation"
FILES = {"rollout": ("rollout",), "cluster": ("cluster", "stack", "network"), "leaving": ("leaving",)}
"""The files of a policy: one alone would be too long for IAM."""
PARTS = {
    "rollout": ("eks/clusters", "preflight/aws", "load_balancers/elastic_ips"),
    "cluster": ("eks/stack", "eks/change_set", "eks/template"),
    "leaving": ("orphans/search", "orphans/sweep"),
}
"""Files without which nothing can be said of what a policy allows too much."""
LONGEST = 6144
"""Characters of a managed policy, blanks not counted (IAM's quotas)."""
BY_OTHERS = {
    "servicequotas:GetServiceQuota": "quotas.limit, which account_limits asks",
    "ec2:DescribeRouteTables": "subnet_rules, which existing_subnets asks",
    # CloudFormation user guide, detect-drift-stack: what a comparison needs beside its own action.
    "cloudformation:BatchDescribeTypeConfigurations": "DetectStackDrift",
    "cloudformation:DetectStackResourceDrift": "DetectStackDrift",
}
"""What functions of other policies' files do for the cluster's."""


def policy_of(path):
    if path.stem in OF_CLUSTER:
        return "cluster"
    return "leaving" if {path.stem, path.parent.name} & OF_LEAVING else "rollout"


def types_of_the_stack():
    """Return the resource types of both templates, as the tests of the template shape them."""
    shapes = importlib.import_module("tests.unit.aws.shapes")
    wholes = [shapes.USUAL] + [shapes.USUAL | one for axis in shapes.AXES.values() for one in axis]
    bodies = [shapes.template.body("whole", each) for each in wholes]
    return {each["Type"] for body in bodies for each in json.loads(body)["Resources"].values()}


def needed(name):
    """Return {action: where it is needed} of a policy."""
    found = {}
    for path in actions.speaking():
        if policy_of(path) == name:
            found |= dict.fromkeys(actions.called(path), path.name)
    for path, modules in actions.in_roles().items():
        for module in modules:
            if (name == "cluster") == (module == STACK_MODULE):
                found |= dict.fromkeys(actions.MODULES[module], path.name)
    if name == "cluster" and (actions.CODE / "eks/template.py").exists():
        made = actions.of_stack(types_of_the_stack())
        found |= dict.fromkeys(made - UNUSED.keys(), "the schemas of the stack's resource types")
        found |= BY_OTHERS
    return found


def allowed(name):
    return {action for each in FILES[name] for action in actions.allowed(each)}


@pytest.mark.parametrize("name", PARTS)
def test_what_the_code_does_is_allowed(name):
    missing = {action: where for action, where in needed(name).items() if action not in allowed(name)}
    assert missing == {}, f"write these into docs/aws/{FILES[name]}.json"


@pytest.mark.parametrize("name", PARTS)
def test_nothing_else_is_allowed(name):
    absent = [each for each in PARTS[name] if not (actions.CODE / f"{each}.py").exists()]
    if absent:
        pytest.skip(f"there is no {', '.join(absent)} here yet")
    assert allowed(name) - needed(name).keys() == set(), f"take these out of docs/aws/{FILES[name]}.json"


def test_every_policy_is_one_of_these():
    known = {each for files in FILES.values() for each in files} | {"boundary"}
    assert {path.stem for path in (actions.ROOT / "docs/aws").glob("*.json")} == known


@pytest.mark.parametrize("path", sorted((actions.ROOT / "docs/aws").glob("*.json")), ids=lambda path: path.stem)
def test_a_policy_is_one_that_iam_takes(path):
    assert len("".join(path.read_text().split())) <= LONGEST
    statements = actions.policy(path.stem)
    assert len({each["Sid"] for each in statements}) == len(statements)
    for each in statements:
        assert set(each) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert each["Effect"] == "Allow"
        assert each["Action"] == sorted(each["Action"])
        assert all(action.count(":") == 1 and "*" not in action for action in each["Action"])


def test_only_known_services_are_asked():
    """Otherwise what is done in another one would not be found by these tests."""
    asked = {service for path in actions.speaking() for service in actions.asked(path)}
    assert asked <= actions.SERVICES
    assert {"eks", "ec2", "elbv2", "sts"} <= asked, "the control: calls are found"


def test_only_known_modules_are_used():
    assert {module for modules in actions.in_roles().values() for module in modules} <= actions.MODULES.keys()


def test_what_preflight_simulates_is_what_the_policy_allows():
    variables = actions.yaml.safe_load((actions.ROOT / "roles/preflight/vars/main.yml").read_text())
    tables = ("hosts", "dns", "balancer", "acm")
    rows = [row for each in tables for row in variables[f"__preflight_{each}_rights"]]
    simulated = {row["action"] for row in rows}
    assert simulated <= actions.allowed("rollout")
    own = {"eks:ListClusters", "iam:GetRole", "iam:SimulatePrincipalPolicy"}
    reads = {each for each in needed("rollout") if each.split(":")[1].startswith(("Describe", "Get", "List"))}
    assert reads - own == simulated, "the inventory, and the simulation itself, come before it"


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ('session.call("ec2", "delete_volume", VolumeId=x)', "ec2:DeleteVolume"),
        ('client = session.client("eks")\nclient.list_insights()', "eks:ListInsights"),
        ('TABLE = {"a": ("elbv2", "describe_rules")}', "elasticloadbalancing:DescribeRules"),
        ('wait = session.client("cloudformation").get_waiter("stack_exists")', "cloudformation:DescribeStacks"),
        ('def rows(at, operation): ...\nrows(at, "describe_snapshots")', "ec2:DescribeSnapshots"),
    ],
)
def test_calls_are_found_however_they_are_written(tmp_path, line, action):
    """The control of all above."""
    path = tmp_path / "code.py"
    path.write_text(line)
    assert action in actions.called(path)
