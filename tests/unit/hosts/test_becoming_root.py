"""The task that writes the block becomes root only where there is something to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SUDO = """#!/bin/sh
echo "$*" >> '{asked}'
while [ "$1" != /bin/sh ]; do shift; done
exec "$@"
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that runs the task with an address; it says what was changed and how often sudo was asked."""
    asked, sudo = tmp_path / "asked", tmp_path / "sudo"
    sudo.write_text(SUDO.format(asked=asked))
    sudo.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
    }
    # Any other user than the one who runs this; the script does not change to it.
    own = {"ansible_python_interpreter": sys.executable, "ansible_become_exe": str(sudo)}

    def run(address, *options):
        block = {
            "path": str(tmp_path / "hosts"),
            "cluster": "shop",
            "addresses": [address],
            "names": ["shop.example.org"],
        }
        task = {"landfall.eks.hosts_block": block, "become": True, "become_user": "nobody", "register": "told"}
        shown = {"ansible.builtin.copy": {"content": "{{ told | to_json }}", "dest": f"{tmp_path}/told"}}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": own}
        (tmp_path / "play.yml").write_text(json.dumps([{**play, "tasks": [task, {**shown, "check_mode": False}]}]))
        asked.write_text("")
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "play.yml", *options]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads((tmp_path / "told").read_text())
        assert told["lines"] == [f"{address} shop.example.org"]
        return told["changed"], len(asked.read_text().splitlines())

    return run


def test_root_is_asked_only_where_there_is_something_to_write(write):
    assert write("203.0.113.7") == (True, 1)
    assert write("203.0.113.7") == (False, 0)
    assert write("203.0.113.9", "--check") == (True, 1)
    assert write("203.0.113.9") == (True, 1)
