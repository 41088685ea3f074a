#!/usr/bin/env python3
"""Say which image a commit is built into, as lines for GITHUB_OUTPUT: repository, version, tag, revision.

The chart is the one place that knows: its appVersion is the version, its image.repository is where images go.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import yaml

PLACEHOLDER = "landfall/flask-app"
SHORT_COMMIT = 12


class ImageError(ValueError):
    """One sentence: which setting is wrong, and what to write."""


def describe(chart: dict[str, Any], values: dict[str, Any], commit: str) -> dict[str, str]:
    """Return the outputs for `commit` (40 hex digits), given the parsed Chart.yaml and values.yaml.

    Raises ImageError.
    """
    repository = str(values["image"]["repository"])
    version = str(chart["appVersion"])
    if repository == PLACEHOLDER:
        raise ImageError(
            f"image.repository in app/chart/values.yaml is still the placeholder {PLACEHOLDER}: "
            "write your own Docker Hub repository, for example acme/flask-app."
        )
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?", version):
        raise ImageError(f"appVersion in app/chart/Chart.yaml is {version!r}: write a version such as 1.2.3.")
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ImageError(f"--commit is {commit!r}: write all 40 digits, as git rev-parse HEAD prints them.")
    tag = f"{version}-{commit[:SHORT_COMMIT]}"
    return {"repository": repository, "version": version, "tag": tag, "revision": commit}


def main(arguments: list[str] | None = None) -> int:
    """Print the outputs; return 1 after a sentence on standard error when there are none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", required=True, help="the commit that is built, 40 hex digits")
    parser.add_argument("--chart", type=Path, default=Path("app/chart"), help="folder of the chart (%(default)s)")
    options = parser.parse_args(arguments)
    chart, values = (yaml.safe_load((options.chart / name).read_text()) for name in ("Chart.yaml", "values.yaml"))
    try:
        outputs = describe(chart, values, options.commit)
    except ImageError as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in outputs.items():
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
