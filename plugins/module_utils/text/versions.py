"""Versions as charts and programs write them, ordered by the rules of Semantic Versioning 2.0.0.

Ansible's own SemanticVersion is only there on the controller, and refuses a leading `v` and a missing patch number.
"""

from __future__ import annotations

import re

_VERSION = re.compile(r"[vV]?(?P<core>\d+(?:\.\d+)*)(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+.*)?")

Key = tuple[list[int], bool, list[tuple[int, int, str]]]


def is_newer(version: str, than: str) -> bool:
    """Say whether one version comes after another; what is not a version comes before all that are.

    >>> is_newer("1.10.0", "v1.9.3"), is_newer("1.0.0-rc1", "1.0.0"), is_newer("1.0.0+b2", "1.0.0+b1")
    (True, False, False)
    """
    return _key(version) > _key(than)


def same(version: str, other: str) -> bool:
    """Say whether two texts are one version, a leading `v` aside; build metadata makes another one.

    >>> same("v1.2.3", "1.2.3"), same("1.2.3", "1.2.3+b1")
    (True, False)
    """
    return plain(version) == plain(other)


def plain(version: str) -> str:
    """Return a version without a leading `v`.

    >>> plain("v1.2.3")
    '1.2.3'
    """
    return version.strip().lstrip("vV")


def _key(version: str) -> Key:
    """Return what versions are sorted by: numbers, whether it is a release, and the parts of a pre-release."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return [], False, []
    numbers = [int(each) for each in found["core"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, found["pre"] is None, [_part(each) for each in (found["pre"] or "").split(".")]


def _part(text: str) -> tuple[int, int, str]:
    """Return a part of a pre-release: numbers come by their value, and before words."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
