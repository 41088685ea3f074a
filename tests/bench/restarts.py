"""`make bench-restarts`: connections lost while pods are restarted behind a load balancer that withdraws late.

Two rounds on one real node, with the Flask application's chart. In the first one haproxy uses a withdrawn address for
1.5 s more, as a proxy in the cluster would: a short preStop beside none. In the second one it does so for 120 s, as a
network load balancer of AWS does: the preStop of NGINX and of Argo CD on EKS beside the 60 s that NGINX once had, and
beside none. Nothing is scaled. A rollout does not wait for the pods that end, so restarts overlap, and 20 of them take
a quarter of an hour and not three hours.

haproxy retries nothing, so that nothing lost is hidden. A client that waits sends nothing meanwhile, so what the
controls lose is rather too little.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import shutil
import signal
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
from tests.bench.late_balancer import Proxy, Watcher, haproxy
from tests.e2e.machine import ROOT, Machine, until
from tests.e2e.test_real_node import reason_not_to_run
from tests.unit.components.rendering import evaluate

RELEASE = "flask-app"
PODS = 2
ROOM = 40
"""Pods that the real node takes at once, with some to spare: its kubelet has maxPods 50."""
BEFORE = 60
"""The preStop of NGINX before it was known how late AWS withdraws."""
THREADS = {"keep-alive": 2, "fresh": 2}
TIMEOUT = 10
ENDS = 10
"""Seconds that the application takes to end once its preStop is over, and more."""


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
            # Pods that end keep their requests, and there are many of them.
            "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}},
            "nodeSelector": {real_node.LABEL: "true"},
            "tolerations": [{"key": real_node.LABEL, "operator": "Exists"}],
        }

    def install(self, machine: Machine) -> None:
        """Install the release."""
        file = machine.folder / f"{self.namespace}.json"
        file.write_text(json.dumps(self.values()), encoding="utf-8")
        where = [f"--namespace={self.namespace}", "--create-namespace", f"--values={file}"]
        machine.run("helm", "install", RELEASE, str(ROOT / "app/chart"), *where)

    def uninstall(self, machine: Machine) -> None:
        """Remove the release, and its pods at once."""
        machine.run("helm", "uninstall", RELEASE, f"--namespace={self.namespace}")
        machine.kubectl("delete", "pods", "--all", "-n", self.namespace, "--grace-period=0", "--force")

    def restart(self, machine: Machine) -> None:
        """Restart the pods, and wait until kubectl calls that done, which old ones may outlive."""
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
        return self.lost.total() / self.all_sent if self.all_sent else 0.0


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


@dataclass
class Round:
    """Cases that are restarted in turn, behind a load balancer that withdraws `late` seconds late.

    The first case is measured, the others are its controls.
    """

    title: str
    late: float
    cases: list[Case]

    @property
    def pace(self) -> int:
        """Return the seconds from one restart of all cases to the next, for their pods to fit on the node."""
        staying = ROOM - len(self.cases) * (PODS + 1)
        return math.ceil(PODS * sum(each.pre_stop + ENDS for each in self.cases) / staying)

    def measure(self, machine: Machine, options: argparse.Namespace) -> None:
        """Install the cases, restart them under load, and count."""
        with ExitStack() as ending:
            folder = Path(tempfile.mkdtemp(prefix="proxy-", dir=machine.folder))
            for case in self.cases:
                case.install(machine)
                ending.callback(case.uninstall, machine)
            proxy = Proxy(folder, {case.namespace: case.port for case in self.cases})
            ending.callback(proxy.stop)
            watcher = Watcher(machine, proxy, RELEASE, self.late)
            ending.callback(watcher.stop)
            until(lambda: all(len(each) == PODS for each in proxy.taken.values()), 240, f"{PODS} endpoints of each")
            load = Load(self.cases, options.rate)
            ending.callback(load.stop)
            for number in range(1, options.restarts + 1):
                next_one = time.monotonic() + self.pace
                for case in self.cases:
                    case.restart(machine)
                watcher.check()
                lost = ", ".join(f"{case.namespace} {case.lost.total()} of {case.all_sent}" for case in self.cases)
                print(f"{self.title}, restart {number}: lost so far: {lost}", file=sys.stderr, flush=True)
                time.sleep(max(0.0, next_one - time.monotonic()))
            # The last pods are withdrawn, and then end.
            time.sleep(max(self.late, self.cases[0].pre_stop) + ENDS)
            watcher.check()

    def show(self, options: argparse.Namespace) -> None:
        """Print what was lost, and the ratio."""
        print(f"\n{self.title}: haproxy uses a withdrawn address for {self.late:g} s more, and retries nothing;")
        print(
            f"{options.restarts} rolling restarts of {PODS} pods each, {options.rate:g} requests/s at each case, half"
        )
        print("of them on fresh connections")
        print(
            f"{'':16} {'preStop s':>9} {'requests':>9} {'lost':>6} {'share':>8} {'slowest ms':>11} {'a restart s':>12}"
        )
        for case in self.cases:
            counts = f"{case.pre_stop:9} {case.all_sent:9} {case.lost.total():6} {case.share:8.3%}"
            print(f"{case.namespace:14} {counts} {case.slowest * 1000:11.0f} {case.seconds / options.restarts:12.1f}")
        for case in self.cases:
            for (kind, cause), number in sorted(case.lost.items()):
                print(f"{case.namespace} lost {number} of {case.sent[kind]}, {kind}: {cause}")

    def problems(self) -> list[str]:
        """Return why this round shows nothing, or shows losses; nothing where it is as it should be."""
        measured, *controls = self.cases
        quiet = [f"{each.namespace} lost nothing, so this round shows nothing" for each in controls if not each.lost]
        return [f"{measured.namespace} lost {measured.lost.total()}"] * bool(measured.lost) + quiet


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


def show_image() -> None:
    """Print what the application's image adds to its base."""
    command = [sys.executable, "tools/app_image.py"]
    image = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    whole, base = image["bytes"] / 1e6, image["base_bytes"] / 1e6
    print(f"image: {whole - base:.1f} MB over its base ({whole:.1f} MB with {base:.1f} MB, uncompressed)")
    rehearsal = image["base"] == "rehearsal"
    print("base: " + ("this machine's own Debian packages (no registry answered)" if rehearsal else image["base"]))


