"""The most memory that the processes of a run have together."""

from __future__ import annotations

import re
import threading
from pathlib import Path

INTERVAL_SECONDS = 0.2
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class Peak:
    """Looks, five times a second, at all processes that have `mark` in their environment, until it is left.

    Their PSS are added up: a page that forks share counts once. A peak between two looks is not seen.
    """

    def __init__(self, mark: str) -> None:
        """Look for `mark`, a text such as NAME=value."""
        self.mark, self.kib = mark.encode(), 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more; `kib` has the peak, in KiB."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(INTERVAL_SECONDS):
            now = sum(self._pss(process) for process in Path("/proc").glob("[0-9]*"))
            self.kib = max(self.kib, now)

    def _pss(self, process: Path) -> int:
        try:
            if self.mark not in (process / "environ").read_bytes():
                return 0
            found = PSS.search((process / "smaps_rollup").read_text())
        except OSError:
            return 0  # it has ended, or is another user's
        return int(found[1]) if found else 0
