"""What is said about a kubeconfig."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.preflight.kubeconfig import kubeconfig_problem

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
    assert kubeconfig_problem(GOOD, context) == ""
    assert kubeconfig_problem(str(path), context) == ""


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ("two", "has no context 'two', which is platform_context: write one of lost, one, token."),
        ("lost", "has no cluster 'gone'"),
        ("token", "'no-such-program', which is not on PATH"),
    ],
)
def test_contexts_that_lead_nowhere(context: str, said: str) -> None:
    assert said in kubeconfig_problem(GOOD, context)


def test_without_a_current_context_one_has_to_be_written() -> None:
    content = copy.deepcopy(GOOD)
    del content["current-context"]
    assert "write one of lost, one, token as platform_context" in kubeconfig_problem(content, "")


@pytest.mark.parametrize(
    ("content", "said"),
    [("a: [", "not YAML"), ("[]", "no kubeconfig"), ("a: b", "no contexts"), ("\xff", "not YAML"), (None, "not exist")],
)
def test_files_that_are_no_kubeconfig(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    assert said in kubeconfig_problem(str(path), "")
    assert str(path) in kubeconfig_problem(str(path), "")


@pytest.mark.parametrize("nothing", ["", None, {}])
def test_nothing_is_said_to_be_empty(nothing: object) -> None:
    assert kubeconfig_problem(nothing, "").startswith("platform_kubeconfig is empty: write")


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in kubeconfig_problem(str(tmp_path), "")
