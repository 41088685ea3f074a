"""Rows as lines of aligned columns, for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

TERMINAL = 80
"""Columns that every terminal has."""
GAP = "  "
NARROWEST = 10
"""No column is made narrower than this to make a table fit."""
SENTENCE = 30
"""A column of more than these columns is one of sentences, and is not made narrower."""
BREAKS = re.compile(r"\s+|(?<=-)")
BELOW = "    "
"""Indentation of what stands on lines of its own under its row."""


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, headed by the names of its columns.

    >>> aligned(["A", "Long"], [["one", ""], ["2", "x"]])
    ['A    Long', 'one', '2    x']
    """
    return [_line(cells, _natural([head, *rows])) for cells in [head, *rows]]


def fitted(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int = TERMINAL, below: Sequence[str] = ()
) -> list[str]:
    """Return the lines of a table of at most `width` columns.

    The columns whose names are in `below`, such as addresses, which a person copies, stand on lines of their own under
    their row and are never broken there; their cells may hold several lines. The last of the others joins them if
    it holds sentences and little room is left beside the rest; otherwise the widest columns are wrapped.

    >>> fitted(["A", "Why", "Url"], [["one", "it is too long", "https://a/b/c/d"]], width=16, below=["Url"])
    ['A    Why', 'one  it is too', '     long', '    https://a/b/c/d']
    """
    beside = [index for index, name in enumerate(head) if name not in below]
    natural = _natural([head, *rows])
    left = width - sum(natural[index] + len(GAP) for index in beside[:-1])
    if natural[beside[-1]] > SENTENCE > left:
        beside = beside[:-1]
    cells = [[row[index] for index in beside] for row in [head, *rows]]
    widths = _narrowed(_natural(cells), _unbroken(cells), width)
    lines = _wrapped(cells[0], widths)
    for row, shown in zip(rows, cells[1:], strict=True):
        under = [part for index in range(len(head)) if index not in beside for part in row[index].splitlines()]
        lines += [*_wrapped(shown, widths), *folded([BELOW + each for each in under], width)]
    return lines


def wrapped(text: str, width: int = TERMINAL, indent: str = "") -> list[str]:
    """Return a text as lines of at most `width` columns, all but the first indented; a longer word is not broken.

    >>> wrapped("to be read at a glance", width=12, indent="  ")
    ['to be read', '  at a', '  glance']
    """
    own, bare = text[: len(text) - len(text.lstrip())], text.lstrip()
    lines = textwrap.wrap(
        bare, width, initial_indent=own, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [""]


def folded(lines: Iterable[str], width: int = TERMINAL) -> list[str]:
    """Wrap the lines that have more than `width` columns; what goes on is indented further than its line.

    >>> folded(["short", "  a line too long"], width=10)
    ['short', '  a line', '    too', '    long']
    """
    return [
        part
        for line in lines
        for part in (wrapped(line, width, " " * (len(line) - len(line.lstrip()) + 2)) if len(line) > width else [line])
    ]


def percent(share: float | None) -> str:
    """Write a share as per cent, with as many decimals as tell it from its neighbours; empty for None.

    >>> percent(0.999), percent(0.5), percent(None)
    ('99.9 %', '50 %', '')
    """
    return "" if share is None else f"{round(share * 100, 3):g} %"


def _natural(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(line[index]) for line in cells) for index in range(len(cells[0]))]


def _unbroken(cells: Sequence[Sequence[str]]) -> list[int]:
    """Return, for each column, the length of its longest word; a hyphen ends one."""
    words = [[len(word) for cell in column for word in BREAKS.split(cell)] for column in zip(*cells, strict=True)]
    return [max(each) for each in words]


def _narrowed(widths: list[int], words: list[int], width: int) -> list[int]:
    """Narrow the widest column until all fit: first as far as no word of it is broken, then NARROWEST at least."""
    room = width - len(GAP) * (len(widths) - 1)
    for least in (words, [NARROWEST] * len(widths)):
        while sum(widths) > room and (
            wide := [
                each
                for each in zip(widths, range(len(widths)), strict=True)
                if each[0] > max(least[each[1]], NARROWEST)
            ]
        ):
            widths[max(wide)[1]] -= 1
    return widths


def _wrapped(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [_cell(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return [_line(each, widths) for each in zip_longest(*parts, fillvalue="")]


def _cell(cell: str, width: int) -> list[str]:
    """Wrap a cell; a word is broken, at its hyphens first, only if it has no room in the column."""
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_on_hyphens=any(len(word) > width for word in cell.split()))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
