"""The pipeline's own workflow, from the build to the chart, with somebody else at work on its registry.

Its steps run as they are in .github/workflows/pipeline.yaml. The registry is real; the builder hands out an archive
that was made before, cosign keeps its signatures in files, and the step that moves the chart notes what it was told.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chain.workflow import Run, Workflow
from tests.unit.ci import registry
from tests.unit.ci.hub import COMMIT, GITHUB, Hub
from tests.unit.ci.registry import Archive
from tests.unit.ci.remote import ROOT

pytestmark = pytest.mark.skipif(bool(registry.MISSING), reason=registry.NOT_RUN)
LEFT_OUT = {"Install": "everything is there"}
TESTED = Run(needs={"test": {"result": "success", "outputs": {}}})
COSIGN = """
file=$SIGNED/${!#}
case $1 in
  login) cat > /dev/null ;;
  sign) mkdir -p "${file%/*}" && touch "$file" ;;
  verify) file=$SIGNED/$2; [[ -e $file ]] || { echo "no signatures found" >&2; exit 10; } ;;
esac
"""


class Pipeline:
    """The workflow for one commit."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.folder, self.hub = folder, hub
        self.signed, self.moved = folder / "signed", folder / "moved"
        self.signed.mkdir()
        hub.program("buildah", '[ "$1" != push ] || cp "$BUILT" "$ARCHIVE"')
        hub.program("cosign", COSIGN)

    def built(self, note: str) -> Archive:
        return Archive(self.folder / "built.tar", note)

    def run(self, earlier: Run | None = None, **how: Any) -> Run:
        """Run the jobs, those alone that did not succeed before."""
        temp = self.folder / "temp"
        temp.mkdir(exist_ok=True)
        contexts = {
            "github": {"event_name": "push", "sha": COMMIT, "ref_name": "main", "token": ""},
            "secrets": {"DOCKERHUB_USERNAME": registry.USER, "DOCKERHUB_TOKEN": registry.TOKEN},
            "vars": {},
            "runner": {"temp": str(temp)},
        }
        kept = {name: self.hub.variables[name] for name in ("PATH", "HOME")}
        environment = kept | GITHUB | {"GITHUB_REF_NAME": "main", "LANDFALL_BUILDER": "buildah"}
        environment |= {"BUILT": str(self.folder / "built.tar"), "SIGNED": str(self.signed), "MOVED": str(self.moved)}
        workflow = Workflow(ROOT / ".github/workflows/pipeline.yaml", contexts, environment, LEFT_OUT)
        return workflow.run(self.checkout, temp, earlier=earlier or TESTED, **how)

    def checkout(self, job: str) -> Path:
        folder = self.folder / job
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "app" / "ci", folder / "app" / "ci")
        shutil.copytree(ROOT / "app" / "chart", folder / "app" / "chart")
        values = folder / "app" / "chart" / "values.yaml"
        values.write_text(values.read_text().replace("landfall/flask-app", self.hub.repository, 1))
        (folder / "app" / "ci" / "bump.py").write_text('#!/bin/bash\necho "$*" > "$MOVED"\n')
        return folder

    def deployed(self) -> str:
        """The digest that the chart was moved to, or nothing."""
        words = self.moved.read_text().split() if self.moved.exists() else []
        return words[words.index("--digest") + 1] if words else ""

    def signatures(self) -> set[str]:
        return {path.name.partition("@")[2] for path in self.signed.rglob("*@sha256:*")}


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    with registry.serving(tmp_path / "registry") as address:
        yield Pipeline(tmp_path, Hub(tmp_path, address))


def next_tag(pipeline: Pipeline) -> str:
    done = subprocess.run(
        [str(pipeline.checkout("attacker") / "app/ci/image.py"), "--commit", COMMIT],
        cwd=pipeline.folder / "attacker",
        env=pipeline.hub.variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())["tag"]


def test_what_was_built_is_signed_and_deployed(pipeline: Pipeline) -> None:
    archive = pipeline.built("ours")
    run = pipeline.run()
    assert run.failed is None, run.said()
    assert pipeline.signatures() == {archive.digest}
    assert pipeline.deployed() == archive.digest


def test_an_image_under_the_next_tag_is_neither_signed_nor_deployed(pipeline: Pipeline) -> None:
    Archive(pipeline.folder / "theirs.tar", "theirs")
    pipeline.hub.attack(pipeline.folder / "theirs.tar", next_tag(pipeline))
    pipeline.built("ours")
    run = pipeline.run()
    assert run.failed
    assert run.failed.name == "Push the image to Docker Hub"
    assert "nor signed by this workflow for this commit" in run.failed.said
    assert (pipeline.signatures(), pipeline.deployed()) == (set(), "")


def test_a_tag_that_is_moved_before_the_signature(pipeline: Pipeline) -> None:
    archive = pipeline.built("ours")
    Archive(pipeline.folder / "theirs.tar", "theirs")
    tag = next_tag(pipeline)

    def move(step: str) -> None:
        if step.startswith("Sign"):
            pipeline.hub.attack(pipeline.folder / "theirs.tar", tag)

    run = pipeline.run(before=move)
    assert run.failed is None, run.said()
    assert (pipeline.signatures(), pipeline.deployed()) == ({archive.digest}, archive.digest)


def test_an_archive_that_is_replaced_between_two_jobs(pipeline: Pipeline) -> None:
    pipeline.built("ours")
    build = pipeline.run()
    build.needs.pop("image")
    build.needs.pop("deploy")
    pipeline.moved.unlink()
    shutil.rmtree(pipeline.signed)
    theirs = Archive(pipeline.folder / "theirs.tar", "theirs")
    build.artifacts["image"] = ("image.tar", (pipeline.folder / "theirs.tar").read_bytes())
    run = pipeline.run(earlier=build)
    assert run.failed
    assert f"has the digest {theirs.digest}, but the build said" in run.failed.said
    assert (pipeline.signatures(), pipeline.deployed()) == (set(), "")


def test_a_signature_that_is_gone_before_the_chart_is_moved(pipeline: Pipeline) -> None:
    pipeline.built("ours")

    def remove(step: str) -> None:
        if step.startswith("Verify"):
            shutil.rmtree(pipeline.signed)

    run = pipeline.run(before=remove)
    assert run.failed
    assert run.failed.name.startswith("Verify")
    assert pipeline.deployed() == ""


def test_a_run_that_failed_to_sign_goes_on_with_what_was_built(pipeline: Pipeline) -> None:
    archive = pipeline.built("ours")
    pipeline.hub.program("cosign", "cat > /dev/null; exit 1")
    first = pipeline.run()
    assert first.failed
    assert first.failed.name == "Sign the image"
    pipeline.hub.program("cosign", COSIGN)
    pipeline.built("another build would have other bytes")
    again = pipeline.run(earlier=first)
    assert again.failed is None, again.said()
    assert pipeline.deployed() == archive.digest
