"""What the workflows may do: scripts of this repository alone, least rights, and no secret for who only proposes."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.ci.remote import ROOT

FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.name for path in FOLDER.glob("*.y*ml"))
RIGHTS = {
    "pipeline.yaml": {
        "test": {"contents": "read"},
        "image": {"contents": "read", "id-token": "write"},
        "deploy": {"contents": "write", "pull-requests": "write"},
    },
    "collection.yaml": {name: {"contents": "read"} for name in ("part", "scenarios", "molecule")},
}
Workflow = dict[str, Any]


def load(name: str) -> Workflow:
    # YAML 1.1 takes the key `on` for true.
    loaded: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return {("on" if key is True else key): value for key, value in loaded.items()}


def steps(workflow: Workflow) -> Iterator[Workflow]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def names(workflow: Workflow, job: str) -> list[str]:
    return [step["name"] for step in workflow["jobs"][job]["steps"]]


def test_these_are_all() -> None:
    assert sorted(RIGHTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_step_calls_one_script_of_the_repository(name: str) -> None:
    runs = [step["run"] for step in steps(load(name)) if "run" in step]
    assert runs
    for run in runs:
        words = run.split()
        script = ROOT / words[0]
        assert script.is_file()
        assert os.access(script, os.X_OK)
        assert script.parent in {ROOT / "app" / "ci", ROOT / ".ci"}
        assert "${{" not in run, "what others wrote reaches a script by the environment alone"
        assert not set(words) & {";", "&&", "||", "|"}


@pytest.mark.parametrize("name", NAMES)
def test_rights_are_the_least(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {}
    assert {job: content["permissions"] for job, content in workflow["jobs"].items()} == RIGHTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_pull_requests_see_no_secret(name: str) -> None:
    workflow = load(name)
    assert set(workflow["on"]) == {"push", "pull_request"}, "other events hand secrets to what others wrote"
    pushed = {job for job, content in workflow["jobs"].items() if content.get("if") == "github.event_name == 'push'"}
    after = {job for job, content in workflow["jobs"].items() if content.get("needs") in pushed}
    for job, content in workflow["jobs"].items():
        if job not in pushed | after:
            assert "secrets" not in str(content)
            assert "github.token" not in str(content)
            assert "environment" not in content
    assert not after & {job for job, content in workflow["jobs"].items() if "if" in content}, "an `if` may overrule it"


@pytest.mark.parametrize("name", NAMES)
def test_the_usual_traps(name: str) -> None:
    workflow = load(name)
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])
    for step in steps(workflow):
        if "uses" in step:
            assert step["uses"].startswith("actions/"), "nobody else's action"
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert workflow["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    assert "github.ref" in workflow["concurrency"]["group"]


def test_the_stages_follow_each_other() -> None:
    workflow = load("pipeline.yaml")
    assert [workflow["jobs"][job].get("needs") for job in ("test", "image", "deploy")] == [None, "test", "image"]
    order = ["Name the image", "Build the image", "Push the image", "Sign the image"]
    places = [next(i for i, each in enumerate(names(workflow, "image")) if each.startswith(name)) for name in order]
    assert places == sorted(places)
    scripts = [" ".join(step["run"].split()[:2]) for step in workflow["jobs"]["deploy"]["steps"] if "run" in step]
    assert scripts[1:] == [
        "app/ci/deployed.py --check",
        "app/ci/bump.py --tag",
        "app/ci/deployed.py --tag",
        "app/ci/bump.py --revert",
    ]


def test_only_what_was_seen_to_fail_is_put_back() -> None:
    step = load("pipeline.yaml")["jobs"]["deploy"]["steps"][-1]
    assert step["if"] == "failure() && steps.deployed.outputs.verdict == 'failed'"
    assert step["env"]["CAUSE"] == "${{ steps.deployed.outputs.cause }}"


def test_the_pipelines_own_commits_start_nothing() -> None:
    assert "!app/chart/values.yaml" in load("pipeline.yaml")["on"]["push"]["paths"]
    assert load("collection.yaml")["on"]["push"]["paths-ignore"] == ["app/chart/values.yaml"]


def test_no_tag_that_moves() -> None:
    assert "latest" not in (FOLDER / "pipeline.yaml").read_text()


def test_every_scenario_is_in_the_matrix() -> None:
    done = subprocess.run([str(ROOT / ".ci" / "part"), "scenarios"], capture_output=True, text=True, check=True)
    listed = json.loads(done.stdout.strip().removeprefix("names="))
    assert listed == sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    assert "default" in listed


def test_an_unknown_part_is_one_sentence() -> None:
    done = subprocess.run([str(ROOT / ".ci" / "part"), "all"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == "part: 'all' is no part: write lint, unit, sanity, galaxy-importer, molecule <scenario> or scenarios.\n"
    )


BAD = """\
on: [pull_request_target]
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ github.event.pull_request.title }}" ${{ steps.none.outputs.x }}
"""
CHECKERS = {
    "actionlint": (["actionlint"], "make test-tools"),
    "zizmor": (["zizmor", "--offline", "--quiet", "--no-progress"], "pip install zizmor"),
}


@pytest.mark.parametrize("program", CHECKERS)
def test_checkers_find_nothing_here_and_something_elsewhere(program: str, tmp_path: Path) -> None:
    command, how = CHECKERS[program]
    if not shutil.which(program):
        pytest.skip(f"{program} is missing: {how}")
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    for paths, good in (([FOLDER / name for name in NAMES], True), ([bad], False)):
        done = subprocess.run([*command, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is good, done.stdout + done.stderr
