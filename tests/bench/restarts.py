"""`make bench-restarts`: requests lost while the Flask application's pods are restarted, beside a control.

Both run on one real node at the same time, as the chart makes them: one with a preStop pause, one with none, whose pods
are ended the moment they are deleted. haproxy stands before each, and a watcher tells it which endpoints are ready and
not terminating, late, as a load balancer is. haproxy retries nothing, so that nothing lost is hidden. Their pods are
restarted in turn, under a steady load on both. A client that waits sends nothing meanwhile, so what the control loses
is rather too little. Nothing is asserted but that it loses something.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import math
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from tests.bench.app_bench import free_port
from tests.e2e.machine import ROOT, Machine, until
from tests.e2e.test_real_node import reason_not_to_run

RELEASE = "flask-app"
PODS = 2
SLOTS = 16
"""haproxy's places for endpoints, more than there ever are at once: one that was left is not taken again soon."""
THREADS = {"keep-alive": 2, "fresh": 2}
TIMEOUT = 10
CONFIG = """
global
  stats socket {folder}/haproxy.sock mode 600 level admin
  nbthread 1
  maxconn 256
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 60s
  timeout server 30s
"""
SECTION = """
listen {name}
  bind 127.0.0.1:{port}
  balance roundrobin
  server-template pod 1-{slots} 127.0.0.1:9 disabled
"""


@dataclass
class Case:
    """One release of the chart in a namespace of its own; `lost` counts by kind of connection and by cause."""

    namespace: str
    pre_stop: int
    port: int = field(default_factory=free_port)
    sent: Counter[str] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0

    def values(self) -> dict[str, Any]:
        """Return the chart's values: a fixed number of pods, on the real node.

        APP_SHUTDOWN_DELAY_SECONDS is 0 by itself, and no value of the chart sets it.
        """
        return {
            "autoscaling": {"minReplicas": PODS, "maxReplicas": PODS},
            "ingress": {"enabled": False},
            "rollout": {"preStopSeconds": self.pre_stop},
            "nodeSelector": {real_node.LABEL: "true"},
            "tolerations": [{"key": real_node.LABEL, "operator": "Exists"}],
        }

    def install(self, machine: Machine) -> None:
        """Install the release."""
        file = machine.folder / f"{self.namespace}.json"
        file.write_text(json.dumps(self.values()), encoding="utf-8")
        where = [f"--namespace={self.namespace}", "--create-namespace", f"--values={file}"]
        machine.run("helm", "install", RELEASE, str(ROOT / "app/chart"), *where)

    def restart(self, machine: Machine) -> None:
        """Restart the pods, and wait until kubectl calls that done."""
        begun = time.monotonic()
        machine.kubectl("rollout", "restart", f"deployment/{RELEASE}", "-n", self.namespace)
        machine.kubectl("rollout", "status", f"deployment/{RELEASE}", "-n", self.namespace, "--timeout=180s")
        self.seconds += time.monotonic() - begun

    @property
    def all_sent(self) -> int:
        """Return how many requests were sent."""
        return self.sent.total()

    @property
    def share(self) -> float:
        """Return which share of the requests was lost."""
        return self.lost.total() / self.all_sent


class Proxy:
    """haproxy, with a section for each case, whose endpoints are changed through its runtime socket."""

    def __init__(self, folder: Path, cases: list[Case]) -> None:
        """Start it and wait for its socket."""
        self.socket = folder / "haproxy.sock"
        self.taken: dict[str, dict[str, str]] = {case.namespace: {} for case in cases}
        self.next = {case.namespace: itertools.cycle(range(1, SLOTS + 1)) for case in cases}
        sections = [SECTION.format(name=case.namespace, port=case.port, slots=SLOTS) for case in cases]
        config = folder / "haproxy.cfg"
        config.write_text("".join([CONFIG.format(folder=folder), *sections]), encoding="utf-8")
        self.log = folder / "haproxy.log"
        with self.log.open("w") as log:
            command = [str(haproxy()), "-db", "-f", str(config)]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        until(lambda: self.socket.exists() or self.process.poll() is not None, 20, "haproxy's socket")
        assert self.process.poll() is None, self.log.read_text()

    def tell(self, *commands: str) -> None:
        """Give it commands, which answer nothing that begins with a complaint."""
        for command in commands:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\n".encode())
                answer = connection.makefile().read().strip()
            assert not answer or "changed" in answer or "no need" in answer, f"{command}: {answer}"

    def serve(self, name: str, wanted: set[str]) -> None:
        """Take endpoints (address:port) in, and others out."""
        taken = self.taken[name]
        for gone in taken.keys() - wanted:
            self.tell(f"set server {name}/{taken.pop(gone)} state maint")
        for new in sorted(wanted - taken.keys()):
            taken[new] = next(slot for each in self.next[name] if (slot := f"pod{each}") not in taken.values())
            address, _, port = new.rpartition(":")
            server = f"set server {name}/{taken[new]}"
            self.tell(f"{server} addr {address} port {port}", f"{server} state ready")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


