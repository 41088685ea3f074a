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
from locking import actions
from locking.outcome import apply

from tests.unit.ci.remote import ROOT
from tests.unit.contracts import lock_stubs

FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.name for path in FOLDER.glob("*.y*ml"))
RIGHTS = {
    "pipeline.yaml": {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
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


def following(workflow: Workflow, jobs: set[str]) -> set[str]:
    """The jobs that need one of these, and those that need them."""
    found: set[str] = set()
    while more := {job for job, each in workflow["jobs"].items() if each.get("needs") in jobs | found} - found:
        found |= more
    return found


def scripts(workflow: Workflow, job: str) -> list[str]:
    """The scripts that a job calls, each with its first argument."""
    runs = [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]
    return [" ".join(run.split()[:2]).rpartition("/")[2] for run in runs]


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
    after = following(workflow, pushed)
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
    jobs = ("test", "build", "image", "deploy")
    assert tuple(workflow["jobs"]) == jobs
    assert [workflow["jobs"][job].get("needs") for job in jobs] == [None, "test", "build", "image"]
    assert [scripts(workflow, job) for job in jobs[1:]] == [
        ["install.sh scripts", "image.py --commit", "build.sh >>"],
        ["install.sh scripts", "install.sh cosign", "image.py --commit", "push.sh >>", "sign.sh"],
        [
            "install.sh scripts",
            "install.sh cosign",
            "image.py --commit",
            "deployed.py --check",
            "verify.sh",
            "bump.py --tag",
            "deployed.py --tag",
            "bump.py --revert",
        ],
    ]


def test_from_the_build_to_the_cluster_an_image_is_its_digest() -> None:
    jobs = load("pipeline.yaml")["jobs"]
    assert jobs["build"]["outputs"] == {"digest": "${{ steps.build.outputs.digest }}"}
    push, sign = jobs["image"]["steps"][-2:]
    assert push["env"]["DIGEST"] == "${{ needs.build.outputs.digest }}"
    assert sign["env"]["DIGEST"] == jobs["image"]["outputs"]["digest"] == "${{ steps.push.outputs.digest }}"
    assert jobs["deploy"]["env"]["DIGEST"] == "${{ needs.image.outputs.digest }}"
    deploy = {step.get("run", "").split()[0]: step for step in jobs["deploy"]["steps"] if "run" in step}
    assert "DIGEST" not in deploy["app/ci/verify.sh"]["env"], "it verifies the digest of the job,"
    bump = next(step for step in jobs["deploy"]["steps"] if "bump.py --tag" in step.get("run", ""))
    assert '--digest "$DIGEST"' in bump["run"], "and the chart is moved to no other"


@pytest.mark.parametrize("name", NAMES)
def test_a_cache_that_other_jobs_write_reaches_nothing_that_is_signed_or_deployed(name: str) -> None:
    """Any job of main may write any key of main's cache, the tests' packages included."""
    jobs = load(name)["jobs"]
    cached = {job for job, content in jobs.items() if "cache" in json.dumps(content["steps"])}
    trusted = {
        job for job, content in jobs.items() if "environment" in content or "write" in str(content["permissions"])
    }
    if name == "pipeline.yaml":
        assert cached == set()
        assert trusted == {"image", "deploy"}
    else:
        assert cached == {"part", "molecule"}, "control: a cache is seen"
        assert trusted == set()


def test_what_others_wrote_runs_where_nothing_is_to_be_stolen() -> None:
    jobs = load("pipeline.yaml")["jobs"]
    for job in ("test", "build"):
        assert "environment" not in jobs[job]
        assert "secrets." not in str(jobs[job])
        assert "id-token" not in jobs[job]["permissions"]
    for job in ("image", "deploy"):
        ran = " ".join(scripts(load("pipeline.yaml"), job))
        assert not [each for each in ("build.sh", "lint.sh", "test.sh", "install.sh tests") if each in ran]


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


@pytest.fixture
def locked(tmp_path: Path) -> list[str]:
    """The workflows as `make lock` leaves them where it reaches the actions' repositories."""
    root, hub = tmp_path / "checkout", tmp_path / "hub"
    shutil.copytree(FOLDER, root / ".github" / "workflows")
    unpinned = {action: places for action, places in actions.pins(root).items() if action.commit is None}
    for action in unpinned:
        lock_stubs.commit(hub, action.repository, action.tag)
    found = [each for action, places in unpinned.items() for each in actions.resolve(action, places, str(hub))]
    apply([each.edit for each in found if each.edit])
    return [str(root / ".github" / "workflows" / name) for name in NAMES]


@pytest.fixture
def bad(tmp_path: Path) -> str:
    (tmp_path / "bad.yaml").write_text(BAD)
    return str(tmp_path / "bad.yaml")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which(command[0]):
        how = {"actionlint": "make test-tools", "zizmor": "pip install zizmor"}[command[0]]
        pytest.skip(f"not run: {command[0]} is missing: {how}")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_actionlint_finds_nothing_here_and_something_elsewhere(bad: str) -> None:
    done = run("actionlint", *(str(FOLDER / name) for name in NAMES))
    assert done.returncode == 0, done.stdout + done.stderr
    assert run("actionlint", bad).returncode != 0


ZIZMOR = ("zizmor", "--offline", "--quiet", "--no-progress", "--pedantic", "--no-config")


def test_zizmor_finds_nothing_here_and_something_elsewhere(locked: list[str], bad: str) -> None:
    done = run(*ZIZMOR, *locked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(*ZIZMOR, bad).returncode != 0


def test_zizmor_finds_but_the_actions_that_are_not_pinned_yet() -> None:
    done = run(*ZIZMOR, "--format=json", *(str(FOLDER / name) for name in NAMES))
    unpinned = sum(len(places) for action, places in actions.pins(ROOT).items() if action.commit is None)
    assert [each["ident"] for each in json.loads(done.stdout)] == ["unpinned-uses"] * unpinned
    assert not list(ROOT.glob(".github/zizmor.y*ml")), "no configuration relaxes it"
