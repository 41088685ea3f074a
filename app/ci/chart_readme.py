#!/usr/bin/env python3
"""Write the table of values into the chart's README: defaults from values.yaml, meanings from values.schema.json."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

START, END = "<!-- values: written by app/ci/chart_readme.py -->", "<!-- end of values -->"


def rows(schema: dict[str, Any], values: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (key, default, meaning) for each leaf of `values`, or its nearest parent that the schema describes.

    Raises KeyError for a value that the schema does not know.
    """
    if "description" in schema:
        yield path, json.dumps(values), schema["description"]
        return
    for key, value in values.items():
        yield from rows(schema["properties"][key], value, f"{path}.{key}" if path else key)


def table(schema: dict[str, Any], values: dict[str, Any]) -> str:
    """Return the Markdown table."""
    lines = ["| value | default | meaning |", "|---|---|---|"]
    lines += [f"| `{key}` | `{default}` | {meaning} |" for key, default, meaning in rows(schema, values)]
    return "\n".join(lines)


def fill(readme: str, content: str) -> str:
    """Return `readme` with `content` between the two marks, which must be there."""
    head, _, rest = readme.partition(START)
    _, _, tail = rest.partition(END)
    return f"{head}{START}\n{content}\n{END}{tail}"


def main(arguments: list[str] | None = None) -> int:
    """Write the README, or with --check only say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the table is out of date")
    parser.add_argument("--chart", type=Path, default=Path(__file__).parents[1] / "chart", help="folder of the chart")
    options = parser.parse_args(arguments)
    schema = json.loads((options.chart / "values.schema.json").read_text())
    values = yaml.safe_load((options.chart / "values.yaml").read_text())
    readme = options.chart / "README.md"
    before = readme.read_text()
    after = fill(before, table(schema, values))
    if options.check and after != before:
        print(f"{readme.name} of the chart is out of date: run app/ci/chart_readme.py.", file=sys.stderr)
        return 1
    if after != before:
        readme.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
