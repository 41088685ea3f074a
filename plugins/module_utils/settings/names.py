"""Names that are almost one of our settings: typos to refuse in an inventory that holds names of others too.

Pure: names in, sentences out. A name that merely begins like one of our settings is left alone.
"""

from __future__ import annotations

import difflib
import fnmatch
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting

OWN = "platform_own_variables"
SLIPS = 2
"""Letters that a typo drops or adds at most; a letter that is replaced counts as both."""
SLIPS_OF_SWAPS = 4
"""The same, where all letters are there and only their order is wrong."""
LONG_PREFIX = 6
"""Letters of a role's name from which on a typo in it may be as large as one in the rest."""


def problems(
    names: Iterable[str], known: Collection[str], settings: Mapping[str, Setting], own: Collection[str]
) -> list[str]:
    """Return a sentence for each name that is a typo of a setting.

    `known` are names that are ours; `own` are the entries of platform_own_variables.
    """
    found = ((name, meant(name, settings)) for name in strangers(names, known, own))
    return [
        f"{name} is not a setting of Landfall: did you mean {setting}? If it is your own, list it in {OWN}."
        for name, setting in found
        if setting
    ]


def left_alone(
    names: Iterable[str], known: Collection[str], settings: Mapping[str, Setting], own: Collection[str]
) -> list[str]:
    """Return the names that begin like one of our settings and are none, those of `own` excepted."""
    beginnings = tuple({f"{each.role}_" for each in settings.values()})
    return [name for name in strangers(names, known, own) if name.startswith(beginnings)]


def strangers(names: Iterable[str], known: Collection[str], own: Collection[str]) -> Iterator[str]:
    """Yield, sorted, the public names that are neither known nor covered by `own`; an entry may end in `*`."""
    for name in sorted(names):
        if name not in known and not name.startswith("_") and not any(fnmatch.fnmatchcase(name, each) for each in own):
            yield name


def meant(name: str, settings: Mapping[str, Setting]) -> str:
    """Return the setting that a name is a typo of; empty if it is none."""
    likely = [(_distance(name, each.name), each.name) for each in settings.values() if _is_typo(name, each)]
    return min(likely, default=(0, ""))[1]


def _is_typo(name: str, setting: Setting) -> bool:
    if _letters(name) == _letters(setting.name):
        return True
    rest = setting.name.removeprefix(f"{setting.role}_")
    if name.startswith(f"{setting.role}_"):
        return _is_typo_of_rest(name.removeprefix(f"{setting.role}_"), rest)
    return name.endswith(f"_{rest}") and _is_typo_of_role(name.removesuffix(f"_{rest}"), setting.role)


def _is_typo_of_rest(given: str, rest: str) -> bool:
    """Whether the role is right, and what follows has a typo, another order of its words or one word too few."""
    words, wanted = given.split("_"), rest.split("_")
    fewer = len(words) > 1 and any(words == wanted[:at] + wanted[at + 1 :] for at in range(len(wanted)))
    return fewer or sorted(words) == sorted(wanted) or _close(given, rest, SLIPS)


def _is_typo_of_role(given: str, role: str) -> bool:
    """Whether all but the role is right, and the role has a typo or lacks its last words."""
    if role.startswith(f"{given}_"):
        return True
    same_words = given.count("_") == role.count("_")
    return same_words and _close(given, role, SLIPS if len(role) >= LONG_PREFIX else 1)


def _close(one: str, other: str, slips: int) -> bool:
    if abs(len(one) - len(other)) > slips:
        return False
    return _distance(one, other) <= (SLIPS_OF_SWAPS if sorted(one) == sorted(other) else slips)


def _distance(one: str, other: str) -> int:
    """Return how many letters one text drops and adds to become the other."""
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return len(one) + len(other) - 2 * sum(block.size for block in blocks)


@functools.cache
def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
