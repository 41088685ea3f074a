"""How a wait is shown: a line per release when it makes progress, and the same as data for a callback plugin."""

from __future__ import annotations

from typing import Any

QUIET_SECONDS = 10.0
"""A log gets no further line on a release that still waits before this time is over."""

Outcome = dict[str, Any]
"""How a release stands, as outcomes.Outcome.as_dict returns it: {phase, message, have, wanted, cause}."""


class Progress(str):
    """A text to display, with the outcomes that it tells of: callback rollout takes those, any other prints the text.

    Workers send what they display to ansible-playbook pickled, and a subclass of str arrives there as it is.
    """

    outcomes: dict[str, Outcome]
    host: str

    def __new__(cls, text: str, host: str = "", outcomes: dict[str, Outcome] | None = None) -> Progress:
        """Take the text, the host it is about, and {release: outcome with the `seconds` that it took}."""
        made = super().__new__(cls, text)
        made.host, made.outcomes = host, outcomes or {}
        return made


def words(outcome: Outcome) -> str:
    """Return how a release stands: ready of wanted and what it waits for, or its phase.

    >>> words({"phase": "running", "have": 2, "wanted": 3, "message": "Deployment a: 0 of 1", "cause": ""})
    '2 of 3 ready, waits for Deployment a: 0 of 1'
    """
    if outcome["phase"] != "running":
        return f"{outcome['phase']}{': ' if outcome['message'] else ''}{outcome['message']}"
    counted = f"{outcome['have']} of {outcome['wanted']} ready, waits for " if outcome["wanted"] else ""
    return f"{counted}{waits_for(outcome)}"


def waits_for(outcome: Outcome) -> str:
    """Return what a release waits for, with what the cluster says of it."""
    cause = f" ({outcome['cause']})" if outcome["cause"] else ""
    return f"{outcome['message']}{cause}"


def line(key: str, outcome: Outcome, seconds: float) -> str:
    """Return the line of one release; `seconds` is how long it has been waited for."""
    return f"  {seconds:5.0f} s  {key}: {words(outcome)}"


class Plain:
    """Lines for where nothing can be rewritten: one when a release makes progress, and not too often."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._shown: dict[str, str] = {}
        self._named: set[str] = set()
        self._at: dict[str, float] = {}

    def show(self, outcomes: dict[str, Outcome], seconds: dict[str, float]) -> list[str]:
        """Return the lines to print now: what changed, but of what still waits at most one in QUIET_SECONDS.

        The first time that the cluster says why a release waits is told at once.
        """
        return [
            self._note(key, each, seconds[key]) for key, each in outcomes.items() if self._is_due(key, each, seconds)
        ]

    def _is_due(self, key: str, outcome: Outcome, seconds: dict[str, float]) -> bool:
        if self._shown.get(key) == words(outcome):
            return False
        at_once = outcome["phase"] != "running" or (outcome.get("cause") and key not in self._named)
        return at_once or key not in self._at or seconds[key] - self._at[key] >= QUIET_SECONDS

    def _note(self, key: str, outcome: Outcome, seconds: float) -> str:
        self._shown[key], self._at[key] = words(outcome), seconds
        self._named.update({key} if outcome.get("cause") else ())
        return line(key, outcome, seconds)