class Watcher:
    """Tells the proxy of every change of the EndpointSlices, `delay` seconds after the API server told of it."""

    def __init__(self, machine: Machine, proxy: Proxy, delay: float) -> None:
        """Begin to watch."""
        self.proxy, self.delay = proxy, delay
        self.slices: dict[tuple[str, str], set[str]] = {}
        self.changes: queue.Queue[tuple[float, str, set[str]] | None] = queue.Queue()
        selector = f"kubernetes.io/service-name={RELEASE}"
        words = ["endpointslices", "-A", "-l", selector, "--watch", "--output-watch-events", "-o", "json"]
        self.process = subprocess.Popen(
            ["kubectl", "get", *words], env=machine.environment, stdout=subprocess.PIPE, text=True
        )
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._watch, self._apply)]
        for thread in self.threads:
            thread.start()

    def _watch(self) -> None:
        for line in self.process.stdout or ():
            event = json.loads(line)
            found = event["object"]
            namespace = found["metadata"]["namespace"]
            usable = set() if event["type"] == "DELETED" else endpoints(found)
            self.slices[namespace, found["metadata"]["name"]] = usable
            all_usable = set().union(*(each for (where, _), each in self.slices.items() if where == namespace))
            self.changes.put((time.monotonic() + self.delay, namespace, all_usable))

    def _apply(self) -> None:
        while change := self.changes.get():
            due, namespace, wanted = change
            time.sleep(max(0.0, due - time.monotonic()))
            self.proxy.serve(namespace, wanted)

    def check(self) -> None:
        """Fail where it has stopped watching, since then the figures would mean nothing."""
        assert all(thread.is_alive() for thread in self.threads), "The watcher of the EndpointSlices has ended."

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)
        self.changes.put(None)
        for thread in self.threads:
            thread.join(20)