def rounds(options: argparse.Namespace) -> list[Round]:
    """Return the rounds that are asked for."""
    soon = [Case("with-prestop", options.pre_stop), Case("control", 0)]
    on_eks = int(evaluate("platform", "platform_pod_ending.pre_stop"))
    like_aws = [Case("as-on-eks", on_eks), Case("as-before", BEFORE), Case("late-control", 0)]
    found = [Round("a proxy in the cluster", options.delay, soon), Round("as AWS does", options.late, like_aws)]
    return [each for each in found if each.late > 0]


def main() -> int:
    """Measure and print; return 1 where the measured case lost something, or a control nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restarts", type=int, default=20, help="of each case (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=40, help="requests a second, each case (default: %(default)s)")
    parser.add_argument("--delay", type=float, default=1.5, help="seconds late, 0 for no such round (%(default)s)")
    parser.add_argument("--pre-stop", type=int, default=5, help="seconds, in that round (default: %(default)s)")
    parser.add_argument(
        "--late", type=float, default=120, help="seconds late, as AWS; 0 for no such round (%(default)s)"
    )
    options = parser.parse_args()
    reason = reason_not_to_run() or ("" if haproxy() else "not run: haproxy is not there (make system-packages)")
    if reason:
        print(reason)
        return 0
    asked = rounds(options)
    short = [each for each in asked if each.cases[0].pre_stop < math.ceil(each.late) + 1]
    if short:
        parser.error("A preStop must be at least a second longer than the delay, or pods end before haproxy hears.")
    # Ended like this too, it takes everything down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as ending:
        folder = Path(tempfile.mkdtemp(prefix="lf-restarts-"))
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        machine = Machine(folder)
        play = ["playbooks/local_cluster.yml", "-e"]
        ending.callback(machine.playbook, *play, "local_cluster_state=absent")
        machine.playbook(*play, '{"local_cluster_real_node": true}')
        for each in asked:
            each.measure(machine, options)
    for each in asked:
        each.show(options)
    show_image()
    problems = [problem for each in asked for problem in each.problems()]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
