"""`make bench-rollout`: site.yml beside helmfile and plain Helm, in one run, with the same charts and values.

Works on fresh embedded clusters, and prints ratios, seconds, and what each run took. Nothing is asserted: the figures
are for docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.book import HELMFILE, NOT_RUN, OURS, Book
from tests.bench.clusters import Clusters, Command, fresh
from tests.bench.memory import Peak
from tests.bench.ways import ways
from tests.counting import COUNTED, Counter, Counts, counter

COLD, AGAIN = "cold", "nothing to do"
PLAN = "playbooks/plan.yml"
SLOW_SECONDS = 20
REPEATS = 2


class Bench:
    """The sections of the bench; each starts clusters of its own and writes figures into the book."""

    def __init__(self, folder: Path, numbers: list[int], pod_seconds: list[int]) -> None:
        """Work below `folder`; `numbers` of clusters in one play, and what pods take, are lists to go through."""
        self.folder, self.numbers, self.pod_seconds = folder, numbers, pod_seconds
        self.book, self.ways = Book(), ways()
        machine = f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores"
        self.book.remarks.append(f"{machine}, load before it {os.getloadavg()[0]:.1f}")
        if HELMFILE not in self.ways:
            self.book.remarks.append(f"{HELMFILE}: {NOT_RUN}: it is not there (make bench-tools builds it, once)")

    def rollout(self) -> None:
        """Roll out in each way, on a fresh cluster each, then again with nothing to do."""
        for seconds in self.pod_seconds:
            for way, commands_of in self.ways.items():
                with fresh(self._place(way, seconds), pod_seconds=seconds) as clusters:
                    self._cold_and_again(clusters, commands_of(clusters), way, _pods(seconds))
                    self._check_pods(clusters, seconds, f"{way}, {_pods(seconds)}")

    def clusters(self) -> None:
        """Roll site.yml out on several clusters in one play, then again with nothing to do, which is counted too."""
        where = {number: f"{number} in one play, {_pods(SLOW_SECONDS)}" for number in self.numbers}
        for number in self.numbers:
            with fresh(self._place("many", number), number, SLOW_SECONDS) as clusters:
                commands = [clusters.playbook("site.yml")]
                self._cold_and_again(clusters, commands, OURS, where[number])
                self._check_pods(clusters, SLOW_SECONDS, where[number])
                self._count(clusters, commands, ["", f"{OURS}, {AGAIN}, {number} in one play"])
        one, *more = self.numbers
        self.book.compared += [(f"{what}, {where[n]}", f"{what}, {where[one]}") for n in more for what in (COLD, AGAIN)]

    def plan(self) -> None:
        """Plan on an empty cluster, and after a rollout, when nothing would change."""
        with fresh(self._place("plan")) as clusters:
            plan = clusters.playbook(PLAN)
            self.book.time("plan, empty cluster", OURS, [clusters.seconds(plan)])
            clusters.seconds(clusters.playbook("site.yml"))
            self.book.time("plan, no change", OURS, [clusters.seconds(plan) for _ in range(REPEATS)])

    def counts(self) -> None:
        """Count what each way takes, through a proxy before the API server: slower, so without seconds."""
        for way, commands_of in self.ways.items():
            with fresh(self._place("counted", way)) as clusters:
                self._count(clusters, commands_of(clusters), [f"{way}, {COLD}", f"{way}, {AGAIN}"])
        with fresh(self._place("counted", "plan")) as clusters:
            plan = [clusters.playbook(PLAN)]
            self._count(clusters, plan, ["plan, empty cluster"])
            clusters.seconds(clusters.playbook("site.yml"))
            self._count(clusters, plan, ["", "plan, no change"])

    def _place(self, *words: str | int) -> Path:
        return self.folder / "-".join(str(word).replace(" ", "-") for word in words)

    def _cold_and_again(self, clusters: Clusters, commands: list[Command], way: str, where: str) -> None:
        for what, repeats in ((COLD, 1), (AGAIN, REPEATS)):
            self.book.time(f"{what}, {where}", way, [clusters.seconds(*commands) for _ in range(repeats)])
            if way == OURS:
                self.book.summary(f"{what}, {where}", clusters.summary())

    def _check_pods(self, clusters: Clusters, seconds: int, where: str) -> None:
        """Say where pods were not as slow as they should be, since then the figures would mean something else."""
        fast, of = clusters.fast_pods(seconds) if seconds else (0, 0)
        if fast:
            self.book.remarks.append(f"{where}: {fast} of {of} pods were ready sooner")

    def _count(self, clusters: Clusters, commands: list[Command], runs: list[str]) -> None:
        """Run the commands once for each of `runs`, through one proxy, and count; one without a name is not noted."""
        clusters.count_helm()
        with counter(clusters.environment, clusters.all) as counting:
            for run in runs:
                clusters.helm_starts.write_text("")
                with Peak(f"{COUNTED}={counting.notes}") as peak:
                    counts = [_typed(counting, command) for command in commands]
                helms = len(clusters.helm_starts.read_text().splitlines())
                if run:
                    self.book.count(run, counts, helms, peak.kib)


def _pods(seconds: int) -> str:
    return f"pods after {seconds} s" if seconds else "pods at once"


def _typed(counting: Counter, command: Command) -> Counts:
    """Count what a command takes, which must succeed."""
    program, *words = command
    counts = counting.playbook(*words) if program == "ansible-playbook" else counting.run(*command)
    assert counts.status == 0, f"{' '.join(command)}:\n{counts.said[-4000:]}"
    return counts


SECTIONS = {each.__name__: each for each in (Bench.rollout, Bench.clusters, Bench.plan, Bench.counts)}


def numbers(listed: str) -> list[int]:
    """Read a list such as `1,8`."""
    return [int(each) for each in listed.split(",")]


def main() -> None:
    """Run the sections and print all figures, also those of a run that failed later."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="these sections alone")
    parser.add_argument("--clusters", type=numbers, default="1,8", help="clusters in one play (default: %(default)s)")
    parser.add_argument("--pod-seconds", type=numbers, default="0,20", help="what a pod takes (default: %(default)s)")
    options = parser.parse_args()
    # Ended like this too, it takes the clusters down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="lf-bench-") as folder:
        bench = Bench(Path(folder), options.clusters, options.pod_seconds)
        try:
            for name in options.only:
                SECTIONS[name](bench)
        finally:
            print(bench.book)


if __name__ == "__main__":
    main()
