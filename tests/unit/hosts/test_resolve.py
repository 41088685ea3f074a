"""Patience with a name that is not in DNS yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.hosts import resolve as subject


def answering(answers: list[list[str]]) -> Callable[[str], list[str]]:
    """Return a resolver that gives one answer after another, and the last one from then on."""
    left: Iterator[list[str]] = iter(answers)

    def ask(name: str) -> list[str]:
        assert name == "nlb.example"
        return next(left, answers[-1])

    return ask


class Clock:
    """Time that passes in sleep alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("answers", "found", "seconds"),
    [
        ([["1.1.1.1"]], ["1.1.1.1"], 1),
        ([[], [], ["1.1.1.1"]], ["1.1.1.1"], 11),
        ([["1.1.1.1"], ["1.1.1.1", "2.2.2.2"]], ["1.1.1.1", "2.2.2.2"], 2),
        ([[]], [], 30),
    ],
)
def test_an_answer_counts_once_it_was_given_twice(answers: list[list[str]], found: list[str], seconds: float) -> None:
    clock = Clock()
    assert subject.wait_for_addresses("nlb.example", 30, answering(answers), clock.read, clock.sleep) == found
    assert clock.now == seconds


def test_lookup_gives_ipv4_addresses_or_nothing() -> None:
    assert subject.lookup("127.0.0.1") == ["127.0.0.1"]
    assert subject.lookup("no-such-name.invalid") == []
