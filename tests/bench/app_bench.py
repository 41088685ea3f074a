"""`make bench-app`: the Flask application beside a bare Flask hello, same gunicorn and workers, in one run.

Each round loads every variant once, one after the other, so that a busy machine is busy for all of them; the
figures are the medians of the rounds. The CPU time is that of the workers, which a busy machine
changes least. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "app" / "gunicorn.conf.py"
WORKERS, THREADS = 2, 4
SAME = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "75"]
SAME += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
NO_ACCESS_LOG = "\naccesslog = None\n"
# Name, the application, what is added to its gunicorn.conf.py (None: it has none).
VARIANTS: dict[str, tuple[str, str | None]] = {
    "bare Flask hello": ("app_variants:bare()", None),
    "the application": ("app_variants:without('')", ""),
    "without logs": ("app_variants:without('')", NO_ACCESS_LOG),
    "without metrics": ("app_variants:without('metrics')", ""),
    "without headers": ("app_variants:without('headers')", ""),
}
BARE, WHOLE = list(VARIANTS)[:2]
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
Figures = dict[str, float]


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One variant under gunicorn; `cold_start` is the seconds from the start to the first answer."""

    def __init__(self, name: str, folder: Path) -> None:
        """Start it and wait for the first answer."""
        application, addition = VARIANTS[name]
        self.port = free_port()
        config = folder / f"{name.replace(' ', '-')}.conf.py"
        config.write_text("" if addition is None else CONFIG.read_text() + addition)
        environ = os.environ | {"APP_PORT": str(self.port), "APP_WORKERS": str(WORKERS), "APP_THREADS": str(THREADS)}
        environ |= {"PYTHONPATH": os.pathsep.join([str(ROOT / "app"), str(ROOT / "tests" / "bench")])}
        command = [sys.executable, "-m", "gunicorn", "--config", str(config), "--bind", f"127.0.0.1:{self.port}", *SAME]
        started = time.monotonic()
        log = (folder / f"{config.stem}.log").open("w")
        self.process = subprocess.Popen([*command, application], cwd=folder, env=environ, stdout=log, stderr=log)
        self.cold_start = self._first_answer(started)

    def _first_answer(self, started: float) -> float:
        while time.monotonic() - started < 60:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                    connection.sendall(b"GET /hello/user1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if connection.recv(12) == b"HTTP/1.1 200":
                        return time.monotonic() - started
            except ConnectionError:
                time.sleep(0.005)
        raise TimeoutError(f"{self.process.args} did not answer within a minute.")

    def cpu_seconds(self) -> float:
        """Return the CPU time that the workers have used."""
        return sum(sum(worker.cpu_times()[:2]) for worker in psutil.Process(self.process.pid).children())

    def load(self, seconds: int, connections: int) -> Figures:
        """Load it; return load's figures and the microseconds of CPU time for each request."""
        before, started = self.cpu_seconds(), time.monotonic()
        figures = load(self.port, seconds, connections)
        requests = figures["rate"] * (time.monotonic() - started)
        return figures | {"cpu": (self.cpu_seconds() - before) / requests * 1e6}

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)


def load(port: int, seconds: int, connections: int) -> Figures:
    """Load /hello/user1; return requests a second, milliseconds at p50 and p99, and answers that were not 2xx."""
    url = f"http://127.0.0.1:{port}/hello/user1"
    command = [
        "wrk",
        "--threads",
        "1",
        "--connections",
        str(connections),
        "--duration",
        f"{seconds}s",
        "--latency",
        url,
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    quantiles = {
        found[1]: float(found[2]) * UNITS[found[3]] for found in re.finditer(r"(50|99)%\s+([\d.]+)(us|ms|s)", text)
    }
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate, text
    return {
        "rate": float(rate[1]),
        "p50": quantiles["50"],
        "p99": quantiles["99"],
        "failed": int(failed[1]) if failed else 0,
    }


def measure(rounds: int, seconds: int, connections: int) -> dict[str, Figures]:
    """Return the medians of each variant."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {}
        for name in VARIANTS:
            servers[name] = Server(name, folder)
            stack.callback(servers[name].stop)
            servers[name].load(1, connections)
        found: dict[str, list[Figures]] = {name: [] for name in VARIANTS}
        for _ in range(rounds):
            for name, server in servers.items():
                found[name].append(server.load(seconds, connections))
        return {
            name: {key: statistics.median(each[key] for each in runs) for key in runs[0]}
            | {"cold_start": servers[name].cold_start}
            for name, runs in found.items()
        }


def show(figures: dict[str, Figures], connections: int) -> None:
    """Print the table, what each part costs, and the overhead."""
    print(f"/hello/user1, {WORKERS} workers of {THREADS} threads, {connections} connections, medians")
    print(f"{'':18} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>7} {'first answer s':>15}")
    for name, each in figures.items():
        latency = f"{each['p50']:8.3f} {each['p99']:8.3f}"
        print(f"{name:18} {each['rate']:10.0f} {latency} {each['cpu']:7.0f} {each['cold_start']:15.2f}")
    bare, whole = figures[BARE], figures[WHOLE]
    for name, each in figures.items():
        if name.startswith("without "):
            p50, cpu = (whole["p50"] - each["p50"]) * 1000, whole["cpu"] - each["cpu"]
            print(f"{name.removeprefix('without ')} cost {p50:.0f} us at p50, {cpu:.0f} us of CPU time")
    print(f"overhead at p50: {whole['p50'] / bare['p50'] - 1:.0%}, of CPU time: {whole['cpu'] / bare['cpu'] - 1:.0%}")


def main() -> int:
    """Measure and print; return 1 after a sentence where there is no load generator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1, help="of load in each round, for each variant")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON too")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("bench-app: not run: wrk is not there (make system-packages)", file=sys.stderr)
        return 1
    figures = measure(options.rounds, options.seconds, options.connections)
    show(figures, options.connections)
    if options.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
