"""How the image is named, built, pushed and signed: with programs that note how they were called."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from image import ImageError, describe
from tests.unit.ci.remote import CI, ENVIRONMENT, ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "not-to-be-seen"
IMAGE = "acme/app:1.2.3-0123456"
BUILD = {"IMAGE": IMAGE, "VERSION": "1.2.3", "REVISION": COMMIT}
SIGN = {
    "REPOSITORY": "acme/app",
    "DIGEST": "sha256:feed",
    "DOCKERHUB_USERNAME": "acme",
    "DOCKERHUB_TOKEN": TOKEN,
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "acme/app/.github/workflows/pipeline.yaml@refs/heads/main",
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
        path.write_text(f'#!/bin/bash\necho "{name} $*" >> "$0.calls"\n{then}\n')
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


def test_an_archive_has_sbom_and_provenance_and_a_cache(calls: Calls) -> None:
    calls.stand_in("docker", '[ "$2" != inspect ] || exit 1\n[ "$2" != build ] || mkdir -p layers.new')
    build = BUILD | {"ARCHIVE": "image.tar", "BUILD_CACHE": "layers"}
    for _ in range(2):
        assert calls.run("build.sh", **build).returncode == 0
    inspect, create, first, *_, second = calls.of("docker")
    assert (inspect, create) == (
        "docker buildx inspect landfall",
        "docker buildx create --name landfall --driver docker-container",
    )
    for build_call in (first, second):
        assert "--sbom=true --provenance=mode=max --output type=oci,dest=image.tar" in build_call
        assert "--cache-to type=local,mode=max,dest=layers.new" in build_call
    assert "--cache-from" not in first
    assert "--cache-from type=local,src=layers" in second
    assert not (calls.folder / "layers.new").exists()


def test_buildah_makes_the_archive_and_says_what_it_leaves_out(calls: Calls) -> None:
    calls.stand_in("buildah")
    build = BUILD | {"ARCHIVE": "image.tar", "LANDFALL_BUILDER": "buildah", "BUILD_OPTIONS": "--pull-never --squash"}
    done = calls.run("build.sh", **build)
    assert "SBOM and provenance: not run" in done.stderr
    assert calls.of("buildah")[0].startswith("buildah build --layers --format oci --pull-never --squash --build-arg")
    assert f"--label org.opencontainers.image.revision={COMMIT} " in calls.of("buildah")[0]
    assert calls.of("buildah")[1] == f"buildah push --quiet {IMAGE} oci-archive:image.tar:{IMAGE}"


def test_a_builder_that_is_none(calls: Calls) -> None:
    done = calls.run("build.sh", **BUILD, LANDFALL_BUILDER="kaniko")
    assert (done.returncode, done.stderr) == (1, "build: LANDFALL_BUILDER is 'kaniko': write docker or buildah.\n")


@pytest.mark.parametrize("script", ["build.sh", "push.sh", "sign.sh"])
def test_a_missing_variable_stops_a_script(script: str, calls: Calls) -> None:
    done = calls.run(script)
    assert done.returncode == 1
    assert ": write " in done.stderr


def test_a_signature_is_made_and_then_verified(calls: Calls) -> None:
    calls.stand_in("cosign", '[ "$1" != login ] || cat > "$0.stdin"')
    done = calls.run("sign.sh", **SIGN)
    assert done.returncode == 0, done.stderr
    login, sign, verify = calls.of("cosign")
    assert login == "cosign login docker.io --username acme --password-stdin"
    assert (calls.folder / "cosign.stdin").read_text() == TOKEN
    assert sign == "cosign sign --yes --recursive acme/app@sha256:feed"
    assert (
        "--certificate-identity https://github.com/acme/app/.github/workflows/pipeline.yaml@refs/heads/main" in verify
    )


@pytest.mark.parametrize("step", ["login", "sign", "verify"])
def test_a_signature_that_fails_stops_the_pipeline(step: str, calls: Calls) -> None:
    calls.stand_in("cosign", f'[ "$1" != {step} ] || exit 7')
    assert calls.run("sign.sh", **SIGN).returncode != 0


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
