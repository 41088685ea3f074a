"""Plain progress lines on stderr."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Prints one line per step; `heartbeat` is the longest silence in seconds during a step."""

    heartbeat: float = 15.0
    started: float = field(default_factory=time.monotonic)

    def say(self, subject: str, text: str) -> None:
        """Print what happens to `subject`, with the seconds since the run began."""
        elapsed = time.monotonic() - self.started
        print(f"[{elapsed:6.1f} s] {subject}: {text}", file=sys.stderr, flush=True)