class Load:
    """Steady requests at all cases, in threads, until it is stopped."""

    def __init__(self, cases: list[Case], rate: float) -> None:
        """Begin; `rate` is requests a second, for each case."""
        self.ended, self.lock = threading.Event(), threading.Lock()
        interval = sum(THREADS.values()) / rate
        self.threads = [
            threading.Thread(target=self._send, args=(case, kind, interval))
            for case in cases
            for kind, number in THREADS.items()
            for _ in range(number)
        ]
        for thread in self.threads:
            thread.start()
            time.sleep(interval / len(self.threads))

    def _send(self, case: Case, kind: str, interval: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", case.port, timeout=TIMEOUT)
        while not self.ended.is_set():
            begun = time.monotonic()
            cause = request(connection, keep=kind == "keep-alive")
            took = time.monotonic() - begun
            with self.lock:
                case.sent[kind] += 1
                case.slowest = max(case.slowest, took)
                if cause:
                    case.lost[kind, cause] += 1
            self.ended.wait(max(0.0, interval - took))
        connection.close()

    def stop(self) -> None:
        """End it."""
        self.ended.set()
        for thread in self.threads:
            thread.join(TIMEOUT + 5)


def request(connection: http.client.HTTPConnection, *, keep: bool) -> str:
    """Ask once; return nothing for an answer of 2xx, else what came instead. A lost connection is not kept."""
    try:
        connection.request("GET", "/hello/user1", headers={} if keep else {"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__
    if not keep:
        connection.close()
    return "" if 200 <= answer.status < 300 else str(answer.status)


def endpoints(found: dict[str, Any]) -> set[str]:
    """Return the endpoints of an EndpointSlice that are ready and not terminating, as address:port."""
    ports = [each["port"] for each in found.get("ports") or [] if each["name"] == "http"]
    usable = [
        each
        for each in found.get("endpoints") or []
        if each["conditions"].get("ready") and not each["conditions"].get("terminating")
    ]
    return {f"{address}:{port}" for each in usable for address in each["addresses"] for port in ports}


def haproxy() -> str | None:
    """Return where haproxy is."""
    return shutil.which("haproxy", path=real_node.PATH)


def measure(options: argparse.Namespace, cases: list[Case]) -> None:
    """Bring a cluster up, restart the pods of the cases in turn, count, and take everything down."""
    with ExitStack() as ending:
        folder = Path(tempfile.mkdtemp(prefix="lf-restarts-"))
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        machine = Machine(folder)
        play = ["playbooks/local_cluster.yml", "-e"]
        ending.callback(machine.playbook, *play, "local_cluster_state=absent")
        machine.playbook(*play, '{"local_cluster_real_node": true}')
        for case in cases:
            case.install(machine)
        proxy = Proxy(folder, cases)
        ending.callback(proxy.stop)
        watcher = Watcher(machine, proxy, options.delay)
        ending.callback(watcher.stop)
        until(lambda: all(len(each) == PODS for each in proxy.taken.values()), 240, f"{PODS} endpoints of each case")
        load = Load(cases, options.rate)
        ending.callback(load.stop)
        for number in range(1, options.restarts + 1):
            for case in cases:
                case.restart(machine)
            watcher.check()
            lost = ", ".join(f"{case.namespace} {case.lost.total()} of {case.all_sent}" for case in cases)
            print(f"restart {number}: lost so far: {lost}", file=sys.stderr, flush=True)
        time.sleep(options.delay + options.pre_stop + 3)  # the last pods end
        watcher.check()


def show(options: argparse.Namespace, measured: Case, control: Case) -> None:
    """Print what was lost, and the ratio."""
    print(f"{options.restarts} rolling restarts of {PODS} pods each, {options.rate:g} requests/s at each case, half of")
    print(f"them on fresh connections; haproxy hears of a change {options.delay:g} s late and retries nothing;")
    print(f"preStop is shortened from the chart's 15 s to {options.pre_stop} s (rollout.preStopSeconds)")
    print(f"{'':14} {'preStop s':>9} {'requests':>9} {'lost':>6} {'share':>8} {'slowest ms':>11} {'a restart s':>12}")
    for case in (measured, control):
        counts = f"{case.pre_stop:9} {case.all_sent:9} {case.lost.total():6} {case.share:8.3%}"
        print(f"{case.namespace:14} {counts} {case.slowest * 1000:11.0f} {case.seconds / options.restarts:12.1f}")
    for case in (measured, control):
        for (kind, cause), number in sorted(case.lost.items()):
            print(f"{case.namespace} lost {number} of {case.sent[kind]}, {kind}: {cause}")
    if control.share:
        print(f"ratio of the shares lost: {measured.share / control.share:.4f}")
    else:
        print("The control lost nothing, so this run shows nothing: raise --rate, --delay or --restarts.")


def show_image() -> None:
    """Print what the application's image adds to its base."""
    command = [sys.executable, "tools/app_image.py"]
    image = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    whole, base = image["bytes"] / 1e6, image["base_bytes"] / 1e6
    print(f"image: {whole - base:.1f} MB over its base ({whole:.1f} MB with {base:.1f} MB, uncompressed)")
    rehearsal = image["base"] == "rehearsal"
    print("base: " + ("this machine's own Debian packages (no registry answered)" if rehearsal else image["base"]))


def main() -> int:
    """Measure and print; return 1 where the control lost nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restarts", type=int, default=20, help="of each case (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=40, help="requests a second, each case (default: %(default)s)")
    parser.add_argument("--delay", type=float, default=1.5, help="seconds until haproxy hears (default: %(default)s)")
    parser.add_argument("--pre-stop", type=int, default=5, help="seconds, without the control (default: %(default)s)")
    options = parser.parse_args()
    reason = reason_not_to_run() or ("" if haproxy() else "not run: haproxy is not there (make system-packages)")
    if reason:
        print(reason)
        return 0
    if options.pre_stop < math.ceil(options.delay) + 1:
        parser.error("--pre-stop must be at least a second longer than --delay, or pods end before haproxy hears.")
    # Ended like this too, it takes everything down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    measured, control = Case("with-prestop", options.pre_stop), Case("control", 0)
    measure(options, [measured, control])
    show(options, measured, control)
    show_image()
    return 0 if control.share else 1


if __name__ == "__main__":
    sys.exit(main())
