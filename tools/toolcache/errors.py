"""Errors that end a run with one sentence."""

from __future__ import annotations

import errno
from pathlib import Path

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class ToolError(Exception):
    """What went wrong and what to do about it, in one sentence."""


def disk_full(cache: Path) -> ToolError:
    """The error for a full disk or a used-up quota below `cache`."""
    return ToolError(
        f"The disk of the tool cache {cache} is full: free about 10 GB there, "
        "or set LANDFALL_TOOL_CACHE to a folder with room."
    )


def of_os_error(error: OSError, cache: Path) -> ToolError:
    """The sentence for an error of the operating system met while working in `cache`."""
    if error.errno in DISK_FULL:
        return disk_full(cache)
    where = error.filename if error.filename is not None else cache
    return ToolError(
        f"The tool cache {cache} cannot be used ({where}: {error.strerror or error}): "
        "make that folder writable, or set LANDFALL_TOOL_CACHE to another."
    )
