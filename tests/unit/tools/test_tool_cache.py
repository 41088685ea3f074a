"""The cache: what is in it is whole, whatever happened to it or to the runs that wrote it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from toolcache.cache import Cache, default_root
from toolcache.pins import load, this_platform
from toolcache.progress import Progress

if TYPE_CHECKING:
    from .conftest import Project


def sources(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return {name: result["source"] for name, result in json.loads(done.stdout).items()}


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited 60 s in vain"
        time.sleep(0.02)


def running(group: int) -> list[int]:
    """The processes of a process group that have not ended (one that nobody waits for stays as a zombie)."""
    members = [process for process in psutil.process_iter(["status"]) if getpgid(process.pid) == group]
    return [process.pid for process in members if process.info["status"] != psutil.STATUS_ZOMBIE]


def getpgid(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_first_run_builds_once_and_second_finds_it(project: Project) -> None:
    first = project.run("--json")
    second = project.run("--json")
    assert sources(first) == {"alpha": "build", "beta": "build"}
    assert sources(second) == {"alpha": "cache", "beta": "cache"}
    assert len(project.builds()) == 1
    assert {result["changed"] for result in json.loads(first.stdout).values()} == {True}
    assert {result["changed"] for result in json.loads(second.stdout).values()} == {False}
    assert project.leftovers() == []


def test_entry_holds_the_program_and_a_checkable_hash(project: Project) -> None:
    result = json.loads(project.run("--json").stdout)["alpha"]
    program = Path(result["path"])
    assert subprocess.check_output([program], text=True) == "built\n"
    assert result["version"] == "1.2.3"
    record = program.with_name("alpha.sha256").read_text()
    assert record == f"{hashlib.sha256(program.read_bytes()).hexdigest()}  alpha\n"


def test_build_uses_the_pinned_module_read_only(project: Project) -> None:
    project.write(ldflags=["-X demo.version=v{version}-{major}-{minor}"])
    project.run()
    (build,) = project.builds()
    assert "-mod=readonly" in build
    assert "-trimpath" in build
    assert "-ldflags=-s -w -X demo.version=v1.2.3-1-2" in build
    assert build.endswith("demo.example/alpha demo.example/beta")


def garble(program: Path) -> None:
    program.write_bytes(program.read_bytes().replace(b"built", b"stolen"))


def truncate(program: Path) -> None:
    program.write_bytes(program.read_bytes()[:-3])


def empty(program: Path) -> None:
    program.write_bytes(b"")


def remove_program(program: Path) -> None:
    program.unlink()


def remove_record(program: Path) -> None:
    program.with_name("alpha.sha256").unlink()


def empty_record(program: Path) -> None:
    program.with_name("alpha.sha256").write_bytes(b"")


def forbid(program: Path) -> None:
    program.chmod(0o644)


@pytest.mark.parametrize("harm", [garble, truncate, empty, remove_program, remove_record, empty_record, forbid])
def test_damaged_entry_is_found_said_and_replaced(project: Project, harm: Callable[[Path], None]) -> None:
    program = Path(json.loads(project.run("--json").stdout)["alpha"]["path"])
    harm(program)
    again = project.run("--json")
    assert sources(again) == {"alpha": "build", "beta": "cache"}
    assert "alpha: 1.2.3: the cached program is" in again.stderr
    assert "getting it again" in again.stderr
    assert subprocess.check_output([program], text=True) == "built\n"
    assert project.builds()[1].endswith("demo.example/alpha")
    assert sources(project.run("--json")) == {"alpha": "cache", "beta": "cache"}


def test_two_runs_at_once_build_once(project: Project) -> None:
    first = project.start("--json", FAKE_GO_SLEEP="4")
    wait_for(project.builds)
    second = project.run("--json")
    output, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    assert {result["source"] for result in json.loads(output).values()} == {"build"}
    assert sources(second) == {"alpha": "cache", "beta": "cache"}
    assert f"waiting for another run that gets it (process {first.pid})" in second.stderr
    assert len(project.builds()) == 1


def test_killed_build_leaves_no_entry_and_is_swept_by_the_next_run(project: Project) -> None:
    run = project.start(FAKE_GO_SLEEP="30")
    wait_for(project.builds)
    run.kill()
    run.communicate()
    try:
        assert project.entries() == []
        left = next(path for path in project.leftovers() if path.is_dir())
        again = project.run("--json")
        assert sources(again) == {"alpha": "build", "beta": "build"}
        assert f"removing what an interrupted run left ({left.name})" in again.stderr
        assert project.leftovers() == []
    finally:
        os.killpg(int(project.builds()[0].split()[0]), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_run_ends_its_build_and_cleans_up(project: Project, number: signal.Signals) -> None:
    run = project.start(FAKE_GO_SLEEP="30")
    wait_for(project.builds)
    run.send_signal(number)
    run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert project.entries() == []
    assert project.leftovers() == []
    group = int(project.builds()[0].split()[0])
    wait_for(lambda: not running(group))


def test_work_folder_of_a_living_run_is_not_swept(project: Project) -> None:
    cache = Cache(project.cache, Progress())
    with cache.work_folder() as work:
        done = project.run("--json")
        assert work.exists()
        assert "interrupted" not in done.stderr
    assert project.leftovers() == []


def test_work_folder_that_is_just_being_removed_is_left_to_its_run(project: Project) -> None:
    cache = Cache(project.cache, Progress())
    with cache.work_folder() as work:
        shutil.rmtree(work)
        assert "interrupted" not in project.run().stderr
    assert project.leftovers() == []


def test_failed_store_keeps_the_old_entry(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project.run()
    cache = Cache(project.cache, Progress())
    tool = load(project.pins, this_platform()).tools()[0]
    before = cache.program(tool).read_bytes()
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"half of a program")

    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with cache.work_folder() as work, pytest.raises(OSError, match="No space left"):
        cache.store(tool, fresh, work)
    assert cache.program(tool).read_bytes() == before
    assert cache.problem(tool) is None


def test_key_changes_with_go_sum_flags_and_version(project: Project) -> None:
    def keys() -> list[str]:
        return [tool.key for tool in load(project.pins, this_platform()).tools()]

    seen = {tuple(keys())}
    (project.root / "go" / "demo" / "go.sum").write_text("demo.example v1.2.3 h1:second\n")
    seen.add(tuple(keys()))
    project.write(ldflags=["-X demo.version=v{version}"])
    seen.add(tuple(keys()))
    project.write(version="1.2.4")
    seen.add(tuple(keys()))
    assert len(seen) == 4
    assert keys() == keys()


def test_key_of_a_download_changes_once_it_is_pinned_and_not_before(project: Project) -> None:
    target = this_platform()

    def key(**download: object) -> str:
        project.write(download={"url": "https://example.org/x", "checksum_url": "https://example.org/y", **download})
        return load(project.pins, target).tools()[0].key

    unpinned = {"sha256": {"alpha": {f"{target.os}-{target.arch}": None}}}
    pinned = {"sha256": {"alpha": {f"{target.os}-{target.arch}": "a" * 64}}}
    assert key() == key(**unpinned) != key(**pinned)


def test_changed_go_sum_is_built_again(project: Project) -> None:
    project.run()
    (project.root / "go" / "demo" / "go.sum").write_text("demo.example v1.2.3 h1:second\n")
    assert sources(project.run("--json")) == {"alpha": "build", "beta": "build"}
    assert len(project.entries()) == 4


def test_full_cache_may_be_read_only(project: Project) -> None:
    project.run()
    folders = [project.cache, project.cache / "tmp", project.cache / "locks", *project.entries()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert sources(project.run("--json")) == {"alpha": "cache", "beta": "cache"}
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANDFALL_TOOL_CACHE": "/somewhere", "XDG_CACHE_HOME": "/xdg"}, "/somewhere"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/landfall/tools"),
        ({"XDG_CACHE_HOME": "relative"}, "HOME/.cache/landfall/tools"),
        ({}, "HOME/.cache/landfall/tools"),
    ],
)
def test_where_the_cache_is(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_root(environment) == Path(expected.replace("HOME", str(tmp_path)))
