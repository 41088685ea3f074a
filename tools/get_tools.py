#!/usr/bin/env python3
"""Gets the pinned programs of the embedded cluster into a cache outside the checkout; tools.yml says which."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from toolcache.cache import Cache, default_root
from toolcache.ensure import Result, ensure
from toolcache.errors import ToolError, of_os_error
from toolcache.links import link
from toolcache.pins import Pins, Tool, load, this_platform
from toolcache.progress import Progress

MINIMUM_PYTHON = (3, 12)
PINS = Path(__file__).resolve().parent / "tools.yml"


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="the cache, instead of LANDFALL_TOOL_CACHE")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="get these tools alone")
    parser.add_argument("--with", nargs="+", metavar="NAME", dest="extra", help="get these optional tools as well")
    parser.add_argument("--bin", type=Path, metavar="DIR", help="make a folder of links to the tools, for PATH")
    parser.add_argument("--json", action="store_true", help="print what was got as JSON on stdout")
    parser.add_argument("--cached", action="store_true", help="get nothing: fail if the cache lacks one")
    parser.add_argument("--pinned", action="store_true", help="build what has no pinned digest, in place of a download")
    parser.add_argument("--pins", type=Path, default=PINS, metavar="FILE", help="another list of tools than tools.yml")
    return parser.parse_args(arguments)


def choose(pins: Pins, names: list[str] | None, extra: list[str] | None = None) -> list[Tool]:
    """The tools called `names`, or all that are not optional; `extra` ones too. ToolError for an unknown name."""
    tools = pins.tools()
    known = [tool.name for tool in tools]
    for option, given in (("--only", names), ("--with", extra)):
        for name in given or []:
            if name not in known:
                raise ToolError(f"{option} knows no tool {name!r}: write one or more of {', '.join(known)}.")
    wanted = {*(names or [tool.name for tool in tools if not tool.optional]), *(extra or [])}
    return [tool for tool in tools if tool.name in wanted]


def run(options: argparse.Namespace, root: Path, progress: Progress) -> dict[str, Result]:
    """Do what the command line asks for, with the cache at `root`."""
    target = this_platform()
    pins = load(options.pins, target)
    tools = choose(pins, options.only, options.extra)
    cache = Cache(root, progress)
    if options.cached and (problems := cache.problems(tools)):
        lacking = ", ".join(tool.name for tool in problems)
        raise ToolError(f"The tool cache {root} lacks {lacking}: run this without --cached.")
    results = ensure(pins, tools, cache, target, pinned_only=options.pinned)
    sources = Counter(result.source for result in results.values())
    counts = ", ".join(f"{count} from {source}" for source, count in sources.items())
    progress.say("tools", f"{len(results)} ready in {root} ({counts})")
    if options.bin:
        changed = link(options.bin.absolute(), {name: result.path for name, result in results.items()})
        progress.say("tools", f"{len(changed)} links changed in {options.bin}")
    return results


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 0, 1 for an error told in one sentence, or 130 when interrupted."""
    if sys.version_info < MINIMUM_PYTHON:
        return fail("Python 3.12 or newer is needed: run this with the Python of .venv.")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)
    options = parse_arguments(arguments)
    root = options.cache.absolute() if options.cache else default_root(os.environ)
    try:
        results = run(options, root, Progress())
    except ToolError as error:
        return fail(str(error))
    except OSError as error:
        return fail(str(of_os_error(error, root)))
    except KeyboardInterrupt:
        print("get_tools: interrupted, nothing half-made was left", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps({name: result.as_json() for name, result in results.items()}, indent=2))
    return 0


def fail(sentence: str) -> int:
    """Print the error and return the exit status for it."""
    print(f"get_tools: {sentence}", file=sys.stderr)
    return 1


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Turn a signal into an exit that cleans up."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
