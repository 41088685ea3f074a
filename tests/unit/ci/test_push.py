"""push.sh against a real registry: the image with its attestations, under a tag that never changes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ci import registry
from tests.unit.ci.registry import Archive
from tests.unit.ci.remote import CI, ENVIRONMENT

pytestmark = pytest.mark.skipif(bool(registry.MISSING), reason=registry.NOT_RUN)


class Hub:
    """A registry, and the environment of a push to it."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.variables = ENVIRONMENT | {
            "HOME": str(folder),
            "IMAGE": f"{address}/acme/app:1.2.3-0123456",
            "ARCHIVE": str(folder / "image.tar"),
            "DOCKERHUB_USERNAME": registry.USER,
            "DOCKERHUB_TOKEN": registry.TOKEN,
        }
        registry.allow_http(folder, address)

    def push(self, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(CI / "push.sh")]
        done = subprocess.run(
            command, env=self.variables | environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert registry.TOKEN not in done.stdout + done.stderr
        return done

    def has(self, digest: str) -> bool:
        login = f"--creds={registry.USER}:{registry.TOKEN}"
        image = f"docker://{self.address}/acme/app@{digest}"
        command = ["skopeo", "inspect", "--raw", login, image]
        return subprocess.run(command, env=self.variables, capture_output=True, check=False).returncode == 0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with registry.serving(tmp_path / "registry") as address:
        yield Hub(tmp_path, address)


def test_an_image_arrives_with_its_attestations(hub: Hub) -> None:
    archive = Archive(hub.folder / "image.tar", "first")
    done = hub.push()
    assert (done.returncode, done.stdout) == (0, f"digest={archive.digest}\n"), done.stderr
    assert all(hub.has(digest) for digest in archive.manifests)
    assert not hub.has(f"sha256:{'0' * 64}"), "control"


def test_a_tag_that_is_there_stays_as_it_is(hub: Hub) -> None:
    first = Archive(hub.folder / "image.tar", "first")
    hub.push()
    second = Archive(hub.folder / "image.tar", "second")
    again = hub.push()
    assert (again.returncode, again.stdout) == (0, f"digest={first.digest}\n")
    assert "is there already and stays as it is." in again.stderr
    assert not hub.has(second.digest)


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
    assert "takes no push of" in done.stderr
    assert "no such file" in done.stderr
