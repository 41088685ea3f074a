"""Waits, for a bounded time and telling what it sees, until a place shows the wanted state or fails for good."""

import sys
import time
from dataclasses import dataclass
from typing import Literal

from delivery.errors import DeliveryError, UnreachableError
from delivery.view import Place, View

HEARTBEAT = 30.0
"""Seconds after which a line is shown though nothing has changed."""


@dataclass(frozen=True)
class Pace:
    """Seconds: for all, between looks, and for how long a failure must last to be believed."""

    timeout: float = 600.0
    interval: float = 2.0
    grace: float = 15.0


@dataclass(frozen=True)
class Verdict:
    """How it ended; "unknown" means that it could not be seen, which is no reason to take anything back."""

    word: Literal["healthy", "superseded", "failed", "unknown"]
    says: str


class Waiter:
    """Looks at one place after another, within one time."""

    def __init__(self, pace: Pace) -> None:
        """Start the clock."""
        self._pace = pace
        self._started = time.monotonic()
        self._told, self._told_at = "", 0.0

    def wait(self, place: Place) -> Verdict:
        """Return the verdict on `place`."""
        failing_since: float | None = None
        while True:
            try:
                view = place.look()
            except UnreachableError as error:
                view, seen = View("waiting", str(error)), False
            except DeliveryError as error:
                return Verdict("unknown", f"{place.name} cannot be looked at: {error}")
            else:
                seen = True
            self._tell(f"{place.name} {view.says}" if seen else view.says)
            if view.state in {"healthy", "superseded"}:
                return Verdict("healthy" if view.state == "healthy" else "superseded", f"{place.name} {view.says}.")
            failing_since = (failing_since or self._now()) if view.state == "failed" else None
            if failing_since is not None and self._now() - failing_since >= self._pace.grace:
                return Verdict("failed", f"{place.name} {view.says}.")
            if self._now() + self._pace.interval > self._pace.timeout:
                return self._late(place, view, seen)
            time.sleep(self._pace.interval)

    def _late(self, place: Place, view: View, seen: bool) -> Verdict:
        if not seen:
            return Verdict("unknown", f"After {self._pace.timeout:.0f} s nothing is known: {view.says}")
        return Verdict("failed", f"After {self._pace.timeout:.0f} s {place.name} still {view.says}.")

    def _now(self) -> float:
        return time.monotonic() - self._started

    def _tell(self, says: str) -> None:
        if says != self._told or self._now() - self._told_at >= HEARTBEAT:
            print(f"deployed: {self._now():4.0f} s: {says}", file=sys.stderr, flush=True)
            self._told, self._told_at = says, self._now()
