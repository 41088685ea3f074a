"""The plan is made by the very roles of a rollout, none of which asks for --check alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    names = {each["role"].rpartition(".")[2] for each in play("site.yml")["roles"]} | {"helm_release", "credentials"}
    tasks = [path for name in sorted(names) for path in (ROOT / "roles" / name).rglob("*.yml")]
    assert len(tasks) > len(names)
    assert [path for path in tasks if "ansible_check_mode" in path.read_text()] == []
    assert "ansible_check_mode" in (ROOT / "roles/platform/vars/main.yml").read_text()
