"""The block of one cluster in a hosts file, and the lines of others."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.hosts import file as subject
from ansible_collections.landfall.eks.plugins.module_utils.hosts.file import HostsFileError, with_block

LINES = ["203.0.113.7 a.org", "203.0.113.9 a.org"]
BLOCK = b"# BEGIN landfall one\n203.0.113.7 a.org\n203.0.113.9 a.org\n# END landfall one\n"


def test_lines_are_sorted_by_name_and_then_by_address() -> None:
    addresses = ["203.0.113.10", "203.0.113.9", "2001:db8::1", "203.0.113.9"]
    assert subject.host_lines(addresses, ["b.org", "a.org"]) == [
        "203.0.113.9 a.org",
        "203.0.113.10 a.org",
        "2001:db8::1 a.org",
        "203.0.113.9 b.org",
        "203.0.113.10 b.org",
        "2001:db8::1 b.org",
    ]


@pytest.mark.parametrize("addresses", [[], ["203.0.113.7"]])
def test_no_address_or_no_name_gives_no_line(addresses: list[str]) -> None:
    assert subject.host_lines(addresses, []) == []
    assert subject.host_lines([], ["a.org"]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", BLOCK),
        (b"127.0.0.1 localhost\n", b"127.0.0.1 localhost\n" + BLOCK),
        (b"127.0.0.1 localhost", b"127.0.0.1 localhost\n" + BLOCK),
        (BLOCK + b"::1 six\n", BLOCK + b"::1 six\n"),
        (b"x\n# BEGIN landfall one\nold\n# END landfall one\ny\n", b"x\n" + BLOCK + b"y\n"),
        (b"# BEGIN landfall two\nz\n# END landfall two\n", b"# BEGIN landfall two\nz\n# END landfall two\n" + BLOCK),
        (BLOCK + b"y\n" + BLOCK, BLOCK + b"y\n"),
        (b"10.0.0.1 caf\xe9\n\n\n", b"10.0.0.1 caf\xe9\n\n\n" + BLOCK),
        (b"a\r\nb\r\n", b"a\r\nb\r\n" + BLOCK.replace(b"\n", b"\r\n")),
        (b"a\r\n" + BLOCK.replace(b"\n", b"\r\n"), b"a\r\n" + BLOCK.replace(b"\n", b"\r\n")),
    ],
)
def test_the_block_comes_and_everything_else_stays(before: bytes, after: bytes) -> None:
    assert with_block(before, "one", LINES) == after
    assert with_block(after, "one", LINES) == after


@pytest.mark.parametrize("rest", [b"", b"a\nb\n", b"a\r\nb\r\n", b"a\n\n# BEGIN landfall two\nz\n# END landfall two\n"])
def test_the_block_goes_and_leaves_what_was_there(rest: bytes) -> None:
    assert with_block(with_block(rest, "one", LINES), "one", []) == rest


@pytest.mark.parametrize(
    "content",
    [
        b"# BEGIN landfall one\n10.0.0.1 mine\n",
        b"10.0.0.1 mine\n# END landfall one\n",
        b"# END landfall one\n10.0.0.1 mine\n# BEGIN landfall one\n",
        b"# BEGIN landfall one\n10.0.0.1 mine\n# BEGIN landfall one\n# END landfall one\n",
    ],
)
def test_half_a_block_is_not_guessed_at(content: bytes) -> None:
    with pytest.raises(HostsFileError, match="by hand"):
        with_block(content, "one", LINES)


def test_rivals_are_lines_of_others_with_another_address() -> None:
    content = b"10.0.0.1 x.org A.org # old\n203.0.113.7 a.org\n# 10.0.0.2 a.org\n10.0.0.3 b.org\n" + BLOCK
    assert subject.rivals(content, "one", ["203.0.113.7", "203.0.113.9"], ["a.org"]) == ["10.0.0.1 x.org A.org # old"]


def test_writing_in_place_keeps_the_file_and_shortens_it(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"long content\n")
    inode = path.stat().st_ino
    subject.write_in_place(path, b"short\n")
    assert path.read_bytes() == b"short\n"
    assert path.stat().st_ino == inode


def test_a_writer_waits_for_the_other_one_and_sees_the_replaced_file(tmp_path: Path) -> None:
    path, fresh = tmp_path / "hosts", tmp_path / "fresh"
    path.write_bytes(b"old\n")
    seen = []

    def second() -> None:
        with subject.locked(path):
            seen.append(path.read_bytes())

    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiter = threading.Thread(target=second)
        waiter.start()
        waiter.join(0.2)
        assert waiter.is_alive()
        fresh.write_bytes(b"new\n")
        fresh.replace(path)
    waiter.join(5)
    assert seen == [b"new\n"]


def test_a_missing_file_needs_no_lock(tmp_path: Path) -> None:
    with subject.locked(tmp_path / "none"):
        assert subject.read(tmp_path / "none") == b""


def test_a_writable_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"x\n")
    before = (path.stat().st_mtime_ns, sorted(tmp_path.iterdir()))
    assert subject.problem_with(path) == ""
    assert subject.problem_with(tmp_path / "new") == ""
    assert (path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before


@pytest.mark.parametrize(
    ("path", "said"),
    [("/proc/hosts", "cannot be written"), ("/no-such-folder/hosts", "is no folder"), ("/", "is a folder")],
)
def test_files_that_cannot_be_written_even_by_root(path: str, said: str) -> None:
    assert said in subject.problem_with(Path(path))


def test_the_runs_own_folder_need_not_be_there(tmp_path: Path) -> None:
    own = tmp_path / "state"
    assert subject.problem_with(own / "hosts", own) == ""
    assert "is no folder" in subject.problem_with(own / "hosts", tmp_path / "other")


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"x\n" + BLOCK, LINES), (BLOCK.replace(b"\n", b"\r\n"), LINES), (b"x\n", []), (b"# BEGIN landfall one\n", [])],
)
def test_the_block_of_a_cluster_is_read(content: bytes, lines: list[str]) -> None:
    assert subject.block_of(content, "one") == lines
    assert subject.block_of(content, "two") == []


@pytest.mark.parametrize(
    ("path", "system", "release", "said"),
    [
        ("/etc/hosts", "linux", "6.1.0-amd64", ["On a Windows machine, paste the lines above"]),
        ("/etc/hosts", "linux", "6.6.87-microsoft-standard-WSL2", ["The browsers of Windows do not read this file"]),
        ("/private/etc/hosts", "darwin", "24.0", ["killall -HUP mDNSResponder", "On a Windows machine"]),
        ("/home/me/.landfall/hosts", "linux", "6.1.0", []),
    ],
)
def test_what_makes_names_known_elsewhere(path: str, system: str, release: str, said: list[str]) -> None:
    found = subject.advice(Path(path), LINES, system, release)
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))
    assert subject.advice(Path(path), [], system, release) == []
