"""The signature, made and verified by the real cosign in a real registry, and what an attacker may try."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ci import registry, signing
from tests.unit.ci.hub import Hub
from tests.unit.ci.registry import Archive
from tests.unit.ci.signing import Authority, Run

pytestmark = pytest.mark.skipif(bool(registry.MISSING), reason=registry.NOT_RUN)


class Signer:
    """A registry, and the authority that gives the pipeline's runs their certificates."""

    def __init__(self, hub: Hub, authority: Authority) -> None:
        self.hub, self.authority = hub, authority
        hub.variables |= {"COSIGN_PASSWORD": ""}
        self.runs_as(Run())

    def runs_as(self, run: Run) -> None:
        self.hub.program("cosign", self.authority.program(run))

    def built(self, note: str) -> Archive:
        return Archive(self.hub.folder / "image.tar", note)

    def sign(self, digest: str, run: Run | None = None) -> None:
        """Sign an image as a run, which may be another than the pipeline's own."""
        signer = run or Run()
        self.runs_as(signer)
        github = {"GITHUB_SHA": signer.commit, "GITHUB_REF": signer.ref, "GITHUB_WORKFLOW_REF": signer.workflow}
        done = self.hub.run("sign.sh", DIGEST=digest, **github)
        # Nobody's run of another issuer verifies itself.
        assert done.returncode == 0 or signer.issuer != Run().issuer, done.stderr
        self.runs_as(Run())

    def verified(self, digest: str) -> bool:
        return self.hub.run("verify.sh", DIGEST=digest).returncode == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if not signing.cosign():
        pytest.skip(signing.NOT_RUN)
    return Authority(tmp_path_factory.mktemp("authority") / "fulcio")


@pytest.fixture
def signer(authority: Authority, tmp_path: Path) -> Iterator[Signer]:
    with registry.serving(tmp_path / "registry") as address:
        yield Signer(Hub(tmp_path, address), authority)


def test_what_was_built_is_pushed_signed_and_verified(signer: Signer) -> None:
    archive = signer.built("ours")
    assert signer.hub.push().stdout == f"digest={archive.digest}\n"
    assert not signer.verified(archive.digest), "control: it is not signed yet"
    done = signer.hub.run("sign.sh", DIGEST=archive.digest)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert signer.verified(archive.digest)
    again = signer.hub.run("sign.sh", DIGEST=archive.digest)
    assert again.stderr.endswith("is signed already.\n")


def test_a_run_of_the_same_commit_meets_its_own_signature(signer: Signer) -> None:
    first = signer.built("first")
    signer.hub.push()
    signer.sign(first.digest)
    signer.built("second")
    again = signer.hub.push()
    assert (again.returncode, again.stdout) == (0, f"digest={first.digest}\n"), again.stderr
    assert "signed by this workflow for this commit: that image is taken." in again.stderr


OTHERS = {
    "another commit": Run(commit="f" * 40),
    "another branch": Run(ref="refs/heads/feature"),
    "another branch's workflow": Run(workflow="acme/app/.github/workflows/pipeline.yaml@refs/heads/feature"),
    "another workflow": Run(workflow="acme/app/.github/workflows/collection.yaml@refs/heads/main"),
    "a fork": Run(workflow="mallory/app/.github/workflows/pipeline.yaml@refs/heads/main"),
    "another issuer": Run(issuer="https://accounts.example.org"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_a_signature_of_something_else_is_none(other: Run, signer: Signer) -> None:
    theirs = signer.built("theirs")
    signer.hub.attack(signer.hub.folder / "image.tar")
    signer.sign(theirs.digest, other)
    assert not signer.verified(theirs.digest)
    signer.built("ours")
    done = signer.hub.push()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"is there already as {theirs.digest}, which is neither what was built" in done.stderr
    signer.sign(theirs.digest)
    assert signer.verified(theirs.digest), "control: the same image, signed by the pipeline"


def test_an_older_signed_image_under_the_next_tag_is_refused(signer: Signer) -> None:
    older = signer.built("older")
    signer.hub.attack(signer.hub.folder / "image.tar", tag="1.2.3-eeeeeeeeeeee")
    signer.sign(older.digest, Run(commit="e" * 40))
    # What an attacker does with an image that has a known hole: its signature is valid, for the commit that it is of.
    signer.hub.attack(signer.hub.folder / "image.tar")
    signer.built("newer")
    done = signer.hub.push()
    assert (done.returncode, done.stdout) == (1, "")
    assert "nor signed by this workflow for this commit" in done.stderr


def test_a_tag_that_is_moved_after_the_push_changes_nothing(signer: Signer) -> None:
    ours = signer.built("ours")
    digest = signer.hub.push().stdout.strip().removeprefix("digest=")
    theirs = Archive(signer.hub.folder / "theirs.tar", "theirs")
    signer.hub.attack(signer.hub.folder / "theirs.tar")
    signer.sign(digest)
    assert digest == ours.digest
    assert signer.verified(ours.digest)
    assert not signer.verified(theirs.digest)
    again = signer.hub.push()
    assert (again.returncode, again.stdout) == (1, ""), "a later run of that commit notices it"
