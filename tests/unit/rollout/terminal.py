"""A terminal as far as it takes to see what a text with control sequences leaves on it."""

import re

PARTS = re.compile(r"\x1b\[\d*[A-Za-z]|\x1b\[[\d;]*m|\n|[^\x1b\n]+")


def screen(text: str) -> list[str]:
    """Return the rows that a text leaves; known are up, erase below and colours."""
    rows, at = [""], 0
    for part in PARTS.findall(text.replace("\r\n", "\n")):
        if up := re.match(r"\x1b\[(\d+)A", part):
            at -= int(up[1])
        elif part == "\x1b[J":
            rows[at:] = [""]
        elif part == "\n":
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif not part.startswith("\x1b"):
            rows[at] += part
    return rows
