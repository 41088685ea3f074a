"""The block of one cluster in a hosts file; every other line of that file is somebody else's."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import platform
import re
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.hosts import names as host_names

CRLF = b"\r\n"
CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""How the name of a cluster is written, which the markers of its block carry (EKS takes 100 characters)."""
SYSTEMS_OWN = (Path("/etc/hosts"), Path("/private/etc/hosts"))
"""The file that the system itself reads; on macOS the first is a link to the second's folder."""


class HostsFileError(Exception):
    """A sentence on why a hosts file cannot be worked on."""


def host_lines(addresses: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return `IP name` for each name and address, sorted by name and then by address."""
    ordered = sorted(set(addresses), key=lambda address: (ipaddress.ip_address(address).version, _number(address)))
    return [f"{address} {name}" for name in sorted(set(names)) for address in ordered]


def _number(address: str) -> int:
    return int(ipaddress.ip_address(address))


def with_block(content: bytes, cluster: str, lines: Sequence[str]) -> bytes:
    """Return a hosts file's content with the block of `cluster` holding `lines`; without `lines`, with no block.

    The block stays where it is, or comes at the end; its line ends are those of the file, whatever the encoding of the
    other lines is. Raises HostsFileError if a marker of the block has no partner.
    """
    begin, end = f"# BEGIN landfall {cluster}".encode(), f"# END landfall {cluster}".encode()
    others, place = _without_block(content.splitlines(keepends=True), begin, end)
    if not lines:
        return b"".join(others)
    line_end = CRLF if content.count(CRLF) * 2 > content.count(b"\n") else b"\n"
    before, after = others[:place], others[place:]
    if before and not before[-1].endswith((b"\n", b"\r")):
        before[-1] += line_end
    block = [line + line_end for line in (begin, *(line.encode() for line in lines), end)]
    return b"".join([*before, *block, *after])


def _without_block(lines: list[bytes], begin: bytes, end: bytes) -> tuple[list[bytes], int]:
    """Return the lines outside of the blocks between the two markers, and where among them the first block was."""
    others: list[bytes] = []
    place: int | None = None
    inside = False
    for line in lines:
        mark = line.strip()
        if mark in {begin, end}:
            if (mark == begin) == inside:
                raise HostsFileError(_half(mark, begin, end))
            inside = not inside
            place = len(others) if place is None else place
        elif not inside:
            others.append(line)
    if inside:
        raise HostsFileError(_half(begin, begin, end))
    return others, len(others) if place is None else place


def _half(mark: bytes, begin: bytes, end: bytes) -> str:
    partner = end if mark == begin else begin
    return (
        f"has the line {mark.decode()!r} without {partner.decode()!r}: remove what is left of that block by hand, "
        "since nothing else tells which lines are ours"
    )


def refusals(
    content: bytes, cluster: str, addresses: Iterable[str], names: Iterable[str], hostname: str = ""
) -> list[str]:
    """Return why the block of `cluster` is not written, one sentence without its full stop for each reason.

    Asked again where the file is written, as root: nobody's word for a name or an address is taken. The machine is
    called `hostname`, by default what the system says. Raises HostsFileError as with_block does.
    """
    if not CLUSTER_NAME.fullmatch(cluster):
        return [f"{cluster!r} is no name of a cluster: write letters, digits, '.', '_' and '-'"]
    others = with_block(content, cluster, []).decode("utf-8", "replace").splitlines()
    return host_names.refusals(names, addresses, host_names.names_of_machine(others, hostname or socket.gethostname()))


def rivals(content: bytes, cluster: str, addresses: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the lines outside the block of `cluster` that give one of `names` an address outside `addresses`."""
    ours, known = {name.lower() for name in names}, set(addresses)
    found = []
    for line in with_block(content, cluster, []).decode("utf-8", "replace").splitlines():
        words = line.partition("#")[0].lower().split()
        if ours & set(words[1:]) and words[0] not in known:
            found.append(line.strip())
    return found


def read(path: Path) -> bytes:
    """Return a file's content; nothing if it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other runs that lock from writing a file; one that is not there yet cannot be locked.

    A run that waited may hold the lock of a file that was replaced meanwhile, so it looks whether it is still that one.
    """
    while path.exists():
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield
                return
    yield


def write_in_place(path: Path, content: bytes) -> None:
    """Write a file that cannot be replaced, such as a container's mounted /etc/hosts; it is never empty meanwhile."""
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def problem_with(path: Path, own_folder: Path | None = None) -> str:
    """Return one sentence on why a hosts file cannot be written by this user; empty if it can.

    A missing folder will do only if it is `own_folder`, which a run makes. Nothing is left behind.
    """
    where = f"hosts_file ({path})"
    folder = path.resolve().parent
    if own_folder and folder == own_folder.resolve() and not folder.exists():
        folder = own_folder.resolve().parent
    if path.is_dir():
        return f"{where} is a folder: write the path of a file."
    if not folder.is_dir():
        return f"{where} is in {folder}, which is no folder: write the path of a hosts file, such as /etc/hosts."
    try:
        _try_to_write(path, folder)
    except OSError as error:
        return (
            f"{where} cannot be written ({error.strerror}), not as root either: let Ansible become root, write another "
            "path, or leave the names out with hosts_enabled: false."
        )
    return ""


def _try_to_write(path: Path, folder: Path) -> None:
    """Open the file without changing it, and a nameless file beside it; raise OSError if one is refused."""
    if path.exists():
        with path.open("r+b"):
            pass
    if not path.is_mount():
        with tempfile.TemporaryFile(dir=folder):
            pass


def advice(path: Path, lines: Sequence[str], system: str = sys.platform, release: str = "") -> list[str]:
    """Return what makes the names known elsewhere, if the system reads this file; `release` is that of the kernel."""
    if not lines or path not in SYSTEMS_OWN:
        return []
    windows = (
        "paste the lines above, as administrator, into C:\\Windows\\System32\\drivers\\etc\\hosts, then run "
        "ipconfig /flushdns."
    )
    if system == "darwin":
        mac = "macOS remembers old answers until: sudo dscacheutil -flushcache; sudo killall -HUP mDNSResponder"
        return [mac, f"On a Windows machine, {windows}"]
    if "microsoft" in (release or platform.release()).lower():
        return [f"The browsers of Windows do not read this file of its Linux subsystem: {windows}"]
    return [f"On a Windows machine, {windows}"]


def block_of(content: bytes, cluster: str) -> list[str]:
    """Return the lines of the block of `cluster` in a hosts file's content; none if there is no block."""
    begin, end = f"# BEGIN landfall {cluster}".encode(), f"# END landfall {cluster}".encode()
    lines = [line.strip() for line in content.splitlines()]
    if begin not in lines or end not in lines:
        return []
    return [line.decode("utf-8", "replace") for line in lines[lines.index(begin) + 1 : lines.index(end)]]
