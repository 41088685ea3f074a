"""A component role in a play of somebody's own, without our playbooks, inventory or group."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(
    path.parents[1].name
    for path in (ROOT / "roles").glob("*/tasks/main.yml")
    if "platform_standalone_tasks" in path.read_text(encoding="utf-8")
)
NOWHERE = "platform_kubeconfig names /nowhere, which does not exist"


def play_in(readme):
    """Return the play that the README of a role shows."""
    (found,) = re.findall(r"^```yaml\n(.*?)^```", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(found)


def playbook(tmp_path, plays, *options):
    """Run a playbook as somebody who has the collection does; return what it printed."""
    (tmp_path / "play.yml").write_text(json.dumps(plays))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "KUBE", "LANDFALL_"))},
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "play.yml", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_every_role_with_a_component_stands_alone():
    with_component = {
        path.parents[1].name
        for path in (ROOT / "roles").glob("*/vars/main.yml")
        if f"{path.parents[1].name}_component:" in path.read_text(encoding="utf-8")
    }
    assert {*with_component, "components"} == {*ROLES}


def test_the_play_of_every_readme_can_be_read(tmp_path):
    plays = [play for role in ROLES for play in play_in(ROOT / f"roles/{role}/README.md")]
    assert [play["roles"] for play in plays] == [[f"landfall.eks.{role}"] for role in ROLES]
    said = playbook(tmp_path, plays, "--list-tasks")
    assert all(f"landfall.eks.{role} : Bring what is not in sync to its wanted state" in said for role in ROLES), said


def test_a_role_begins_a_run_however_it_gets_into_the_play(tmp_path):
    """No cluster answers, so that each is told what preflight found; the rescue lets the next one be tried."""
    ways = [
        {"include_role": {"name": "landfall.eks.metrics_server"}},
        {"import_role": {"name": "landfall.eks.efk"}},
        {"include_role": {"name": "landfall.eks.components"}},
    ]
    variables = {"platform_kubeconfig": "/nowhere", "platform_components": {"podinfo": {}}}
    tasks = [{"block": [way], "rescue": [{"meta": "noop"}]} for way in ways]
    said = playbook(tmp_path, [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}])
    told = re.findall(r'"msg": "(Nothing was changed.*)"', said)
    assert len(told) == len(ways), said
    assert all(NOWHERE in each for each in told)
    assert all("platform_components.podinfo.releases is missing" in each for each in told)
    # What is imported belongs to the play from the beginning, what is included does not.
    assert ["chart metrics-server" in each for each in told] == [True, False, False], told
    assert all("chart eck-stack" in each for each in told), told


def test_roles_of_a_play_are_judged_together_and_tags_are_its_authors(tmp_path):
    roles = [
        {"role": "landfall.eks.metrics_server", "tags": ["base"]},
        {"role": "landfall.eks.monitoring", "tags": ["extra"]},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"platform_kubeconfig": "/nowhere"}, "roles": roles}
    together = playbook(tmp_path, [play])
    assert "The chart metrics-server" in together
    assert "The chart kube-prometheus-stack" in together
    alone = playbook(tmp_path, [play], "--tags", "base")
    assert NOWHERE in alone
    assert "not a tag of Landfall" not in alone
    assert "The chart metrics-server" in alone
    assert "The chart kube-prometheus-stack" not in alone


@pytest.mark.parametrize("name", ["site", "uninstall"])
def test_a_playbook_of_ours_has_no_role_that_stands_alone(name):
    (play,) = yaml.safe_load((ROOT / f"playbooks/{name}.yml").read_text(encoding="utf-8"))
    roles = [task["ansible.builtin.import_role"]["name"].rpartition(".")[2] for task in play["tasks"]]
    assert roles.index("preflight") < min(roles.index(role) for role in ROLES)
    assert play["vars"]["platform_standalone"] is False
