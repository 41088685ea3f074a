"""No argument of a module of ours gets into the machine's log, even without this repository's ansible.cfg."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests import commands

ROOT = Path(__file__).parents[3]
PAGER, TOKEN = "key-of-a-pager-0123456789", "token-of-a-kubeconfig-0123456789"
NOTES = """
import os, syslog
syslog.openlog = lambda *words: None
syslog.syslog = lambda *words: open(os.environ["NOTED"], "a").write(f"{words[-1]}\\n")
"""
"""Imported by every Python: what is said to syslog goes into a file."""
SECRET = {"namespace": "monitoring", "name": "receivers", "data": {"pager": PAGER}}
TASKS = {
    "credentials": {
        "landfall.eks.credentials": {
            "kubeconfig": {"users": [{"name": "me", "user": {"token": TOKEN}}]},
            "namespace": "landfall-system",
            "credentials": [{"name": "receivers", "kind": "fixed", "secret": SECRET}],
        }
    },
    "control": {"ansible.builtin.command": {"argv": ["echo", PAGER, TOKEN]}},
}


@pytest.fixture
def logged(tmp_path):
    """Return a function that runs a task and returns what it wrote into the log."""
    (tmp_path / "sitecustomize.py").write_text(NOTES)
    # What imports this module first must not be replaced by the journal's own client.
    (tmp_path / "systemd.py").write_text("raise ImportError")
    noted = tmp_path / "noted"
    (tmp_path / "ansible.cfg").touch()
    own = {"ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}

    def run(task):
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Do it", **task}]}]
        (tmp_path / "play.yml").write_text(json.dumps(play))
        environment = os.environ | own | {"PYTHONPATH": str(tmp_path), "NOTED": str(noted)}
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "-c", "local"]
        interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
        ran = commands.run(
            [*command, *interpreter, tmp_path / "play.yml"], cwd=tmp_path, env=environment, capture_output=True
        )
        print(ran.stdout, ran.stderr)
        return noted.read_text() if noted.exists() else ""

    return run


def test_nothing_secret_gets_into_the_log(logged):
    said = logged(TASKS["credentials"])
    assert PAGER not in said
    assert TOKEN not in said


def test_control_another_module_is_heard(logged):
    said = logged(TASKS["control"])
    assert PAGER in said
    assert TOKEN in said
