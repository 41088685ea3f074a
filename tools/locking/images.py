"""The pin of the image's base: `ARG BASE=<image>:<tag>@sha256:<digest>` in the Dockerfile."""

from __future__ import annotations

import re
from pathlib import Path

from locking import registry
from locking.outcome import Edit, NotServedError, Outcome, OutOfReachError, unanswered

BASE = re.compile(r"^ARG BASE=(?P<name>\S+?):(?P<tag>[\w.-]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?[ \t]*\r?$", re.M)


def resolve(dockerfile: Path) -> list[Outcome]:
    """Compare the base's digest with its registry's; without one, that of the tag is written."""
    if not dockerfile.exists():
        return []
    with dockerfile.open(encoding="utf-8", newline="") as file:
        match = BASE.search(file.read())
    if not match:
        return [Outcome(dockerfile.name, "not pinned (it has no line ARG BASE=<image>:<tag>)")]
    subject = f"image {match['name']}:{match['tag']}"
    try:
        return [_resolved(subject, match, dockerfile)]
    except (OutOfReachError, NotServedError) as error:
        return [unanswered(subject, match["digest"], error)]


def _resolved(subject: str, match: re.Match[str], dockerfile: Path) -> Outcome:
    place = registry.of_image(match["name"])
    newest, _ = registry.manifest(place, match["tag"])
    pinned = match["digest"]
    if pinned is None:
        end = match.end("tag")
        return Outcome(subject, f"its registry serves {newest}", Edit(dockerfile, end, end, f"@{newest}"))
    if pinned == newest:
        return Outcome(subject, f"pinned to {pinned}, as its registry serves it")
    try:
        registry.manifest(place, pinned)
    except NotServedError:
        says = f"is pinned to {pinned}, which its registry no longer serves; the tag is {newest} now"
        return Outcome(subject, says, wrong=True)
    return Outcome(subject, f"pinned to {pinned}; the tag has moved to {newest}: remove the digest to take that")
