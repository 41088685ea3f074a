"""What of values arrives in a chart: through Helm itself, and texts that YAML's versions read differently."""

from __future__ import annotations

import base64
import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

needs_helm = pytest.mark.skipif(not shutil.which("helm"), reason="not run: there is no helm (make tools)")

TEXTS = (
    *("1e3", "1234e56", "1E3", "0x1F", "0o17", "0b101", "017", "08", "0899", "012345678912", "1_000", "1.10", "1."),
    *(".5", "-0", "+1", "-.inf", ".nan", ".NaN", "1:30", "22:22", "190:20:30.15", "9007199254740993"),
    *("y", "Y", "n", "yes", "No", "on", "OFF", "true", "False", "TRUE", "null", "Null", "~", "", "=", "<<", "!", "*a"),
    *("&a", "|", ">", "%x", "@x", "`x`", "- x", "-", "? x", ":", "a: b", "a #b", "#", "[x", "{x", "x]", "---", "..."),
    *("2026-11-30", "2026-11-30T12:00:00Z", "2026-11-30 12:00:00", "12:00:00", "NaN", "Infinity", "None", "undefined"),
    *(
        "{{ x }}",
        "{% raw %}",
        "{{",
        "{{ .Values.x }}",
        "{#",
        "$HOME",
        "${X}",
        "$$",
        "%(x)s",
        "\\n",
        "\\",
        "'",
        '"',
        "''",
    ),
    *(
        '"a"',
        " a",
        "a ",
        "\t",
        "\n",
        "a\nb",
        "a\r\nb",
        "\n\na\n\n",
        "a\tb",
        "\r",
        "é",
        "ß",
        "日本",
        "😀",
        "\U0001d4b3",
        "e\u0301",
    ),
    *("\u00a0", "\u2028", "\u2029", "\x85", "\ufeff", "\u200b", "\x00", "\x1b[0m", "\x7f", "\x80", "\x9f", "\ufffe"),
    *("\uffff", "\U0010ffff", "<b>&amp;", "!!str 1", "!vault |", "0" * 40, "a" * 5000),
)

EXACT = 2**53
"""Up to here each whole number has a floating-point number of its own, which is what Helm makes of it."""

_TEMPLATE = "values: {{ toJson .Values | b64enc | quote }}\n"


@functools.cache
def _chart() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="landfall-chart-"))
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: told\nversion: 0.1.0\n")
    (folder / "templates/told.yaml").write_text(_TEMPLATE)
    return folder


def through_helm(written: str) -> Any:
    """Return the values that a chart has, from the text that Helm is given on its standard input."""
    done = subprocess.run(
        ["helm", "template", "told", str(_chart()), "--values=-"],
        input=written.encode(),
        capture_output=True,
        check=False,
    )
    assert not done.returncode, done.stderr.decode()
    told = done.stdout.decode().rpartition("values: ")[2].strip().strip('"')
    return json.loads(base64.b64decode(told))


def kinds(tree: object) -> object:
    """Return a tree with its leaves' kinds beside them: 1 and True are the same to Python."""
    if isinstance(tree, dict):
        return {key: kinds(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [kinds(each) for each in tree]
    if isinstance(tree, int | float) and not isinstance(tree, bool):
        return ("number", float(tree))
    return (next((kind.__name__ for kind in (bool, str) if isinstance(tree, kind)), str(type(tree))), tree)
