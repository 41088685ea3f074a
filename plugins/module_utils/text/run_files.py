"""Files that are there for one run, and only for the person who runs it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


class RunFiles:
    """A folder of 0700, with files of 0600, that goes when the process that made it ends."""

    def __init__(self) -> None:
        """Make the folder, among the temporary files of the system."""
        self.folder = Path(tempfile.mkdtemp(prefix="landfall-"))
        atexit.register(self.end, os.getpid())

    def write(self, name: str, content: str) -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def end(self, maker: int) -> None:
        """Take the folder away, but not when a process ends that only was forked from its maker."""
        if os.getpid() == maker:
            shutil.rmtree(self.folder, ignore_errors=True)
