#!/usr/bin/env python3
"""Writes what upstream serves into the pins: digests of charts, of the image's base and of tools, commits of actions.

What cannot be asked stays as it is and is reported; `--check` writes nothing, and `--actions` only lists the actions
without a commit, asking nobody. Ends with 1 where a pin contradicts upstream, or upstream itself.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from locking import actions, charts, downloads, images
from locking.outcome import Outcome, apply

ROOT = Path(__file__).resolve().parent.parent


def outcomes(root: Path, helm: str, hub: str) -> list[Outcome]:
    """Ask upstream about every pin of a checkout, side by side; returns the outcomes in a fixed order."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        of_charts = [pool.submit(charts.resolve, pin, helm) for pin in charts.pins(root)]
        of_tools = [pool.submit(downloads.resolve, pin) for pin in downloads.pins(root)]
        of_image = pool.submit(images.resolve, root / "Dockerfile")
        of_actions = [pool.submit(actions.resolve, each, places, hub) for each, places in actions.pins(root).items()]
        found = [each.result() for each in of_charts + of_tools] + of_image.result()
        return found + [outcome for each in of_actions for outcome in each.result()]


def unpinned_actions(root: Path) -> list[str]:
    """Return a line for each action of a checkout's workflows that has no commit yet."""
    return [f"{each}: not pinned (make lock)" for each in actions.pins(root) if each.commit is None]


def main(arguments: list[str] | None = None) -> int:
    """Report every pin, and write those that are new; return 1 if one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only report")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the checkout")
    parser.add_argument("--hub", default=actions.GITHUB, metavar="URL", help="where the actions' repositories lie")
    parser.add_argument("--actions", action="store_true", help="only list the actions that are not pinned")
    options = parser.parse_args(arguments)
    if options.actions:
        print("\n".join(unpinned_actions(options.root)) or "All actions are pinned to commits.")
        return 0
    helm = shutil.which("helm")
    if helm is None:
        print("There is no helm on the PATH to download charts with: `make tools` gets it.")
        return 1
    found = outcomes(options.root, helm, options.hub)
    edits = [each.edit for each in found if each.edit]
    written = "not pinned yet" if options.check else "now pinned to that"
    for line in dict.fromkeys(f"{each}; {written}" if each.edit else str(each) for each in found):
        print(line)
    if options.check:
        print(f"lock: nothing written; `make lock` would write {len(edits)} pins")
    else:
        apply(edits)
        print(f"lock: {len(edits)} pins written")
    return 1 if any(each.wrong for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
