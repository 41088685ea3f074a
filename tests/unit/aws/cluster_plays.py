"""playbooks/cluster.yml as a person runs it, against moto."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.eks import template
from tests import commands
from tests.unit.aws.shapes import USUAL

REPOSITORY = Path(__file__).parents[3]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
CLUSTER, NAME = "production", "landfall-production"
REGION = "eu-central-1"
PLATFORM = "arn:aws:iam::123456789012:role/platform"
SETTINGS = {
    "ansible_connection": "local",
    "ansible_python_interpreter": sys.executable,
    "cluster_endpoint_cidrs": ["203.0.113.0/24"],
    "cluster_access": [{"principal_arn": PLATFORM}],
    # There is no API server behind the simulated cluster.
    "cluster_storage_class": False,
}
SOON = {"__cluster_late_logs": {"tries": 3, "pause": 1}}
"""The simulated EKS writes its last logs sooner."""


class Plays:
    """Runs the playbook with further settings; `environment` is laid over the test's own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.environment = folder, environment

    def __call__(self, *words: str, **settings: Any) -> tuple[bool, str]:
        """Return whether it ended well, and what was said, as one line."""
        inventory = {"clusters": {"hosts": {CLUSTER: {}}, "vars": SETTINGS | settings}}
        (self.folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
        own = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_ASYNC_DIR": str(self.folder / "async")}
        state = json.dumps({"platform_state_dir": str(self.folder / "state"), **SOON})
        ran = commands.run(
            [PLAYBOOK, "-i", self.folder / "inventory.yml", "playbooks/cluster.yml", "-e", state, *words],
            cwd=REPOSITORY,
            env=os.environ | own | self.environment,
            capture_output=True,
            timeout=600,
        )
        return ran.returncode == 0, " ".join((ran.stdout + ran.stderr).split())


def create(**other: Any) -> None:
    """Create the stack as the playbook does, but without it: in a fraction of the time."""
    client("cloudformation").create_stack(
        StackName=NAME,
        TemplateBody=template.body("whole", USUAL | other),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": "landfall.eks/cluster", "Value": CLUSTER}],
    )


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def stacks() -> dict[str, str]:
    return {each["StackName"]: each["StackStatus"] for each in client("cloudformation").describe_stacks()["Stacks"]}


def changed(said: str) -> int:
    return int(said.rpartition("changed=")[2].split()[0])


def template_of(name: str = NAME) -> dict[str, Any]:
    body = client("cloudformation").get_template(StackName=name)["TemplateBody"]
    written: dict[str, Any] = body if isinstance(body, dict) else json.loads(body)
    return written


def protected() -> tuple[bool, bool]:
    """Return whether the stack and its cluster are protected against deletion."""
    stack = client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
    cluster = client("eks").describe_cluster(name=CLUSTER)["cluster"]
    return bool(stack.get("EnableTerminationProtection")), bool(cluster.get("deletionProtection"))
