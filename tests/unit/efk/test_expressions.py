"""Python's engine and Onigmo's Java port see the same in every golden text, so the golden tests speak for Fluent Bit.

joni is JRuby's port of the engine that Fluent Bit has built in; the program itself is not to be had here.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator

from tests.unit.efk.fluent_bit import expression, rules
from tests.unit.efk.jars import java
from tests.unit.efk.rendered import part
from tests.unit.efk.test_parsers import golden, written

# What the two engines read differently: a pattern of this must show as a difference, or the comparison sees nothing.
CONTROL = (r"\Aone\Z", "one\n")


def patterns() -> list[str]:
    found = [part("PARSER", "cri_line").get("regex")]
    return found + [each.pattern for each in rules(part("MULTILINE_PARSER", "stack_traces"))]


def texts() -> list[str]:
    found: list[str] = []
    for name in ("cri", "json", "traces"):
        for case in golden(name):
            values = case.values[0]
            found += values.get("lines", [])
            found += [each for line in values.get("text", "").splitlines() for each in (line, *written(line))]
    return sorted({*found, "", "two\nlines", "Ünïcode Error: ✓"})


def python_sees(pattern: str, text: str) -> str:
    compiled = expression(pattern)
    found = compiled.search(text)
    if not found:
        return "no"

    def place(group: int) -> str:
        return "-".join(
            str(len(text[: found.start(group)].encode()) if end == 0 else len(text[: found.end(group)].encode()))
            if found.start(group) >= 0
            else "-1"
            for end in (0, 1)
        )

    # With named groups, Onigmo counts no others; ours have no others that capture.
    return " ".join(place(group) for group in range(compiled.groups + 1))


def encoded(pairs: list[tuple[str, str]]) -> Iterator[str]:
    for pattern, text in pairs:
        bare = expression(pattern).pattern.replace("(?P<", "(?<")
        yield " ".join(base64.b64encode(each.encode()).decode() for each in (bare, text))


def test_both_engines_see_the_same(record_property: Callable[[str, object], None]) -> None:
    pairs = [(pattern, text) for pattern in patterns() for text in texts()]
    asked = "".join(f"{line}\n" for line in encoded([CONTROL, *pairs]))
    done = subprocess.run(
        java("Expressions.java"), input=asked, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    control, *seen = done.stdout.splitlines()
    assert control != python_sees(*CONTROL)
    different = [
        (pattern, text, python_sees(pattern, text), there)
        for (pattern, text), there in zip(pairs, seen, strict=True)
        if python_sees(pattern, text) != there
    ]
    assert different == []
    matches = sum(1 for each in seen if each != "no")
    record_property(
        "table", f"Fluent Bit's expressions: {len(pairs)} pairs of expression and text, {matches} matches, both engines"
    )
    assert matches > len(patterns())
