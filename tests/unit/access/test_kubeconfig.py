"""What is said about a kubeconfig."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.kube.access import problem

GOOD: dict[str, Any] = {
    "current-context": "one",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1"}}],
    "contexts": [
        {"name": "one", "context": {"cluster": "c", "user": "u"}},
        {"name": "lost", "context": {"cluster": "gone", "user": "u"}},
        {"name": "token", "context": {"cluster": "c", "user": "e"}},
    ],
    "users": [{"name": "u", "user": {}}, {"name": "e", "user": {"exec": {"command": "no-such-program"}}}],
}


@pytest.mark.parametrize("context", ["", "one"])
def test_a_good_one_as_dict_and_as_file(context: str, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(GOOD))
    assert problem(GOOD, context, {}) == ""
    assert problem(str(path), context, {}) == ""


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ("two", "has no context 'two', which is platform_context: write one of lost, one, token."),
        ("lost", "has no cluster 'gone'"),
        ("token", "'no-such-program', which is not on PATH"),
    ],
)
def test_contexts_that_lead_nowhere(context: str, said: str) -> None:
    assert said in problem(GOOD, context, {})


def test_without_a_current_context_one_has_to_be_written() -> None:
    content = copy.deepcopy(GOOD)
    del content["current-context"]
    assert "write one of lost, one, token as platform_context" in problem(content, "", {})


@pytest.mark.parametrize(
    ("content", "said"),
    [("a: [", "not YAML"), ("[]", "no kubeconfig"), ("a: b", "no contexts"), ("\xff", "not YAML"), (None, "not exist")],
)
def test_files_that_are_no_kubeconfig(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    assert said in problem(str(path), "", {})
    assert str(path) in problem(str(path), "", {})


@pytest.mark.parametrize("nothing", ["", None, {}])
def test_nothing_is_said_to_be_empty(nothing: object) -> None:
    assert problem(nothing, "", {}).startswith("platform_kubeconfig is empty: write")


COMMANDS = [
    ("get-cred", "'get-cred', which is not on PATH"),
    ("./bin/none", "/bin/none, which is no program"),
    ("./bin/get-cred", ""),
    ("bin/get-cred", ""),
    ("../config/bin/get-cred", ""),
    ("./bin/plain", "/bin/plain, which is no program"),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_command_is_looked_for_where_kubectl_does(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/get-cred").touch(mode=0o755)
    (folder / "bin/plain").touch(mode=0o644)
    monkeypatch.chdir(tmp_path)
    content = copy.deepcopy(GOOD)
    content["users"][1]["user"]["exec"]["command"] = command
    (folder / "kubeconfig").write_text(yaml.safe_dump(content))
    found = problem("config/kubeconfig", "token", {"PATH": "/nowhere"})
    assert said in found
    assert bool(said) is bool(found)


def test_a_command_on_the_path_of_the_task_is_found(tmp_path: Path) -> None:
    (tmp_path / "no-such-program").touch(mode=0o755)
    assert problem(GOOD, "token", {"PATH": str(tmp_path)}) == ""


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in problem(str(tmp_path), "", {})
