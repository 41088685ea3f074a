"""The pipeline's scripts and files: how the image is named and pushed, and what the workflow may run."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.image import ImageError, describe

REPOSITORY = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "not-to-be-seen"
DOCKER = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2" in
  "login "*) cat > "$CALLS.stdin" ;;
  "buildx imagetools") [ -e "$CALLS.pushed" ] && echo sha256:feed || exit 1 ;;
  "push "*) touch "$CALLS.pushed" ;;
esac
"""


def values(repository: str = "acme/app") -> dict[str, Any]:
    return {"image": {"repository": repository}}


def test_the_image_is_named_by_version_and_commit() -> None:
    assert describe({"appVersion": "1.2.3"}, values(), COMMIT) == {
        "repository": "acme/app",
        "version": "1.2.3",
        "tag": "1.2.3-0123456789ab",
        "revision": COMMIT,
    }


@pytest.mark.parametrize(
    ("version", "repository", "commit", "sentence"),
    [
        ("1.2.3", "landfall/flask-app", COMMIT, "is still the placeholder"),
        ("1.2", "acme/app", COMMIT, "appVersion .* is '1.2'"),
        ("1.2.3+x", "acme/app", COMMIT, "appVersion"),
        ("1.2.3", "acme/app", "0123456", "--commit is '0123456'"),
    ],
)
def test_what_cannot_be_named(version: str, repository: str, commit: str, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        describe({"appVersion": version}, values(repository), commit)


def push(folder: Path) -> tuple[str, str]:
    """Run push.sh with a docker that only notes how it was called; return its output and the calls."""
    docker, calls = folder / "docker", folder / "calls"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    environ = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(calls),
        "IMAGE": "acme/app:1.2.3-0123456",
        "DOCKERHUB_USERNAME": "acme",
        "DOCKERHUB_TOKEN": TOKEN,
    }
    done = subprocess.run(
        [str(REPOSITORY / "app" / "ci" / "push.sh")], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout, calls.read_text()


def test_an_image_is_pushed_and_its_digest_told(tmp_path: Path) -> None:
    output, calls = push(tmp_path)
    assert output == "digest=sha256:feed\n"
    assert "push acme/app:1.2.3-0123456" in calls.splitlines()
    assert TOKEN not in calls
    assert (tmp_path / "calls.stdin").read_text() == TOKEN


def test_a_tag_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "calls.pushed").touch()
    output, calls = push(tmp_path)
    assert output == "digest=sha256:feed\n"
    assert not [call for call in calls.splitlines() if call.startswith("push ")]


def workflow() -> dict[Any, Any]:
    loaded = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "pipeline.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_every_step_of_the_workflow_calls_a_script_of_the_repository() -> None:
    runs = [step["run"] for job in workflow()["jobs"].values() for step in job["steps"] if "run" in step]
    assert runs
    for run in runs:
        script = REPOSITORY / run.split()[0]
        assert script.is_relative_to(REPOSITORY / "app" / "ci")
        assert os.access(script, os.X_OK)


def test_pull_requests_see_no_secret() -> None:
    jobs = workflow()["jobs"]
    assert "secrets" not in str(jobs["test"])
    assert jobs["test"]["permissions"] == {"contents": "read"}
    assert jobs["deliver"]["if"] == "github.event_name == 'push'"
    assert jobs["deliver"]["needs"] == "test"


def pins(path: str) -> set[str]:
    lines = (REPOSITORY / path).read_text().splitlines()
    return {line.split()[0] for line in lines if "==" in line}


@pytest.mark.parametrize("path", ["app/requirements.txt", "app/requirements-test.txt"])
def test_the_image_has_the_versions_that_are_tested(path: str) -> None:
    assert pins(path)
    assert pins(path) <= pins("requirements.txt")
