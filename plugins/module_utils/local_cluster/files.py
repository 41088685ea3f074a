"""Files of the cluster's folder: written in one step, for the owner alone, and only when they differ."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_bytes

FILE_MODE, FOLDER_MODE = 0o600, 0o700


def write(path: Path, content: bytes | str) -> bool:
    """Make `path` hold `content`, readable by its owner alone; return whether it did not."""
    data = content.encode() if isinstance(content, str) else content
    return write_bytes(path, data, FILE_MODE, FOLDER_MODE)


def write_json(path: Path, value: Any) -> bool:
    """Write `value` as JSON; return whether that changed the file."""
    return write(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in `path`; empty where the file is missing or was cut off."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make `folder` and hold it alone: a second run on the same cluster waits here for the first."""
    while True:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_at(handle, folder):
            break
        os.close(handle)  # the run before us removed the folder
    try:
        yield
    finally:
        os.close(handle)


def _is_at(handle: int, folder: Path) -> bool:
    """Say whether the open folder is still the one at that path."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False
