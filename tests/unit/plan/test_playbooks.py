"""The plan is made by the very roles of a rollout, none of which asks for --check alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def play(name: str) -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / "playbooks" / name).read_text())
    return dict(found)


def test_plan_is_site_in_check_mode() -> None:
    plan = play("plan.yml")
    assert (plan["ansible.builtin.import_playbook"], plan["vars"]) == ("site.yml", {"platform_plan_only": True})
    assert play("site.yml")["check_mode"] == "{{ ansible_check_mode or platform_plan_only | default(false) | bool }}"


def test_roles_ask_whether_the_run_plans_and_not_for_an_option_of_the_command() -> None:
    # In plan.yml the option was not given.
    imported = [each["ansible.builtin.import_role"]["name"] for each in play("site.yml")["tasks"]]
    names = {each.rpartition(".")[2] for each in imported} | {"helm_release", "credentials"}
    tasks = [path for name in sorted(names) for path in (ROOT / "roles" / name).rglob("*.yml")]
    assert len(tasks) > len(names)
    assert [path for path in tasks if "ansible_check_mode" in path.read_text()] == []
    assert "ansible_check_mode" in (ROOT / "roles/platform/vars/main.yml").read_text()


def listed(playbook: Path) -> str:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventories/local", "--list-tasks"]
    return subprocess.run([*command, str(playbook)], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["site.yml", "uninstall.yml"])
def test_preflight_alone_judges_arguments(name: str) -> None:
    said = listed(ROOT / "playbooks" / name)
    assert "landfall.eks.preflight : Judge the settings of all roles" in said
    assert "Validating arguments" not in said


def test_a_role_in_a_play_of_others_judges_its_own_arguments(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text("- {hosts: all, roles: [landfall.eks.efk]}\n")
    assert "landfall.eks.efk : Validating arguments" in listed(tmp_path / "play.yml")
