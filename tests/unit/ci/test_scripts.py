"""How the image is named, built, pushed and signed: with programs that note how they were called."""

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from locking import images

from image import ImageError, describe
from tests.unit.ci.remote import CI, DIGEST, ENVIRONMENT, ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "not-to-be-seen"
IMAGE = "acme/app:1.2.3-0123456"
BUILD = {"IMAGE": IMAGE, "VERSION": "1.2.3", "REVISION": COMMIT}
SIGN = {
    "REPOSITORY": "acme/app",
    "DIGEST": DIGEST,
    "DOCKERHUB_USERNAME": "acme",
    "DOCKERHUB_TOKEN": TOKEN,
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "acme/app/.github/workflows/pipeline.yaml@refs/heads/main",
    "GITHUB_SHA": COMMIT,
    "GITHUB_REF": "refs/heads/main",
}


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


class Calls:
    """Stands in for programs, and notes their calls and what they read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stand_in(self, name: str, then: str = "") -> None:
        path = self.folder / name
        read = '[ "$1" != login ] || cat > "$0.stdin"'
        path.write_text(f'#!/bin/bash\necho "{name} $*" >> "$0.calls"\n{read}\n{then}\n')
        path.chmod(0o755)

    def of(self, name: str) -> list[str]:
        path = self.folder / f"{name}.calls"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = ENVIRONMENT | environment | {"PATH": f"{self.folder}:{ENVIRONMENT['PATH']}"}
        command = [str(CI / script), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=600, check=False
        )


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    return Calls(tmp_path)


def test_an_image_for_docker_itself(calls: Calls) -> None:
    calls.stand_in("docker")
    assert calls.run("build.sh", **BUILD).returncode == 0
    named = f"--build-arg VERSION=1.2.3 --build-arg REVISION={COMMIT} --tag {IMAGE} ."
    assert calls.of("docker") == [f"docker build --pull {named}"]


def test_an_archive_has_sbom_and_provenance_and_nothing_of_an_earlier_build(calls: Calls) -> None:
    calls.stand_in("docker", '[ "$2" != inspect ] || exit 1')
    calls.stand_in("skopeo", "printf manifest")
    done = calls.run("build.sh", **BUILD, ARCHIVE="image.tar")
    inspect, create, build = calls.of("docker")
    assert (inspect, create) == (
        "docker buildx inspect landfall",
        "docker buildx create --name landfall --driver docker-container",
    )
    assert "--sbom=true --provenance=mode=max --output type=oci,dest=image.tar" in build
    assert "cache" not in build
    assert done.stdout == f"digest=sha256:{hashlib.sha256(b'manifest').hexdigest()}\n", "nothing else is an output"


def test_buildah_makes_the_archive_and_says_what_it_leaves_out(calls: Calls) -> None:
    calls.stand_in("buildah", "echo what it is doing")
    calls.stand_in("skopeo", "printf manifest")
    build = BUILD | {"ARCHIVE": "image.tar", "LANDFALL_BUILDER": "buildah", "BUILD_OPTIONS": "--pull-never --squash"}
    done = calls.run("build.sh", **build)
    assert "SBOM and provenance: not run" in done.stderr
    assert calls.of("buildah")[0].startswith("buildah build --layers --format oci --pull-never --squash --build-arg")
    assert f"--label org.opencontainers.image.revision={COMMIT} " in calls.of("buildah")[0]
    assert calls.of("buildah")[1] == f"buildah push --quiet {IMAGE} oci-archive:image.tar:{IMAGE}"
    assert calls.of("skopeo") == ["skopeo inspect --raw oci-archive:image.tar"]
    assert re.fullmatch(r"digest=sha256:[0-9a-f]{64}\n", done.stdout)


def test_a_builder_that_is_none(calls: Calls) -> None:
    done = calls.run("build.sh", **BUILD, LANDFALL_BUILDER="kaniko")
    assert (done.returncode, done.stderr) == (1, "build: LANDFALL_BUILDER is 'kaniko': write docker or buildah.\n")


@pytest.mark.parametrize(
    "base", ["python:3.13-slim", "python@sha256:abc", f"python:3.13-slim # @sha256:{'a' * 64} later"]
)
def test_the_workflow_refuses_a_base_that_can_move(base: str, calls: Calls) -> None:
    calls.stand_in("docker")
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert images.BASE.search(dockerfile), "control: this is how the base is named"
    (calls.folder / "Dockerfile").write_text(images.BASE.sub(f"ARG BASE={base}", dockerfile))
    done = calls.run("build.sh", **BUILD, GITHUB_ACTIONS="true")
    assert (done.returncode, done.stdout, calls.of("docker")) == (1, "", [])
    assert done.stderr == (
        "build: the base image in the Dockerfile has no digest, and its tag can move: "
        "run `make lock`, and commit what it writes\n"
    )


def test_the_workflow_builds_on_a_digest(calls: Calls) -> None:
    calls.stand_in("docker")
    pinned = f"ARG BASE=python:3.13-slim@sha256:{'a' * 64}"
    (calls.folder / "Dockerfile").write_text(images.BASE.sub(pinned, (ROOT / "Dockerfile").read_text()))
    assert images.BASE.search(pinned), "control: this is how `make lock` writes it"
    assert calls.run("build.sh", **BUILD, GITHUB_ACTIONS="true").returncode == 0
    assert len(calls.of("docker")) == 1


@pytest.mark.parametrize("script", ["build.sh", "push.sh", "sign.sh", "verify.sh"])
def test_a_missing_variable_stops_a_script(script: str, calls: Calls) -> None:
    done = calls.run(script)
    assert done.returncode == 1
    assert ": write " in done.stderr


VERIFY = (
    f"cosign verify acme/app@{DIGEST} --certificate-identity "
    "https://github.com/acme/app/.github/workflows/pipeline.yaml@refs/heads/main "
    "--certificate-oidc-issuer https://token.actions.githubusercontent.com "
    f"--certificate-github-workflow-sha {COMMIT} --certificate-github-workflow-ref refs/heads/main"
)
LOGIN = "cosign login docker.io --username acme --password-stdin"
SIGNED_ONCE = '[ "$1" != sign ] || touch "$0.signed"; [ "$1" != verify ] || [ -e "$0.signed" ]'


def test_a_signature_is_made_and_then_verified(calls: Calls) -> None:
    calls.stand_in("cosign", SIGNED_ONCE)
    done = calls.run("sign.sh", **SIGN)
    assert done.returncode == 0, done.stderr
    sign = f"cosign sign --yes --recursive acme/app@{DIGEST}"
    assert calls.of("cosign") == [LOGIN, VERIFY, LOGIN, sign, LOGIN, VERIFY]
    assert (calls.folder / "cosign.stdin").read_text() == TOKEN


def test_what_is_signed_already_is_left_as_it_is(calls: Calls) -> None:
    calls.stand_in("cosign")
    done = calls.run("sign.sh", **SIGN)
    assert (done.returncode, done.stderr) == (0, f"sign: acme/app@{DIGEST} is signed already.\n")
    assert calls.of("cosign") == [LOGIN, VERIFY]


@pytest.mark.parametrize("step", ["login", "sign", "verify"])
def test_a_signature_that_fails_stops_the_pipeline(step: str, calls: Calls) -> None:
    calls.stand_in("cosign", f'[ "$1" != {step} ] || exit 7\n{SIGNED_ONCE}')
    assert calls.run("sign.sh", **SIGN).returncode != 0


def test_anybody_verifies_a_public_image(calls: Calls) -> None:
    calls.stand_in("cosign")
    done = calls.run("verify.sh", **SIGN | {"DOCKERHUB_TOKEN": ""})
    assert (done.returncode, calls.of("cosign")) == (0, [VERIFY])


def test_an_image_without_a_signature_is_one_sentence(calls: Calls) -> None:
    calls.stand_in("cosign", 'echo Error >&2; echo "no signatures found" >&2; [ "$1" != verify ] || exit 10')
    done = calls.run("verify.sh", **SIGN | {"DOCKERHUB_TOKEN": ""})
    identity = "https://github.com/acme/app/.github/workflows/pipeline.yaml@refs/heads/main"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"verify: acme/app@{DIGEST} has no valid signature of {identity} for commit {COMMIT} (no signatures found)\n"
    )


@pytest.mark.parametrize("script", ["sign.sh", "verify.sh"])
@pytest.mark.parametrize("digest", ["1.2.3-0123456789ab", "latest", "sha256:feed", f"sha256:{'A' * 64}", f"{DIGEST} x"])
def test_a_tag_in_place_of_a_digest_is_refused(digest: str, script: str, calls: Calls) -> None:
    calls.stand_in("cosign")
    done = calls.run(script, **SIGN | {"DIGEST": digest})
    assert (done.returncode, calls.of("cosign")) == (1, [])
    assert f"DIGEST is '{digest}': write sha256: and 64 hexadecimal digits, as push.sh prints them" in done.stderr


@pytest.mark.parametrize("name", ["GITHUB_SERVER_URL", "GITHUB_WORKFLOW_REF", "GITHUB_SHA", "GITHUB_REF"])
@pytest.mark.parametrize("script", ["sign.sh", "verify.sh"])
def test_only_github_has_the_identity(script: str, name: str, calls: Calls) -> None:
    calls.stand_in("cosign")
    done = calls.run(script, **SIGN | {name: ""})
    assert done.returncode != 0
    assert calls.of("cosign") == []
    assert f"{name}: only GitHub Actions has it" in done.stderr


def test_nothing_to_install(calls: Calls) -> None:
    done = calls.run("install.sh", "everything")
    assert done.returncode == 1
    assert done.stderr == "install: 'everything' is nothing to install: write tests, scripts or cosign.\n"


def pins(path: str) -> set[str]:
    lines = (ROOT / path).read_text().splitlines()
    return {line.split()[0] for line in lines if "==" in line}


@pytest.mark.parametrize("name", ["requirements", "requirements-ci", "requirements-test"])
def test_the_application_has_the_versions_that_are_tested(name: str) -> None:
    assert pins(f"app/{name}.txt")
    assert pins(f"app/{name}.txt") <= pins("requirements.txt") | pins("requirements-test.txt")


def test_cosign_comes_from_a_cache_of_its_job_alone(calls: Calls) -> None:
    calls.stand_in("python")
    path = calls.folder / "path"
    done = calls.run("install.sh", "cosign", RUNNER_TEMP=str(calls.folder / "temp"), GITHUB_PATH=str(path))
    assert done.returncode == 0, done.stderr
    (got,) = calls.of("python")
    assert f"--pins tools/release-tools.yml --pinned --cache {calls.folder}/temp/tools " in f"{got} "
    assert path.read_text() == f"{calls.folder}/temp/programs\n"
