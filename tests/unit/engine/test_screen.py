"""Whatever stdout callback somebody chose, stdout is what that callback prints and nothing of ours."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.bad_input.fake_clusters import serving

ROOT = Path(__file__).parents[3]
SHOWN = "No rollout has been recorded yet."
OF_OTHERS = (
    *("ansible.posix.json", "ansible.posix.jsonl", "ansible.builtin.minimal", "ansible.builtin.oneline"),
    *("community.general.null", "community.general.unixy", "community.general.tasks_only"),
)


def run(folder: Path, server: str, callback: str, settings: Path) -> subprocess.CompletedProcess[str]:
    """Show the history of a cluster, which is a table for a person, and fail."""
    kubeconfig = {
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "users": [{"name": "it", "user": {}}],
        "current-context": "it",
    }
    tasks: list[dict[str, Any]] = [
        {"name": "Show", "landfall.eks.history": {"namespace": "landfall-system", "kubeconfig": kubeconfig}},
        {"name": "Warn", "ansible.builtin.assert": {"that": "1 == 2"}, "ignore_errors": True},
    ]
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "test,", "-c", "local", "play.yml"],
        cwd=folder,
        env={
            **own,
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **({"ANSIBLE_STDOUT_CALLBACK": callback} if callback else {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("callback", OF_OTHERS)
def test_stdout_is_what_the_chosen_callback_prints(tmp_path: Path, callback: str) -> None:
    with serving({"empty": {}}) as server:
        done = run(tmp_path, f"http://127.0.0.1:{server.server_port}/empty", callback, ROOT / "ansible.cfg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert SHOWN not in done.stdout
    assert SHOWN in done.stderr
    if callback == "ansible.posix.json":
        assert set(json.loads(done.stdout)) >= {"plays", "stats"}
    if callback == "ansible.posix.jsonl":
        assert all(json.loads(line) for line in done.stdout.splitlines())
    if callback == "community.general.null":
        assert done.stdout == ""


@pytest.mark.parametrize("callback", ["", "default", "ansible.builtin.default"])
def test_a_person_reads_it_on_stdout(tmp_path: Path, callback: str) -> None:
    with serving({"empty": {}}) as server:
        done = run(tmp_path, f"http://127.0.0.1:{server.server_port}/empty", callback, ROOT / "ansible.cfg")
    assert (SHOWN in done.stdout, SHOWN in done.stderr) == (True, False), done.stdout + done.stderr


def test_nothing_of_ours_writes_to_stdout_by_itself() -> None:
    allowed = {"plugins/callback/rollout.py", "plugins/plugin_utils/screen.py"}
    of_a_command = {"plugins/module_utils/aws/token.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "plugins").rglob("*.py")
        if any(writes(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    assert found - allowed - of_a_command == set()


def writes(node: ast.AST) -> bool:
    """Say whether a call prints, displays or writes to this process's stdout."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called in {"print", "os.write"} or called.endswith((".display", ".banner", ".stdout.write"))
