"""Downloads from the projects' release hosts, compared with a pinned digest, else with the host's own checksum."""

from __future__ import annotations

import hashlib
import http.client
import queue
import re
import shutil
import tarfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from toolcache.errors import DISK_FULL
from toolcache.pins import Download, Tool
from toolcache.progress import Progress

CHUNK = 1 << 20
CHECKSUM_LIMIT = 1 << 20
OPENER = urllib.request.build_opener()
STALL_SECONDS = 15.0
LIMIT_SECONDS = 300.0
TRANSPORT_ERRORS = (OSError, http.client.HTTPException)


class UnavailableError(Exception):
    """Why a program cannot be downloaded; it is built instead."""


@dataclass
class Downloader:
    """Fetches programs, and asks no host again that did not answer once within `patience` seconds.

    With `pinned_only`, none without a pinned digest: who can replace a file at its host can replace its checksum too.
    """

    progress: Progress
    patience: float = 3.0
    pinned_only: bool = False
    _silent: set[str] = field(default_factory=set)

    def fetch(self, tool: Tool, work: Path) -> Path:
        """Download and verify the program of `tool` into `work`; UnavailableError says why that did not work."""
        if tool.download is None:
            raise UnavailableError("its project publishes no checksum")
        if self.pinned_only and tool.download.sha256 is None:
            raise UnavailableError("the digest of its download is not pinned (make lock)")
        host = urlsplit(tool.download.url).netloc
        if host in self._silent:
            raise UnavailableError(f"{host} did not answer")
        try:
            file = self._download(tool.name, tool.download, work)
        except urllib.error.HTTPError as error:
            raise UnavailableError(f"{error.url} answered {error.code} {error.reason}") from error
        except TRANSPORT_ERRORS as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            self._silent.add(host)
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise UnavailableError(f"{host} did not answer ({reason})") from error
        return _program(file, tool.download.member)

    def _download(self, name: str, download: Download, work: Path) -> Path:
        """Store the file of a download, compared with its pinned digest, else with the checksum of its host."""
        wanted = download.sha256 or self._published_checksum(download.checksum_url, download.url)
        self.progress.say(name, f"downloading {download.url}")
        # A host that has not been asked yet may be silent.
        seconds = self.patience if download.sha256 else STALL_SECONDS
        file = work / f"{name}.download"
        with _open_within(download.url, seconds, STALL_SECONDS) as response:
            found = self._save(response, file)
        if found != wanted:
            file.unlink()
            known = "pinned" if download.sha256 else "published"
            raise UnavailableError(
                f"ERROR: the checksum does not match, {download.url} has sha256 {found} but {wanted} is {known}"
            )
        return file

    def _published_checksum(self, checksum_url: str, url: str) -> str:
        """The sha256 that the release host publishes for the file at `url`."""
        with _open_within(checksum_url, self.patience) as response:
            text = response.read(CHECKSUM_LIMIT).decode("utf-8", errors="replace")
        name = urlsplit(url).path.rpartition("/")[2]
        checksum = find_checksum(text, name)
        if checksum is None:
            raise UnavailableError(f"{checksum_url} holds no sha256 of {name}")
        return checksum

    def _save(self, response: HTTPResponse, target: Path) -> str:
        """Store an answer in `target`; return its sha256."""
        digest = hashlib.sha256()
        started = said = time.monotonic()
        with target.open("wb") as file:
            while chunk := response.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
                if time.monotonic() - started > LIMIT_SECONDS:
                    raise TimeoutError(f"not complete after {LIMIT_SECONDS:g} s")
                if time.monotonic() - said >= self.progress.heartbeat:
                    said = time.monotonic()
                    self.progress.say(target.stem, f"{file.tell() >> 20} MB downloaded so far")
        return digest.hexdigest()


def find_checksum(text: str, name: str) -> str | None:
    """The sha256 of `name` in the text of a checksum file: a bare hash, or lines of hash and file name."""
    pattern = rf"^\s*([0-9a-fA-F]{{64}})\s+\*?{re.escape(name)}\s*$"
    match = re.fullmatch(r"\s*([0-9a-fA-F]{64})\s*", text) or re.search(pattern, text, re.MULTILINE)
    return match[1].lower() if match else None


def _open_within(url: str, seconds: float, stall: float | None = None) -> HTTPResponse:
    """Open `url`, giving up after `seconds` even where the name lookup hangs, which no socket timeout ends.

    Reading from it gives up after `stall` seconds of silence, by default after as many.
    """
    answers: queue.Queue[HTTPResponse | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(OPENER.open(url, timeout=stall or seconds))
        except TRANSPORT_ERRORS as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty as error:
        raise TimeoutError(f"no answer within {seconds:g} s") from error
    if isinstance(answer, Exception):
        raise answer
    return answer


def _program(file: Path, member: str | None) -> Path:
    """The program itself: `file`, or its `member` where that is a tar archive."""
    if member is None:
        return file
    target = file.with_suffix(".program")
    try:
        with tarfile.open(file) as archive:
            # Only this member's bytes are read, so no path in the archive is ever followed.
            source = archive.extractfile(member)
            if source is None:
                raise UnavailableError(f"{member} in the downloaded archive is no file")
            with source, target.open("wb") as program:
                shutil.copyfileobj(source, program)
    except (KeyError, tarfile.TarError) as error:
        raise UnavailableError(f"the downloaded archive has no {member}") from error
    file.unlink()
    return target
