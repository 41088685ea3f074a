"""What happened to one pin, and the edit that it asks for."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


class OutOfReachError(Exception):
    """Upstream could not be asked; says why. A pin stays as it is."""


class NotServedError(Exception):
    """Upstream answers and does not have what was asked for; says what."""


@dataclass(frozen=True)
class Edit:
    """Replaces the characters from `start` to `end` of a file."""

    path: Path
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """One line of the report; `wrong` says that a pin contradicts upstream, or upstream itself."""

    subject: str
    says: str
    edit: Edit | None = None
    wrong: bool = False

    def __str__(self) -> str:
        """Return the line."""
        return f"{'ERROR: ' if self.wrong else ''}{self.subject}: {self.says}"


def unanswered(subject: str, pinned: str | None, error: Exception) -> Outcome:
    """Return the outcome for a pin of which upstream said nothing, or that it does not have it."""
    if pinned is None:
        return Outcome(subject, f"not pinned ({error})")
    if isinstance(error, NotServedError):
        return Outcome(subject, f"is pinned to {pinned}, which upstream no longer serves ({error})", wrong=True)
    return Outcome(subject, f"pinned to {pinned}, unverified ({error})")


def compared(subject: str, pinned: str | None, published: str, served: str, edit: Edit) -> Outcome:
    """Return the outcome for a pin, given the SHA-256 that upstream publishes and that of the bytes which it serves."""
    if served != published:
        says = f"upstream publishes the SHA-256 {published} and serves {served}; the pin is left as it is"
        return Outcome(subject, says, wrong=True)
    if pinned is None:
        return Outcome(subject, f"upstream serves {served}", edit)
    if pinned != served:
        says = f"is pinned to {pinned}, upstream serves {served}: find out why before you change the pin"
        return Outcome(subject, says, wrong=True)
    return Outcome(subject, f"pinned to {served}, as upstream serves it")


def apply(edits: list[Edit]) -> None:
    """Make all edits; each file is replaced whole, from its end to its beginning so that no place moves."""
    for path in {each.path for each in edits}:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        for each in sorted((edit for edit in edits if edit.path == path), key=lambda edit: -edit.start):
            text = text[: each.start] + each.text + text[each.end :]
        _replace(path, text)


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    Path(name).chmod(path.stat().st_mode & 0o777)
    Path(name).replace(path)
