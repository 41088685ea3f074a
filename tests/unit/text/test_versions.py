"""Versions are compared as versions: the order that Semantic Versioning gives, and what people write beside it."""

import itertools

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.text.versions import is_newer, same

# The example of Semantic Versioning 2.0.0, point 11, with its neighbours.
IN_ORDER = (
    "no version at all",
    "0.9.10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "v1.0.1-rc1",
    "v1.0.1",
    "1.9.3",
    "1.10.0",
    "2",
)


@pytest.mark.parametrize(("older", "newer"), list(itertools.combinations(IN_ORDER, 2)))
def test_each_is_newer_than_those_before_it(older: str, newer: str) -> None:
    assert is_newer(newer, older)
    assert not is_newer(older, newer)


@pytest.mark.parametrize(("one", "other"), [("v2.0.0", "2.0.0"), ("1.0.0+b2", "1.0.0+b1"), ("1.2", "1.2.0"), ("", "?")])
def test_neither_is_newer(one: str, other: str) -> None:
    assert not is_newer(one, other)
    assert not is_newer(other, one)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [("v1.2.3", "1.2.3", True), ("1.2.3", "1.2.3-rc1", False), ("1.2.3", "1.2.3+build", False), ("1.2", "1.2", True)],
)
def test_one_version_written_in_two_ways(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal
