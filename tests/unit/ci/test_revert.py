"""Back to the image before, if the bad one is still what is deployed; nobody's later commit is undone."""

import pytest

from tests.unit.ci.remote import TEXT, VALUES, Ran, Remote, bump, git, script, tag


@pytest.fixture
def builds(remote: Remote) -> tuple[str, str]:
    """Two builds, the newer one bumped after the older."""
    good, bad = remote.commit("good"), remote.commit("bad")
    for build in (good, bad):
        assert bump(remote.clone, build).outputs["outcome"] == "pushed"
    return good, bad


def revert(remote: Remote, build: str, *arguments: str) -> Ran:
    options = ["--revert", "--tag", tag(build), "--push", "main", *arguments]
    return script("bump.py", remote.clone, *options, CAUSE="Pod x: CrashLoopBackOff")


def test_the_image_before_comes_back_with_the_cause(builds: tuple[str, str], remote: Remote) -> None:
    good, bad = builds
    before = remote.text()
    done = revert(remote, bad)
    assert (done.status, done.outputs["outcome"], done.outputs["tag"]) == (0, "pushed", tag(good))
    assert remote.text() == before.replace(tag(bad), tag(good))
    assert git(remote.bare, "log", "-1", "--format=%B", "main") == (
        f"Go back from {tag(bad)} to {tag(good)}\n\nPod x: CrashLoopBackOff"
    )


def test_later_commits_of_others_stay(builds: tuple[str, str], remote: Remote) -> None:
    good, bad = builds
    remote.commit(remote.text().replace("last: 1", "last: 2"), str(VALUES))
    remote.commit("more", "theirs")
    revert(remote, bad)
    assert remote.live().tag == tag(good)
    assert "last: 2" in remote.text()
    assert git(remote.bare, "cat-file", "blob", "main:theirs") == "more"


def test_a_newer_bump_is_not_taken_back(builds: tuple[str, str], remote: Remote) -> None:
    newest = remote.commit("newest")
    bump(remote.clone, newest)
    done = revert(remote, builds[1])
    assert (done.status, done.outputs["outcome"]) == (0, "superseded")
    assert remote.live().tag == tag(newest)


def test_a_second_revert_changes_nothing(builds: tuple[str, str], remote: Remote) -> None:
    revert(remote, builds[1])
    head = git(remote.bare, "rev-parse", "main")
    assert revert(remote, builds[1]).outputs["outcome"] == "superseded"
    assert git(remote.bare, "rev-parse", "main") == head


def test_a_reverted_build_is_not_what_is_gone_back_to(builds: tuple[str, str], remote: Remote) -> None:
    good, bad = builds
    revert(remote, bad)
    worse = remote.commit("worse")
    bump(remote.clone, worse)
    revert(remote, worse)
    assert remote.live().tag == tag(good)


def test_a_reverted_build_can_be_bumped_again(builds: tuple[str, str], remote: Remote) -> None:
    revert(remote, builds[1])
    assert bump(remote.clone, builds[1]).outputs["outcome"] == "pushed"


def test_a_dry_run_changes_nothing(builds: tuple[str, str], remote: Remote) -> None:
    head = git(remote.bare, "rev-parse", "main")
    done = revert(remote, builds[1], "--dry-run")
    assert (done.outputs["outcome"], done.outputs["tag"]) == ("dry-run", tag(builds[0]))
    assert git(remote.bare, "rev-parse", "main") == head


def test_the_first_build_has_nothing_before_it(remote: Remote) -> None:
    first = remote.commit("second")
    bump(remote.clone, first)
    done = revert(remote, first)
    assert done.status == 1
    assert "is the first build that main deploys: there is none to go back to." in done.said
    assert remote.live().tag == tag(first)
    assert remote.text() != TEXT
