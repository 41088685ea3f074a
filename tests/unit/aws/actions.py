"""Which actions of IAM our code needs: by its calls, the modules in roles, and the resource types of the stack."""

import ast
import functools
import itertools
import re
from pathlib import Path

import botocore.exceptions
import botocore.session
import yaml
from botocore import xform_name
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

ROOT = Path(__file__).parents[3]
CODE = ROOT / "plugins/module_utils"
MODULES = {
    "amazon.aws.elb_application_lb_info": {
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
    },
    "amazon.aws.ec2_eni_info": {"ec2:DescribeNetworkInterfaces"},
    "amazon.aws.cloudformation": {
        "cloudformation:CreateStack",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
        "cloudformation:SetStackPolicy",
        "cloudformation:TagResource",
        "cloudformation:UntagResource",
        "cloudformation:UpdateStack",
    },
}
"""What the modules of others do that our roles use, with the options that these give them."""
NO_RIGHT = {"sts:GetCallerIdentity", "sts:AssumeRole"}
"""What needs none, or one on a role of the user's own."""
SERVICES = {
    "acm", "cloudformation", "ec2", "eks", "elb", "elbv2", "iam", "kms", "logs", "resourcegroupstaggingapi",
    "route53", "service-quotas", "ssm", "sts",
}  # fmt: skip
"""What is looked for; a test sees to it that nothing else is asked."""
ASKING = {"client", "call", "pages"}
AWS_MODULE = re.compile(r"\b(amazon\.aws\.[a-z0-9_]+):")


@functools.cache
def operations(service):
    """Return {method: action of IAM} of a service, with its waiters; empty if it is none of ours."""
    if service not in SERVICES:
        return {}
    session = botocore.session.get_session()
    model = session.get_service_model(service)
    named = {xform_name(name): f"{model.signing_name}:{name}" for name in model.operation_names}
    try:
        waiters = session.get_waiter_model(service)
    except botocore.exceptions.UnknownServiceError:
        return named
    waited = {xform_name(name): waiters.get_waiter(name).operation for name in waiters.waiter_names}
    return named | {name: f"{model.signing_name}:{operation}" for name, operation in waited.items()}


def text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def pairs(tree):
    """Yield (service, operation) where they stand side by side, in a call or in a table."""
    for node in ast.walk(tree):
        words = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple | ast.List) else []
        for first, second in itertools.pairwise(words):
            if text(second) in operations(text(first)):
                yield text(first), text(second)


def called(path):
    """Return the actions that a file's calls need: of literal pairs, and of what is called on its services' clients."""
    tree = ast.parse(path.read_text())
    found, explained = set(), set()
    for service, operation in pairs(tree):
        found.add(operations(service)[operation])
        explained.add(operation)
    texts = {text(node) for node in ast.walk(tree)} - {""}
    methods = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    for name in (texts | methods) - explained:
        own = {operations(service)[name] for service in texts if name in operations(service)}
        # A name alone may be meant for a service that another file names.
        found |= own or {operations(each)[name] for each in SERVICES if name in texts and name in operations(each)}
    return found - NO_RIGHT


def asked(path):
    """Return the services that a file's clients and calls name."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args]
    return {text(node.args[0]) for node in calls if getattr(node.func, "attr", "") in ASKING} - {""}


def speaking():
    """Return the files of ours that speak to AWS; the simulated account of the local cluster is nobody's."""
    files = [path for path in ROOT.glob("plugins/**/*.py") if "local_cluster" not in path.parts]
    return [path for path in files if re.search(r"aws\.session|aws import|boto3", path.read_text())]


def in_roles():
    """Return {file: modules of AWS} of the tasks of roles and playbooks."""
    found = {}
    for path in [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")]:
        if modules := set(AWS_MODULE.findall(path.read_text())):
            found[path] = modules
    return found


def of_stack(types):
    """Return the actions with which CloudFormation makes, changes, reads and deletes resources of some types.

    From the schemas that AWS publishes for its resource types, as cfn-lint brings them.
    """
    found = set()
    for each in types:
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", each).schema.get("handlers") or {}
        for name in ("create", "read", "update", "delete"):
            found |= set((handlers.get(name) or {}).get("permissions") or [])
    return found


def policy(name):
    """Return the statements of a policy of docs/aws."""
    return yaml.safe_load((ROOT / f"docs/aws/{name}.json").read_text())["Statement"]


def allowed(name):
    """Return the actions of a policy of docs/aws."""
    return {action for statement in policy(name) for action in statement["Action"]}
