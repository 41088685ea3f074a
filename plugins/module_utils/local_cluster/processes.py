"""Background processes, told from others by marks in their environment: no pid file can be stale or a stranger's."""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.libraries.psutil import psutil
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import LocalClusterError

MARK_CLUSTER = "_LANDFALL_PROCESS_OF"
MARK_NAME = "_LANDFALL_PROCESS_NAME"
MARK_RECIPE = "_LANDFALL_PROCESS_RECIPE"
MARK_START = "_LANDFALL_PROCESS_START"

LOOPBACK = "127.0.0.1"
READY_SECONDS = 600
"""How long a process that lives may take: on a busy machine a healthy API server needs minutes."""
STOP_SECONDS = 10
POLL_SECONDS = 0.1
LOG_LIMIT = 20 * 1024 * 1024
LOG_TAIL_LINES = 3


@dataclass(frozen=True)
class Health:
    """Where a process answers when it is well. Empty paths mean plain HTTP; a certificate is shown if there is one."""

    port: int
    path: str
    authority: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class Program:
    """A process to keep running: what to run, what it reads, what has to run before it, and how it says it is well."""

    name: str
    command: tuple[str, ...]
    health: Health
    needs: tuple[str, ...] = ()
    reads: tuple[Path, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def recipe(self, starts: dict[str, str]) -> str:
        """Return a digest of all that makes this process what it is.

        `starts` holds the start mark of each running process: a restart of what it needs is a change too.
        """
        digest = hashlib.sha256(repr((self.command, sorted(self.environment.items()))).encode())
        digest.update(os.path.realpath(self.command[0]).encode())
        for path in self.reads:
            digest.update(path.read_bytes())
        for need in self.needs:
            digest.update(starts.get(need, "").encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Running:
    """A process of this cluster that is alive."""

    name: str
    recipe: str
    start: str
    process: psutil.Process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid


def find(directory: Path) -> list[Running]:
    """Return the live processes of the cluster in `directory`."""
    return [found for process in psutil.process_iter() if (found := _marked(process, str(directory)))]


def _marked(process: psutil.Process, directory: str) -> Running | None:
    try:
        marks = process.environ()
        if marks.get(MARK_CLUSTER) != directory or not _alive(process):
            return None
    except (psutil.Error, OSError):
        return None  # ended meanwhile, or another user's
    try:
        return Running(marks[MARK_NAME], marks[MARK_RECIPE], marks[MARK_START], process)
    except KeyError:
        return None


def start(program: Program, recipe: str, directory: Path) -> Running:
    """Start `program` in a session of its own, with its log in `directory`/logs and no environment but its own."""
    log = directory / "logs" / f"{program.name}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    mode = "wb" if log.exists() and log.stat().st_size > LOG_LIMIT else "ab"
    token = secrets.token_hex(8)
    marks = {MARK_CLUSTER: str(directory), MARK_NAME: program.name, MARK_RECIPE: recipe, MARK_START: token}
    basics = {"HOME": str(directory), "PATH": os.defpath}
    try:
        with log.open(mode) as out:
            child = subprocess.Popen(  # pylint: disable=ansible-bad-function
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=basics | program.environment | marks,
                start_new_session=True,
                umask=0o077,
            )
    except OSError as error:
        raise LocalClusterError(
            f"{program.command[0]} cannot be started ({error.strerror}): run `make tools`."
        ) from error
    return Running(program.name, recipe, token, psutil.Process(child.pid))


def stop(running: Iterable[Running]) -> None:
    """End processes at once and wait until they are gone; etcd, too, loses nothing by that that it has confirmed."""
    left = [each.process for each in running]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    left = _wait_gone(left, STOP_SECONDS)
    if left:
        raise LocalClusterError(f"Process {left[0].pid} does not end: stop it by hand, then run this again.")


def _wait_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those that are still alive after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := [each for each in processes if _alive(each)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 10)
    return left


def _alive(process: psutil.Process) -> bool:
    """Say whether a process runs; one that ended counts as gone even before its parent has noticed.

    Its first thread may be dead while another still holds its ports.
    """
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 1
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False


def trouble(health: Health, timeout: float) -> str:
    """Return what keeps the process behind `health` from being well; empty if it answers 200 within `timeout` seconds.

    An API server names the checks that fail, one a line, each after `[-]`.
    """
    connection = _connection(health, timeout)
    try:
        connection.request("GET", health.path)
        answer = connection.getresponse()
        if answer.status == http.HTTPStatus.OK:
            return ""
        checks = [line for line in answer.read().decode(errors="replace").splitlines() if line.startswith("[-]")]
        return f"{health.path} answers {answer.status}" + "".join(f", {each}" for each in checks)
    except (OSError, http.client.HTTPException) as error:
        return f"port {health.port} does not answer ({error or type(error).__name__})"
    finally:
        connection.close()


def answers_within(health: Health, seconds: float) -> bool:
    """Say whether the process behind `health` answers at least once within `seconds`."""
    deadline = time.monotonic() + seconds
    while trouble(health, timeout=seconds):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _connection(health: Health, timeout: float) -> http.client.HTTPConnection:
    if not health.authority:
        return http.client.HTTPConnection(LOOPBACK, health.port, timeout=timeout)
    context = ssl.create_default_context(cafile=health.authority)
    if health.certificate:
        context.load_cert_chain(health.certificate, health.key)
    return http.client.HTTPSConnection(LOOPBACK, health.port, timeout=timeout, context=context)


def wait_well(program: Program, running: Running, directory: Path, seconds: float = READY_SECONDS) -> None:
    """Wait until `program` is well, for as long as it lives, `seconds` at most.

    Raises LocalClusterError with what it was waited for and the end of its log if it ends first or takes too long.
    """
    deadline = time.monotonic() + seconds
    while reason := trouble(program.health, timeout=5):
        ended = not _alive(running.process)
        if ended or time.monotonic() > deadline:
            log = directory / "logs" / f"{program.name}.log"
            what = "ended" if ended else f"was not ready after {seconds:.0f} s ({reason})"
            raise LocalClusterError(
                f"{program.name} {what}: fix what its log reports, or start over with `make down` and `make up`; "
                f"the end of {log}: {_tail(log)}"
            )
        time.sleep(POLL_SECONDS)


def check_alive(running: Iterable[Running], directory: Path) -> None:
    """Raise LocalClusterError with the end of its log for a process that has ended."""
    for each in running:
        if not _alive(each.process):
            log = directory / "logs" / f"{each.name}.log"
            raise LocalClusterError(f"{each.name} ended: run this again; the end of {log}: {_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-LOG_TAIL_LINES:]) or "(empty)"


def strangers(running: Iterable[Running]) -> list[str]:
    """Return every connection or listener of these processes that is not on loopback, as `name: local -> remote`."""
    found = []
    for each in running:
        for connection in each.process.net_connections(kind="inet"):
            ends = [end for end in (connection.laddr, connection.raddr) if end]
            if any(not end.ip.startswith("127.") and end.ip != "::1" for end in ends):
                found.append(f"{each.name}: {' -> '.join(f'{end.ip}:{end.port}' for end in ends)}")
    return found
