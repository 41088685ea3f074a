"""Where a rollout stands: a row for each component, with state, ready of wanted, its seconds and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import Outcome, waits_for
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import Run
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

WIDTH = 100
"""Columns of a line at most, also where a terminal has more."""
WAITING, PREPARING, ROLLING, READY, IN_SYNC, PLANNED, DONE, FAILED = (
    *("waiting", "preparing", "rolling out", "ready", "in sync", "planned", "done", "failed"),
)
STATE_WIDTH = max(len(each) for each in (WAITING, PREPARING, ROLLING, READY, IN_SYNC, PLANNED, DONE, FAILED))


@dataclass
class Row:
    """One component: the releases that this run is about, and how each stands.

    `runs` are run_record's `started` by `namespace/name`, `outcomes` what settle says of them; `entered` is when its
    role began and `left` when it ended, in seconds of the same clock.
    """

    name: str
    entered: float | None = None
    left: float | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    planned: bool = False
    failed: bool = False
    ended: float | None = None

    @property
    def started(self) -> bool:
        """Whether this run started anything for it: what is in sync is only looked at."""
        return any(run["job"] for run in self.runs.values())

    @property
    def phases(self) -> set[str]:
        """The phases of all its releases."""
        return {self.outcomes.get(key, {"phase": "running"})["phase"] for key in self.runs}

    @property
    def state(self) -> str:
        """How the component stands, in one or two words."""
        if self.failed or "failed" in self.phases:
            return FAILED
        if self.entered is None:
            return WAITING
        if self.left is None and self.ended is None:
            return ROLLING if self.started else PREPARING
        return self._state_after_its_role()

    def _state_after_its_role(self) -> str:
        if self.planned:
            return PLANNED
        if not self.runs:
            return DONE
        if self.phases == {"ready"}:
            return READY if self.started else IN_SYNC
        # What was in sync is not waited for longer than it takes to see that it is ready.
        return ROLLING if self.started or self.outcomes else IN_SYNC

    def seconds(self, now: float) -> float | None:
        """Return how long it took or has taken: to be ready if something was started, else the time of its role."""
        if self.entered is None:
            return None
        until = self.ended if self.started else self.left
        return (now if until is None else until) - self.entered

    def ready(self) -> str:
        """Return how many of its workloads and rows are ready, as `2 of 3`; empty where nothing is known yet."""
        wanted = sum(each["wanted"] for each in self.outcomes.values())
        return f"{sum(each['have'] for each in self.outcomes.values())} of {wanted}" if wanted else ""

    def waits_for(self) -> str:
        """Return what its first late release waits for, or why it failed."""
        for phase in ("failed", "running"):
            for each in self.outcomes.values():
                if each["phase"] == phase:
                    return waits_for(each)
        return ""


class Board:
    """The rows of one cluster; each method takes what an action of the run has said."""

    def __init__(self) -> None:
        """Begin without a row: the components are known once preflight has read the settings."""
        self.rows: dict[str, Row] = {}

    def record(self, record: dict[str, Any], now: float) -> None:
        """Take the public record of the run: its components, and what was started or planned so far."""
        for name in (record.get("settings") or {}).get("components") or []:
            self.rows.setdefault(name, Row(name))
        for run in record.get("started") or []:
            row = self._row(run["component"], now)
            row.runs.setdefault(release_key(run["namespace"], run["name"]), run)
        for run in record.get("planned") or []:
            self._row(run["component"], now).planned = True

    def _row(self, name: str, now: float) -> Row:
        row = self.rows.setdefault(name, Row(name))
        row.entered = now if row.entered is None else row.entered
        return row

    def enter(self, role: str, now: float) -> None:
        """Note that the tasks of a role begin, and that those of all others have ended."""
        for row in self.rows.values():
            if row.name == role:
                row.entered = now if row.entered is None else row.entered
            elif row.entered is not None and row.left is None:
                row.left = now
                self._end(row, now)

    def settled(self, outcomes: dict[str, Outcome], now: float) -> None:
        """Take outcomes by `namespace/name`; releases that are not of this run are left out."""
        for row in self.rows.values():
            row.outcomes.update({key: each for key, each in outcomes.items() if key in row.runs})
            self._end(row, now)

    def _end(self, row: Row, now: float) -> None:
        """Note when all of a component's releases have ended; before its role has, more of them may come."""
        if row.ended is None and row.runs and row.left is not None and "running" not in row.phases:
            row.ended = now

    def fail(self, role: str, now: float) -> None:
        """Note that a task of a role failed."""
        if role in self.rows:
            row = self._row(role, now)
            row.failed, row.left, row.ended = True, now, now

    def left(self, *, changed: bool) -> str:
        """Return in which state a run that failed has left the cluster."""
        if not changed:
            return "nothing was changed"
        good = sum(row.state in {READY, IN_SYNC, DONE} for row in self.rows.values())
        of = f"{good} of {len(self.rows)} components are ready; " if self.rows else ""
        return f"{of}what was changed stays, and the next run goes on from there"


def line(row: Row, seconds: float | None, *, names: int, width: int = WIDTH, prefix: str = "") -> str:
    """Return the line of a component, on which no more than `width` columns are used; `names` is that column's width.

    >>> line(Row("efk"), None, names=5)
    'efk    waiting'
    """
    took = "" if seconds is None else f"{seconds:.0f} s"
    text = f"{prefix}{row.name:<{names}}  {row.state:<{STATE_WIDTH}}  {row.ready():>8}  {took:>6}  {row.waits_for()}"
    return cut(text.rstrip(), min(width, WIDTH))


def cut(text: str, width: int) -> str:
    """Shorten a text to one row of a terminal: only those can be counted back.

    >>> cut("too long", 5)
    'too …'
    """
    return text if len(text) <= width else f"{text[: width - 1]}…"


class Frame:
    """Lines that are rewritten in place on a terminal."""

    def __init__(self) -> None:
        """Begin with nothing drawn."""
        self._drawn = 0

    def erase(self) -> str:
        """Return the text that takes the lines away, for something else to be printed."""
        # ECMA-48: so many lines up; everything below erased.
        up = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        self._drawn = 0
        return up

    def draw(self, lines: list[str]) -> str:
        """Return the text that shows the lines in place of the earlier ones."""
        erased = self.erase()
        self._drawn = len(lines)
        return erased + "".join(f"{each}\n" for each in lines)
