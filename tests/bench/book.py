"""The figures of the bench, and how they are printed: ratios first."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.counting import Counts

HELMFILE, HELM, OURS = "helmfile", "plain helm", "site.yml"
NOT_RUN = "not run"
COUNTED = ("tasks", "Pythons", "helm", "requests", "MiB")


@dataclass
class Book:
    """Seconds by case and way, counts by run, the stages of site.yml's runs, the charts' sources, and remarks.

    `compared` holds pairs of cases of site.yml, of which the ratio of the first to the second is printed.
    """

    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    compared: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    charts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def time(self, case: str, way: str, seconds: list[float]) -> None:
        """Write down the best of the seconds of one or several runs, and say all of them at once."""
        self.seconds.setdefault(case, {})[way] = min(seconds)
        _say(f"{way}: {case}: {', '.join(f'{each:.1f} s' for each in seconds)}")

    def count(self, run: str, counts: list[Counts], helms: int, kib: int) -> None:
        """Write down what the commands of a run took together, with the starts of helm and the peak of memory."""
        kinds = ("tasks", "pythons", "requests")
        tasks, pythons, requests = (sum(len(getattr(each, kind)) for each in counts) for kind in kinds)
        self.counts[run] = (tasks, pythons, helms, requests, kib // 1024)
        _say(f"{run}: {', '.join(f'{name} {figure}' for name, figure in zip(COUNTED, self.counts[run], strict=True))}")

    def summary(self, run: str, summary: dict[str, Any]) -> None:
        """Write down what the time of a run of site.yml went to, and where its charts came from: its summary.json."""
        self.stages[run] = summary["seconds"]
        self.charts = Counter(each["source"] for each in summary["components"])

    def __str__(self) -> str:
        """Return all of it as text."""
        parts = (self._head(), self._ratios(), self._times(), self._counted(), self._parts())
        return "\n\n".join(filter(None, ("\n".join(part) for part in parts)))

    def _head(self) -> Iterator[str]:
        yield from self.remarks
        if self.charts:
            yield "charts: " + ", ".join(f"{number} {source}" for source, number in sorted(self.charts.items()))

    def _ratios(self) -> Iterator[str]:
        rows = [case for case, taken in self.seconds.items() if OURS in taken and HELM in taken]
        if rows:
            yield _row("ratio of site.yml's seconds", [f"to {HELMFILE}", f"to {HELM}"])
        for case in rows:
            taken = self.seconds[case]
            yield _row(case, [f"{taken[OURS] / taken[r]:.2f}" if r in taken else NOT_RUN for r in (HELMFILE, HELM)])
        for case, other in self.compared:
            yield f"{case}, to {other}: {self.seconds[case][OURS] / self.seconds[other][OURS]:.2f}"

    def _times(self) -> Iterator[str]:
        ways = (HELMFILE, HELM, OURS)
        if self.seconds:
            yield _row("seconds", list(ways))
        for case, taken in self.seconds.items():
            yield _row(case, [f"{taken[way]:.1f}" if way in taken else "" for way in ways])

    def _counted(self) -> Iterator[str]:
        if self.counts:
            yield _row("what a run takes", list(COUNTED))
        for run, figures in self.counts.items():
            yield _row(run, [str(figure) for figure in figures])

    def _parts(self) -> Iterator[str]:
        for run, seconds in self.stages.items():
            parts = sorted(seconds.items(), key=lambda part: -part[1])
            yield f"site.yml, {run}: " + ", ".join(f"{stage} {each}" for stage, each in parts)


def _row(name: str, figures: list[str]) -> str:
    width = 14 if len(figures) < len(COUNTED) else 10
    return f"{name:46}" + "".join(f"{each:>{width}}" for each in figures)


def _say(line: str) -> None:
    """Say at once, on standard error, what the table says in the end."""
    print(line, file=sys.stderr, flush=True)
