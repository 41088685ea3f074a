"""push.sh against a real registry: the image with its attestations, under a tag that never changes.

The signature is a stand-in here; tests/unit/ci/test_signature.py has real ones.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ci import registry
from tests.unit.ci.hub import COMMIT, WORKFLOW, Hub
from tests.unit.ci.registry import Archive
from tests.unit.ci.remote import ENVIRONMENT

pytestmark = pytest.mark.skipif(bool(registry.MISSING), reason=registry.NOT_RUN)
UNSIGNED = '[ "$1" != login ] || cat > /dev/null; [ "$1" != verify ] || { echo "no signatures found" >&2; exit 10; }'


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with registry.serving(tmp_path / "registry") as address:
        made = Hub(tmp_path, address)
        made.program("cosign", UNSIGNED)
        yield made


def test_an_image_arrives_with_its_attestations(hub: Hub) -> None:
    archive = Archive(hub.folder / "image.tar", "first")
    done = hub.push(DIGEST=archive.digest)
    assert (done.returncode, done.stdout) == (0, f"digest={archive.digest}\n"), done.stderr
    assert all(hub.has(digest) for digest in archive.manifests)
    assert not hub.has(f"sha256:{'0' * 64}"), "control"


def test_a_second_push_of_what_was_built_changes_nothing(hub: Hub) -> None:
    archive = Archive(hub.folder / "image.tar", "first")
    hub.push()
    again = hub.push()
    assert (again.returncode, again.stdout) == (0, f"digest={archive.digest}\n")
    assert again.stderr.endswith("is there already, with the digest that was built.\n")


def test_an_image_that_somebody_else_pushed_under_the_next_tag_is_refused(hub: Hub) -> None:
    theirs = Archive(hub.folder / "theirs.tar", "theirs")
    hub.attack(hub.folder / "theirs.tar")
    ours = Archive(hub.folder / "image.tar", "ours")
    done = hub.push()
    assert (done.returncode, done.stdout) == (1, ""), "no digest: nothing is signed or deployed"
    assert done.stderr == (
        f"push: {hub.variables['IMAGE']} is there already as {theirs.digest}, which is neither what was built "
        f"({ours.digest}) nor signed by this workflow for this commit: push a new commit, which gets a new tag, and "
        f"find out who pushed this one (verify: {hub.repository}@{theirs.digest} has no valid signature of "
        f"https://github.com/{WORKFLOW} for commit {COMMIT} (no signatures found))\n"
    )
    assert not hub.has(ours.digest)


def test_a_run_of_the_same_commit_takes_what_an_earlier_one_has_signed(hub: Hub) -> None:
    first = Archive(hub.folder / "image.tar", "first")
    hub.push()
    signed = f"{hub.repository}@{first.digest}"
    hub.program("cosign", f'[ "$1" != login ] || cat > /dev/null; [ "$1" != verify ] || [ "$2" = {signed} ]')
    second = Archive(hub.folder / "image.tar", "second")
    again = hub.push()
    assert (again.returncode, again.stdout) == (0, f"digest={first.digest}\n"), again.stderr
    assert again.stderr.endswith("is there already, signed by this workflow for this commit: that image is taken.\n")
    assert not hub.has(second.digest)


def test_outside_of_github_another_image_under_the_tag_is_refused_too(hub: Hub) -> None:
    Archive(hub.folder / "image.tar", "first")
    hub.push()
    Archive(hub.folder / "image.tar", "second")
    hub.program("cosign", "exit 0")
    done = hub.push(GITHUB_SHA="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "GITHUB_SHA: only GitHub Actions has it" in done.stderr


def test_a_push_at_the_same_time_is_noticed(hub: Hub) -> None:
    theirs = Archive(hub.folder / "theirs.tar", "theirs")
    Archive(hub.folder / "image.tar", "ours")
    real = shutil.which("skopeo", path=ENVIRONMENT["PATH"])
    copy = f'{real} copy -q --all --preserve-digests oci-archive:{hub.folder}/theirs.tar "docker://$IMAGE"'
    hub.program("skopeo", f'{real} "$@" || exit\n[ "$1" != copy ] || {copy}')
    done = hub.push()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"push: {hub.variables['IMAGE']} was pushed by somebody else at the same time, as {theirs.digest}: "
        "push a new commit, which gets a new tag, and find out who pushed this one\n"
    )


@pytest.mark.parametrize("digest", [f"sha256:{'0' * 64}", ""])
def test_another_archive_than_the_build_made_is_not_pushed(digest: str, hub: Hub) -> None:
    archive = Archive(hub.folder / "image.tar", "replaced")
    done = hub.push(DIGEST=digest)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"has the digest {archive.digest}, but the build said '{digest}'" in done.stderr
    assert not hub.has(archive.digest)


def test_a_login_that_is_refused(hub: Hub) -> None:
    Archive(hub.folder / "image.tar", "first")
    done = hub.push(DOCKERHUB_TOKEN="expired")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"push: {hub.address} refuses the login of acme, or does not answer")
    assert "invalid username/password" in done.stderr


def test_a_registry_that_is_down(hub: Hub) -> None:
    Archive(hub.folder / "image.tar", "first")
    with registry.serving(hub.folder / "other") as address:
        registry.allow_http(hub.folder, address)
    done = hub.push(IMAGE=f"{address}/acme/app:1.2.3")
    assert (done.returncode, done.stdout) == (1, "")
    assert "connection refused" in done.stderr


def test_an_archive_that_is_not_there(hub: Hub) -> None:
    done = hub.push()
    assert (done.returncode, done.stdout) == (1, "")
    assert "image.tar is no OCI archive of one image: run build.sh with ARCHIVE" in done.stderr
    assert "no such file" in done.stderr
