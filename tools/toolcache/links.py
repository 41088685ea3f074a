"""A folder of links to the programs, to be put on PATH."""

from __future__ import annotations

import tempfile
from pathlib import Path

from toolcache.errors import ToolError


def link(folder: Path, programs: dict[str, Path]) -> list[str]:
    """Make `folder` hold a link per program, each replaced in one step; return the names that changed.

    Anything else in the folder stays. A real file instead of a link is an error: it is somebody's.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [name for name, program in programs.items() if _link_one(folder / name, program)]
    except OSError as error:
        raise ToolError(f"--bin {folder} cannot be made ({error.strerror}): name another folder.") from error


def _link_one(place: Path, program: Path) -> bool:
    """Make `place` a link to `program`; return whether it was not one already."""
    if place.is_symlink() and place.readlink() == program:
        return False
    if place.exists() and not place.is_symlink():
        raise ToolError(f"{place} is a file of its own and not a link: give --bin a folder for these links alone.")
    with tempfile.TemporaryDirectory(prefix=".link-", dir=place.parent) as scratch:
        fresh = Path(scratch) / place.name
        fresh.symlink_to(program)
        fresh.replace(place)
    return True
