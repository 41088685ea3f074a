"""How a wait is shown: a line per release rewritten in place on a terminal, plain lines in a log."""

from __future__ import annotations

from typing import Any

QUIET_SECONDS = 10.0
"""A log gets no further line on a release that still waits before this time is over."""
UP, CLEAR_LINE = "\x1b[{}A", "\x1b[2K"
"""ECMA-48: so many lines up; the whole line erased."""

Outcome = dict[str, Any]
"""How a release stands, as wait.Outcome.as_dict returns it: {phase, message, have, wanted, cause}."""


def words(outcome: Outcome) -> str:
    """Return how a release stands: ready of wanted and what it waits for, or its phase.

    >>> words({"phase": "running", "have": 2, "wanted": 3, "message": "Deployment a: 0 of 1", "cause": ""})
    '2 of 3 ready, waits for Deployment a: 0 of 1'
    """
    if outcome["phase"] != "running":
        return f"{outcome['phase']}{': ' if outcome['message'] else ''}{outcome['message']}"
    counted = f"{outcome['have']} of {outcome['wanted']} ready, waits for " if outcome["wanted"] else ""
    return f"{counted}{outcome['message']}{f' ({outcome["cause"]})' if outcome['cause'] else ''}"


def line(key: str, outcome: Outcome, seconds: float) -> str:
    """Return the line of one release; `seconds` is how long it has been waited for."""
    return f"  {seconds:5.0f} s  {key}: {words(outcome)}"


class Plain:
    """Lines for where nothing can be rewritten: one when a release makes progress, and not too often."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._shown: dict[str, str] = {}
        self._at: dict[str, float] = {}

    def show(self, outcomes: dict[str, Outcome], seconds: dict[str, float]) -> list[str]:
        """Return the lines to print now: what changed, but of what still waits at most one in QUIET_SECONDS."""
        return [
            self._note(key, each, seconds[key]) for key, each in outcomes.items() if self._is_due(key, each, seconds)
        ]

    def _is_due(self, key: str, outcome: Outcome, seconds: dict[str, float]) -> bool:
        if self._shown.get(key) == words(outcome):
            return False
        ended = outcome["phase"] != "running"
        return ended or key not in self._at or seconds[key] - self._at[key] >= QUIET_SECONDS

    def _note(self, key: str, outcome: Outcome, seconds: float) -> str:
        self._shown[key], self._at[key] = words(outcome), seconds
        return line(key, outcome, seconds)


class Live:
    """A line per release that still waits, rewritten in place; what has ended stays above."""

    def __init__(self, width: int) -> None:
        """Take the terminal's width in columns."""
        self.width = width
        self._drawn = 0

    def show(self, outcomes: dict[str, Outcome], seconds: dict[str, float]) -> list[str]:
        """Return one text that redraws the lines; it holds the control sequences for that."""
        ended = [line(key, each, seconds[key]) for key, each in outcomes.items() if each["phase"] != "running"]
        waiting = [
            self._cut(line(key, each, seconds[key])) for key, each in outcomes.items() if each["phase"] == "running"
        ]
        up = UP.format(self._drawn) if self._drawn else ""
        self._drawn = len(waiting)
        return [up + "\n".join(CLEAR_LINE + each for each in [*ended, *waiting])] if outcomes else []

    def _cut(self, text: str) -> str:
        """Shorten a line so that it takes one row: only those can be counted back."""
        return text if len(text) <= self.width else f"{text[: self.width - 1]}…"
