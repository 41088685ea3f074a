"""Files that are written whole or not at all, and only when they differ."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote


def file_name(text: str) -> str:
    """Return a text, such as a host's name, as part of a file name; two texts never become the same one.

    >>> file_name("arn:aws:eks:eu-west-1:111122223333:cluster/shop")
    'arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Acluster%2Fshop'
    """
    return quote(text, safe="")


def differs(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Say whether `path` is anything but a file with that content and mode. Raises OSError."""
    is_file = path.is_file() and not path.is_symlink()
    return not is_file or path.stat().st_mode & 0o777 != mode or path.read_bytes() != content


def write_bytes(path: Path, content: bytes, mode: int = 0o644, folder_mode: int = 0o777) -> bool:
    """Make `path` hold `content` with that mode; return whether it did not.

    The file is written beside its place and moved there, so that a reader never sees half of it, and it is readable by
    its owner alone until it has its mode. A missing folder is made with `folder_mode`, less the umask.
    Raises OSError if the folder cannot be written.
    """
    if not differs(path, content, mode):
        return False
    path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def write_text(path: Path, text: str, mode: int = 0o644) -> bool:
    """Write text as UTF-8; see write_bytes."""
    return write_bytes(path, text.encode(), mode)


def write_json(path: Path, content: Any, mode: int = 0o644) -> bool:
    """Write content as indented JSON; see write_bytes."""
    return write_text(path, json.dumps(content, indent=2) + "\n", mode)
