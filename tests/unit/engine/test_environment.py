"""The variables of `platform_environment` reach what a task starts, and no command line or log has them."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.filter.inherited import inherited
from ansible_collections.landfall.eks.plugins.plugin_utils import environment
from tests import commands

ROOT = Path(__file__).parents[3]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
INHERITED = "{{ platform_environment | landfall.eks.inherited }}"
SHOWN = "{{ platform_environment }}"
SECRETS = {"one": "v3ry-s3cret-0f-one", "two": "v3ry-s3cret-0f-two"}
# Says what a process has in its environment, by a digest, and which processes have a secret among their arguments.
LOOK = """
import glob, hashlib, json, os, pathlib
token = os.environ.get("LANDFALL_TEST_TOKEN", "")
seen = []
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen.append(pathlib.Path(path).read_text(errors="replace"))
    except OSError:
        pass
parts = ["v3ry-s3cret", "0f"]
shown = any("-".join(parts) in each for each in seen)
print(json.dumps({"digest": hashlib.sha256(token.encode()).hexdigest(), "shown": shown}))
"""


def play(folder: Path, tasks: list[dict[str, Any]], wanted: str = INHERITED, **more: Any) -> tuple[str, dict[str, Any]]:
    """Run tasks on two hosts, each with a secret of its own, as loudly as it goes.

    Returns all that was said, and what the first task of each host found out.
    """
    hosts = {name: {"platform_environment": {"LANDFALL_TEST_TOKEN": secret}} for name, secret in SECRETS.items()}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
    result = {"copy": {"dest": f"{folder}/{{{{ inventory_hostname }}}}.json", "content": "{{ found.stdout }}"}}
    plays = [{"hosts": "all", "gather_facts": False, "environment": wanted, "tasks": [*tasks, result], **more}]
    (folder / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    (folder / "look.py").write_text(LOOK)
    done = commands.run(
        [PLAYBOOK, "-i", folder / "hosts.yml", folder / "play.yml", "-vvv"],
        cwd=ROOT,
        env=os.environ | commands.TASK_BY_TASK | {"ANSIBLE_INJECT_INVOCATION": "1"},
        capture_output=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    return said, {name: json.loads((folder / f"{name}.json").read_text()) for name in SECRETS}


def looking(folder: Path, **more: Any) -> dict[str, Any]:
    words = [sys.executable, f"{folder}/look.py"]
    return {"ansible.builtin.command": {"argv": words}, "register": "found", "changed_when": False, **more}


def digests() -> dict[str, str]:
    return {name: hashlib.sha256(secret.encode()).hexdigest() for name, secret in SECRETS.items()}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the list of processes is read from /proc")
def test_each_host_has_its_own_and_nothing_shows_it(tmp_path: Path) -> None:
    said, found = play(tmp_path, [looking(tmp_path)])
    assert {name: each["digest"] for name, each in found.items()} == digests()
    assert not any(each["shown"] for each in found.values())
    assert "v3ry" not in said


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the list of processes is read from /proc")
def test_control_ansible_alone_shows_it_in_both_places(tmp_path: Path) -> None:
    said, found = play(tmp_path, [looking(tmp_path)], SHOWN)
    assert all(each["shown"] for each in found.values())
    assert all(secret in said for secret in SECRETS.values())


def test_a_task_in_the_background_has_it_too(tmp_path: Path) -> None:
    said, found = play(tmp_path, [looking(tmp_path, **{"async": 60, "poll": 1})])
    assert {name: each["digest"] for name, each in found.items()} == digests()
    assert not any(each["shown"] for each in found.values())
    assert "v3ry" not in said


def test_a_task_of_ours_and_a_block_of_a_role_have_it(tmp_path: Path) -> None:
    """A module of this collection that runs in the worker looks at the variables as one that has its own process."""
    driver = {"landfall.eks.tool_facts": {}, "register": "tools"}
    right = {"ansible.builtin.assert": {"that": "tools.problems | select('search', 'HELM_DRIVER') | length == 1"}}
    more = {"vars": {"platform_environment": {"LANDFALL_TEST_TOKEN": "v3ry-s3cret-0f-all", "HELM_DRIVER": "sql"}}}
    said, _found = play(tmp_path, [looking(tmp_path), {"block": [driver, right], "environment": INHERITED}], **more)
    assert "v3ry" not in said


def test_what_is_no_variable_is_left_to_the_check_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first task of each play says what is wrong with it; it must be reached for that."""
    monkeypatch.setattr(environment.multiprocessing, "parent_process", object)
    monkeypatch.setattr(os, "environ", {"KEPT": "1"})
    wrong = {"A": 1, "B": None, "C": ["x"], "D=": "x", "": "x", "E": "x\0y", 7: "x", "RIGHT": "x"}
    assert inherited(wrong) == {}
    assert os.environ == {"KEPT": "1", "RIGHT": "x"}
    for other in ("a text", ["a"], None, 1):
        assert inherited(other) == {}


def test_ansible_playbook_itself_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its workers are forked from it: what one host has would be every host's."""
    monkeypatch.setattr(environment.multiprocessing, "parent_process", lambda: None)
    monkeypatch.setattr(os, "environ", {})
    assert inherited({"TOKEN": "x"}) == {}
    assert os.environ == {}


def test_an_endpoint_of_the_task_comes_before_the_shells_for_single_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.multiprocessing, "parent_process", object)
    monkeypatch.setattr(os, "environ", {"AWS_ENDPOINT_URL_EC2": "http://shell", "AWS_ENDPOINT_URL_STS": "http://shell"})
    inherited({"AWS_ENDPOINT_URL": "http://task", "AWS_ENDPOINT_URL_STS": "http://task/sts"})
    assert os.environ == {"AWS_ENDPOINT_URL": "http://task", "AWS_ENDPOINT_URL_STS": "http://task/sts"}


def test_every_play_and_role_hands_it_on_so() -> None:
    places = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")]
    texts = {path: path.read_text() for path in places if "platform_environment" in path.read_text()}
    assert len(texts) >= 12
    for path, text in texts.items():
        lines = [line.strip() for line in text.splitlines() if "platform_environment" in line]
        assert lines == [f'environment: "{INHERITED}"'], path
