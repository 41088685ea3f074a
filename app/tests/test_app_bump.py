"""The bump tool: the edit alone, and the push to a real repository."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from ci.bump import Branch, BumpError, image_tag, main, set_image

CHART_VALUES = Path(__file__).parents[1] / "chart" / "values.yaml"
VALUES = Path("app/chart/values.yaml")
DIGEST = "sha256:" + "1" * 64
TEXT = """\
# tag: this is no tag
other: {tag: keep}
image:
  # why
  repository: acme/app   # whose
  tag: ""   # which
  pullPolicy: Always
  digest: ''
last: 1
"""


def test_only_tag_and_digest_change() -> None:
    after = set_image(TEXT, "1.2.3-0a1b2c3", DIGEST)
    assert after == TEXT.replace('tag: ""', 'tag: "1.2.3-0a1b2c3"').replace("digest: ''", f'digest: "{DIGEST}"')
    assert set_image(after, "1.2.3-0a1b2c3", DIGEST) == after


def test_the_charts_own_values() -> None:
    before = CHART_VALUES.read_text()
    after = set_image(before, "9.9.9-0a1b2c3", DIGEST)
    assert len(after.splitlines()) == len(before.splitlines())
    image = yaml.safe_load(before)["image"] | {"tag": "9.9.9-0a1b2c3", "digest": DIGEST}
    assert yaml.safe_load(after) == yaml.safe_load(before) | {"image": image}


@pytest.mark.parametrize("text", ["", "image: 3", "image: {tag: x}", "image:\n  tag:\n  digest: x\n", "- image"])
def test_values_without_the_keys(text: str) -> None:
    with pytest.raises(BumpError, match="The values have no image"):
        set_image(text, "1.2.3", DIGEST)


@pytest.mark.parametrize(
    ("tag", "digest", "sentence"),
    [
        ("latest", DIGEST, "--tag is 'latest'"),
        ("a b", DIGEST, "--tag is 'a b'"),
        ('1"\n', DIGEST, "--tag is"),
        ("1.2.3", "sha256:12", "--digest is 'sha256:12'"),
    ],
)
def test_unusable_arguments(tag: str, digest: str, sentence: str) -> None:
    with pytest.raises(BumpError, match=sentence):
        set_image(TEXT, tag, digest)


def test_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert main(["--tag", "1.2.3", "--digest", DIGEST, "--values", str(path)]) == 0
    after = path.read_bytes()
    assert after.count(b"\r\n") == after.count(b"\n") == TEXT.count("\n")


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(TEXT)
    assert main(["--tag", "1.2.3", "--digest", DIGEST, "--values", str(path), "--dry-run"]) == 0
    assert path.read_text() == TEXT
    assert 'tag: "1.2.3"' in capsys.readouterr().out


def git(folder: Path, *arguments: str) -> str:
    author = {f"GIT_{role}_{key}": "test" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environ = os.environ | author | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def commit(clone: Path, text: str) -> str:
    (clone / "source").write_text(text)
    git(clone, "add", ".")
    git(clone, "commit", "--message", text)
    git(clone, "push", "origin", "HEAD:refs/heads/main")
    return git(clone, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--bare", "--initial-branch=main", "origin.git")
    git(tmp_path, "clone", "origin.git", "clone")
    folder = tmp_path / "clone"
    (folder / VALUES).parent.mkdir(parents=True)
    (folder / VALUES).write_text(TEXT)
    commit(folder, "first")
    return folder


def live(clone: Path) -> str:
    git(clone, "fetch", "origin", "main")
    return image_tag(git(clone, "show", f"FETCH_HEAD:{VALUES}"))


def test_a_bump_is_pushed_once(clone: Path) -> None:
    built = commit(clone, "second")
    tag = f"1.0.0-{built[:12]}"
    assert Branch(clone, "main").publish(VALUES, tag, DIGEST, built) == f"main now deploys {tag}."
    assert live(clone) == tag
    assert git(clone, "log", "-1", "--format=%s", "FETCH_HEAD") == f"Deploy {tag}"
    assert "nothing to do" in Branch(clone, "main").publish(VALUES, tag, DIGEST, built)
    assert git(clone, "status", "--porcelain") == "", "the checkout itself is not touched"
    assert git(clone, "worktree", "list").count("\n") == 0


def test_an_older_build_replaces_no_newer_one(clone: Path) -> None:
    old, new = commit(clone, "old"), commit(clone, "new")
    Branch(clone, "main").publish(VALUES, f"1.0.0-{new[:12]}", DIGEST, new)
    done = Branch(clone, "main").publish(VALUES, f"1.0.0-{old[:12]}", DIGEST, old)
    assert "a newer build than" in done
    assert live(clone) == f"1.0.0-{new[:12]}"


def test_races_are_tried_again_and_the_newest_is_live(clone: Path, tmp_path: Path) -> None:
    builds = [commit(clone, f"build {number}") for number in range(4)]
    clones = [tmp_path / f"clone-{number}" for number in range(4)]
    for folder in clones:
        git(tmp_path, "clone", "origin.git", folder.name)

    def bump(number: int) -> str:
        tag = f"1.0.0-{builds[number][:12]}"
        return Branch(clones[number], "main").publish(VALUES, tag, DIGEST, builds[number])

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(bump, range(4)))
    assert all("now deploys" in sentence or "a newer build" in sentence for sentence in done)
    assert live(clone) == f"1.0.0-{builds[-1][:12]}"


def test_a_refused_push_is_said_at_once(clone: Path, tmp_path: Path) -> None:
    hook = tmp_path / "origin.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(BumpError, match="The push to main was refused: "):
        Branch(clone, "main").publish(VALUES, "1.0.0", DIGEST, "HEAD")
    assert live(clone) == ""


def test_a_branch_that_is_not_there(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clone)
    assert main(["--tag", "1.0.0", "--digest", DIGEST, "--push", "release"]) == 1
    assert capsys.readouterr().err.startswith("git fetch failed: ")
