"""The cache folder: checked entries, locks between runs, and work folders that no killed run leaves for good.

Below the root lie one folder per entry, <tool>-<version>-<os>-<arch>-<hash>, with the program and <tool>.sha256 (its
hash when it was written, as `sha256sum -c` reads it); locks/, one file per family; and tmp/, the work folders, each
locked by the run that owns it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from toolcache.errors import ToolError
from toolcache.pins import Tool
from toolcache.progress import Progress

ABSENT = "not in the cache yet"
OWNER = ".owner"
POLL_SECONDS = 0.2


def default_root(environ: Mapping[str, str]) -> Path:
    """Where the cache is kept when no folder is given."""
    if environ.get("LANDFALL_TOOL_CACHE"):
        return Path(environ["LANDFALL_TOOL_CACHE"]).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "landfall" / "tools"


@dataclass(frozen=True)
class Cache:
    """A cache of programs below `root`, shared by any number of runs."""

    root: Path
    progress: Progress

    def __post_init__(self) -> None:
        """Make the folders that every run needs."""
        for folder in (self._tmp, self._locks):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def _tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def _locks(self) -> Path:
        return self.root / "locks"

    def program(self, tool: Tool) -> Path:
        """Where the program of `tool` is, or would be."""
        return self.root / tool.key / tool.name

    def problem(self, tool: Tool) -> str | None:
        """Why the entry of `tool` cannot be used, or None if it is whole."""
        program = self.program(tool)
        if not program.parent.exists():
            return ABSENT
        try:
            recorded = recorded_hash(program)
            with program.open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, LookupError, UnicodeDecodeError) as error:
            return f"the cached program is damaged ({error})"
        if actual != recorded:
            size = program.stat().st_size
            return f"the cached program is damaged ({size} bytes with sha256 {actual}, recorded was {recorded})"
        return None if os.access(program, os.X_OK) else "the cached program is not executable"

    def problems(self, tools: list[Tool]) -> dict[Tool, str]:
        """The tools whose entries cannot be used, and why. Hashes are made side by side."""
        with ThreadPoolExecutor() as pool:
            found = pool.map(self.problem, tools)
            return {tool: problem for tool, problem in zip(tools, found, strict=True) if problem}

    def store(self, tool: Tool, program: Path, work: Path) -> None:
        """Move `program`, a file in the work folder `work`, into the entry of `tool`, whole or not at all."""
        staged = Path(tempfile.mkdtemp(prefix="entry-", dir=work))
        staged.chmod(0o755)
        target = staged / tool.name
        program.replace(target)
        target.chmod(0o755)
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        with _hash_file(target).open("w", encoding="utf-8") as record:
            record.write(f"{digest}  {tool.name}\n")
            record.flush()
            os.fsync(record.fileno())
        entry = self.root / tool.key
        if entry.exists():
            entry.rename(work / f"damaged-{staged.name}")
        staged.rename(entry)
        if not os.access(self.program(tool), os.X_OK):
            raise ToolError(
                f"Programs in the tool cache {self.root} cannot be run (a noexec mount?): "
                "set LANDFALL_TOOL_CACHE to a folder where they can."
            )

    @contextmanager
    def family_lock(self, family: str) -> Iterator[None]:
        """Hold the lock of `family`, waiting for its holder and saying so."""
        since = time.monotonic()
        said = -self.progress.heartbeat

        def waiting(holder: str) -> None:
            nonlocal said
            waited = time.monotonic() - since
            if waited - said >= self.progress.heartbeat:
                said = waited
                self.progress.say(family, f"waiting for another run that gets it (process {holder or 'unknown'})")

        with self._lock(family, waiting):
            yield

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder on the cache's own file system, removed at the end; if this run is killed, by a later run."""
        with ExitStack() as held:
            with self._lock("tmp"):
                work = Path(tempfile.mkdtemp(prefix="work-", dir=self._tmp))
                held.enter_context(_owned(_owner_file(work)))
            try:
                yield work
            finally:
                _remove(work)

    def sweep(self) -> None:
        """Remove the work folders of runs that no longer live."""
        if not any(self._tmp.iterdir()):
            return  # without taking a lock: a full cache may be read-only
        with ExitStack() as held:
            with self._lock("tmp"):
                names = {path.name.removesuffix(OWNER) for path in self._tmp.iterdir()}
                works = [self._tmp / name for name in sorted(names)]
                abandoned = [work for work in works if held.enter_context(_owned(_owner_file(work)))]
            for work in abandoned:
                self.progress.say("cache", f"removing what an interrupted run left ({work.name})")
                _remove(work)

    @contextmanager
    def _lock(self, name: str, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the lock file `name`; call `waiting` with the holder's process id while someone else holds it."""
        with (self._locks / f"{name}.lock").open("a+", encoding="utf-8") as file:
            while not _try_lock(file.fileno()):
                if waiting:
                    file.seek(0)
                    waiting(file.read().strip())
                time.sleep(POLL_SECONDS)
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield


def recorded_hash(program: Path) -> str:
    """The hash that was written beside `program`; LookupError if there is none."""
    words = _hash_file(program).read_text(encoding="utf-8").split()
    if not words:
        raise LookupError(f"{_hash_file(program)} is empty")
    return words[0]


def _hash_file(program: Path) -> Path:
    return program.with_name(f"{program.name}.sha256")


def _try_lock(descriptor: int) -> bool:
    """Take an exclusive lock if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner_file(work: Path) -> Path:
    """The file whose lock tells that the run of a work folder lives. It outlasts the folder while that is removed."""
    return work.with_name(f"{work.name}{OWNER}")


@contextmanager
def _owned(file: Path) -> Iterator[bool]:
    """Own a work folder by the lock on `file`; yields False where a living run owns it."""
    with file.open("a") as owner:
        yield _try_lock(owner.fileno())


def _remove(work: Path) -> None:
    """Remove a work folder that this run owns. What an orphaned compiler still writes there goes at the next sweep."""
    shutil.rmtree(work, ignore_errors=True)
    if not work.exists():
        _owner_file(work).unlink(missing_ok=True)
