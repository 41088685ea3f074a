"""A bump, pushed to a real repository: once, on top of what is there, and never backwards."""

import pytest

from delivery.moving import Branch, Bump
from delivery.repository import Repository
from delivery.values import Image
from tests.unit.ci.remote import DIGEST, TEXT, VALUES, Remote, bump, git, script, tag


def test_a_bump_is_one_commit_that_changes_two_values(remote: Remote) -> None:
    built = remote.commit("second")
    done = bump(remote.clone, built)
    head = git(remote.bare, "rev-parse", "main")
    assert (done.status, done.outputs) == (0, {"outcome": "pushed", "revision": head, "tag": tag(built)})
    assert done.said == f"bump: main now deploys {tag(built)}.\n"
    assert git(remote.bare, "show", "--format=%s|%P", "--name-only", "main").split("\n") == [
        f"Deploy {tag(built)}|{built}",
        "",
        str(VALUES),
    ]
    assert remote.text() == TEXT.replace('tag: ""', f'tag: "{tag(built)}"').replace("digest: ''", f'digest: "{DIGEST}"')


def test_the_checkout_is_not_touched(remote: Remote) -> None:
    built = remote.commit("second")
    before = git(remote.clone, "for-each-ref", "--format=%(refname)")
    bump(remote.clone, built)
    assert git(remote.clone, "for-each-ref", "--format=%(refname)") == before
    assert git(remote.clone, "status", "--porcelain") == ""
    assert git(remote.clone, "rev-parse", "HEAD") == built


def test_a_second_run_changes_nothing(remote: Remote) -> None:
    built = remote.commit("second")
    bump(remote.clone, built)
    head = git(remote.bare, "rev-parse", "main")
    again = bump(remote.clone, built)
    assert again.outputs == {"outcome": "unchanged", "revision": head, "tag": tag(built)}
    assert git(remote.bare, "rev-parse", "main") == head


def test_a_dry_run_shows_two_lines_and_changes_nothing(remote: Remote) -> None:
    built = remote.commit("second")
    done = bump(remote.clone, built, "--dry-run")
    assert (done.status, done.outputs["outcome"]) == (0, "dry-run")
    changed = [line for line in done.said.splitlines() if line[0] in "+-" and line[:3] not in {"+++", "---"}]
    assert [line[0] for line in changed] == ["-", "+", "-", "+"]
    assert f'+  tag: "{tag(built)}"   # which' in changed
    assert git(remote.bare, "rev-parse", "main") == built


def test_an_older_build_replaces_no_newer_one(remote: Remote) -> None:
    old, new = remote.commit("old"), remote.commit("new")
    bump(remote.clone, new)
    done = bump(remote.clone, old)
    assert (done.status, done.outputs["outcome"]) == (0, "older")
    assert done.said == f"bump: main deploys {tag(new)}, a newer build than {tag(old)}: left as it is.\n"
    assert remote.live().tag == tag(new)
    newest = remote.commit("newest")
    assert bump(remote.clone, newest).outputs["outcome"] == "pushed", "control: a newer one does"


def test_a_build_of_a_history_that_was_thrown_away_is_replaced(remote: Remote) -> None:
    first = git(remote.clone, "rev-parse", "HEAD")
    gone = remote.commit("gone")
    bump(remote.clone, gone)
    values = remote.text()
    git(remote.bare, "update-ref", "refs/heads/main", first)
    kept = remote.commit(values, str(VALUES))
    assert remote.live().tag == tag(gone)
    assert bump(remote.clone, kept).outputs["outcome"] == "pushed"


def test_a_commit_that_the_branch_does_not_hold_is_not_deployed(remote: Remote) -> None:
    git(remote.clone, "commit", "--allow-empty", "--message", "elsewhere")
    done = bump(remote.clone, git(remote.clone, "rev-parse", "HEAD"))
    assert done.status == 1
    assert "is no commit of main: only what that branch holds is deployed." in done.said
    assert remote.live().tag == ""


def test_a_shallow_checkout_gets_its_history(remote: Remote) -> None:
    old, new = remote.commit("old"), remote.commit("new")
    bump(remote.clone, new)
    shallow = remote.cloned("shallow", "--depth=1")
    assert git(shallow, "rev-parse", "--is-shallow-repository") == "true"
    assert bump(shallow, old).outputs["outcome"] == "older"


def test_a_dirty_checkout_is_refused(remote: Remote) -> None:
    built = remote.commit("second")
    (remote.clone / "source").write_text("changed")
    done = bump(remote.clone, built)
    assert done.status == 1
    assert "The checkout has changes that are not committed (source)" in done.said
    assert remote.live().tag == ""


def test_an_untracked_file_is_no_change(remote: Remote) -> None:
    built = remote.commit("second")
    (remote.clone / "report.xml").write_text("made by a test")
    assert bump(remote.clone, built).outputs["outcome"] == "pushed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--push", "release"], "origin has no branch release: name the branch that is deployed."),
        (["--push", "main", "--values", "no/such.yaml"], "There is no file no/such.yaml at"),
    ],
)
def test_what_is_not_there(remote: Remote, arguments: list[str], sentence: str) -> None:
    done = script("bump.py", remote.clone, "--tag", "1.0.0", "--digest", DIGEST, *arguments)
    assert done.status == 1
    assert done.said.startswith(f"bump: {sentence}")
    assert len(done.said.splitlines()) == 1


def test_missing_keys_are_one_sentence(remote: Remote) -> None:
    built = remote.commit("image: {tag: x}\n", str(VALUES))
    done = bump(remote.clone, built)
    assert (done.status, done.said) == (1, 'bump: The values have no image.digest: write digest: "" under image.\n')


def test_a_folder_that_is_no_checkout(tmp_path_factory: pytest.TempPathFactory) -> None:
    done = script("bump.py", tmp_path_factory.mktemp("bare"), "--tag", "1.0.0", "--digest", DIGEST, "--push", "main")
    assert done.status == 1
    assert "not a git repository" in done.said
    assert "Traceback" not in done.said


def test_a_race_that_is_lost_is_run_again(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    built, clone = remote.commit("second"), remote.cloned("other")
    pushes, push = [], Repository.push

    def second(self: Repository, commit: str, branch: str) -> None:
        if not pushes:
            remote.commit("in between", "theirs", clone)
        pushes.append(commit)
        push(self, commit, branch)

    monkeypatch.setattr(Repository, "push", second)
    with remote.repository() as repository:
        result = Branch(repository, "main", None, 60).publish(Bump(Image(tag(built), DIGEST), built))
    assert (result.outcome, len(pushes)) == ("pushed", 2)
    assert remote.subjects()[:2] == [f"Deploy {tag(built)}", "in between"]


def test_patience_ends(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    built = remote.commit("second")
    remote.hook("update", "echo 'cannot lock ref' >&2; exit 1")
    done = bump(remote.clone, built, "--patience", "6")
    assert done.status == 1
    assert "the last: run it again later." in done.said.splitlines()[-1]
    assert "Trying again." in done.said
