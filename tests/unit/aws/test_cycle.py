"""From a network to nothing: what a stack and its controllers made is gone, and the account is as it was."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import moto.kms.responses
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.eks import template
from tests import commands
from tests.unit.aws.cluster_plays import SOON
from tests.unit.aws.leftovers import REGION, Controllers, as_tags, client, everything
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL

ROOT = Path(__file__).resolve().parents[3]
NAME = "production"
ALL = "volumes,addresses,snapshots,logs"
INSTALLED = ("-e", "cluster_delete_installed=true")


class Person:
    """Types playbooks at the simulated account."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.inventory = folder, folder / "hosts.yml"
        settings = {"platform_aws_region": REGION, "platform_state_dir": str(folder), "ansible_connection": "local"}
        settings |= {"cluster_endpoint_cidrs": ["203.0.113.0/24"], "platform_kubeconfig": str(folder / "none")}
        settings |= {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        self.inventory.write_text(json.dumps({"clusters": {"hosts": {NAME: settings}}}))

    def play(self, playbook: str, *words: str) -> tuple[int, str]:
        """Run a playbook; return its exit status and what it printed."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
        environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_ASYNC_DIR": str(self.folder / "async")}
        environment |= commands.TASK_BY_TASK
        command = ["ansible-playbook", "-i", str(self.inventory), f"playbooks/{playbook}.yml", *words]
        command += ["-e", json.dumps(SOON)]
        done = commands.run(command, cwd=ROOT, env=environment, capture_output=True)
        print(done.stdout[-6000:], done.stderr[-2000:])
        return done.returncode, done.stdout

    def orphans(self) -> dict:
        """Run the report; return what it wrote down."""
        status, _ = self.play("orphans")
        assert status == 0
        return json.loads((self.folder / "orphans.json").read_text())


@pytest.fixture
def person(taught, tmp_path, monkeypatch):  # noqa: F811
    # moto's own check of a key's policy falls over the form in which CloudFormation hands it one.
    monkeypatch.setattr(moto.kms.responses, "validate_policy", lambda key, action: None)
    return Person(tmp_path)


def make(name: str = NAME) -> Controllers:
    """Make the stack of a cluster; return the controllers that work on it."""
    client("cloudformation").create_stack(
        StackName=f"landfall-{name}",
        TemplateBody=template.body("whole", USUAL | {"name": name}),
        Capabilities=["CAPABILITY_IAM"],
        Tags=as_tags({"landfall.eks/cluster": name}),
    )
    stack = client("cloudformation").describe_stacks(StackName=f"landfall-{name}")["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return Controllers(name, outputs["VpcId"], outputs["PrivateSubnets"].split(","))


def leave(controllers: Controllers) -> None:
    """Leave what an uninstallation that was cut off leaves."""
    for service in ("ingress/nginx-ingress-controller", "argocd/argocd-nlb"):
        controllers.balancer(service)
    controllers.snapshot(controllers.volume("elasticsearch-data-0"))
    controllers.interface()
    controllers.address()


def test_from_a_network_to_nothing(person):
    before = everything()
    controllers = make()
    made = everything()
    leave(controllers)
    assert before != made != everything()
    rows = person.orphans()["rows"]
    # What the stack holds is none; what controllers made of which nobody knows whether they still work is.
    in_network = {"load balancer", "target group", "network interface", "security group", "address"}
    assert {each["kind"] for each in rows} == in_network | {"stack", "volume", "snapshot"}
    status, said = person.play("cluster", "-e", "state=absent", "-e", f"cluster_delete={ALL}", *INSTALLED)
    assert status == 0, said
    assert everything() == before
    assert person.orphans() == {"monthly": 0, "rows": [], "unread": []}
    # A second time there is nothing to do.
    status, said = person.play("cluster", "-e", "state=absent", "-e", f"cluster_delete={ALL}", *INSTALLED)
    assert (status, re.search(r"changed=(\d+)", said)[1]) == (0, "0")


def test_a_cluster_whose_platform_cannot_be_seen_is_not_taken_away(person):
    leave(make())
    before = everything()
    status, said = person.play("cluster", "-e", "state=absent")
    assert status != 0
    assert "Nothing was changed: whether the platform is still installed could not be seen" in " ".join(said.split())
    assert everything() == before


def test_what_a_sweep_may_not_take_is_found_and_fails_the_run(person):
    before = everything()
    controllers = make()
    leave(controllers)
    planted = f"landfall-{NAME}-planted"
    mark = as_tags({"landfall.eks/cluster": NAME})
    client("iam").create_role(RoleName=planted, AssumeRolePolicyDocument="{}", Tags=mark)
    assert planted in {each["id"] for each in person.orphans()["rows"]}
    status, said = person.play("cluster", "-e", "state=absent", *INSTALLED)
    assert status != 0
    assert f"role {planted}" in said
    # The stack is gone all the same, and what was not asked for by name is there, said, and no failure.
    left = {kind: set(ids) - set(before[kind]) for kind, ids in everything().items() if ids != before[kind]}
    assert set(left) == {"iam Roles", "ec2 Volumes", "ec2 Snapshots", "ec2 Addresses"}
    assert {"volume", "snapshot", "address", "role"} == {each["kind"] for each in person.orphans()["rows"]}
    assert "of the cluster: - role" in " ".join(said.split())


def test_another_cluster_in_its_network_keeps_everything_and_is_named(person):
    mine = make()
    other = Controllers("other", mine.vpc, mine.subnets)
    leave(other)
    leave(mine)
    before = everything()
    status, said = person.play("cluster", "-e", "state=absent", "-e", f"cluster_delete={ALL}", *INSTALLED)
    assert status != 0
    assert "the network cannot be deleted while it holds" in " ".join(said.split())
    assert f"in its network {mine.vpc}, with the tags of the cluster other" in " ".join(said.split())
    assert everything() == before
