"""Rows as lines of aligned columns, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, headed by the names of its columns.

    >>> aligned(["A", "Long"], [["one", ""], ["2", "x"]])
    ['A    Long', 'one', '2    x']
    """
    cells = [head, *rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def percent(share: float | None) -> str:
    """Write a share as per cent, with as many decimals as tell it from its neighbours; empty for None.

    >>> percent(0.999), percent(0.5), percent(None)
    ('99.9 %', '50 %', '')
    """
    return "" if share is None else f"{round(share * 100, 3):g} %"
