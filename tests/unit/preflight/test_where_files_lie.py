"""Where a run keeps its files: in the folder that it really runs in, whatever a variable of the environment says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMED = {"LANDFALL_CHART_CACHE", "LANDFALL_STATE_DIR"}
"""Variables of the environment that exist to name a folder of Landfall."""
NO_PLACES = re.compile(r"AWS_PROFILE|PATH|\w+_(TOKEN|SECRET|KEY|URL)")


@pytest.mark.parametrize("pwd", ["of-elsewhere", "", None])
def test_the_state_folder_is_in_the_real_working_directory(tmp_path: Path, pwd: str | None) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for each in (here, elsewhere / "plays"):
        each.mkdir(parents=True)
    play = elsewhere / "plays" / "play.yml"
    said = {"ansible.builtin.copy": {"content": "{{ platform_state_dir }}", "dest": str(tmp_path / "said")}}
    roles = [{"role": "landfall.eks.platform"}]
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": roles, "tasks": [said]}]))
    own = {name: each for name, each in os.environ.items() if name != "PWD" and not name.startswith("ANSIBLE_")}
    given = {"PWD": str(elsewhere) if pwd else ""} if pwd is not None else {}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "blue,", "-c", "local", str(play)],
        cwd=here,
        env={
            **own,
            **given,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "said").read_text() == f"{here.resolve()}/.landfall/blue"


def test_no_other_variable_of_the_environment_is_a_place() -> None:
    files = [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("inventories/**/*.yml")]
    asked = {name for file in files for name in re.findall(r"env', '(\w+)'", file.read_text())}
    assert asked >= NAMED
    assert {name for name in asked - NAMED if not NO_PLACES.fullmatch(name)} == set()
    code = "".join(file.read_text() for file in (ROOT / "plugins").rglob("*.py"))
    assert not re.search(r"environ\W+(get\()?[\"'](PWD|OLDPWD|HOME)", code)
