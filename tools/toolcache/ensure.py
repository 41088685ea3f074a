"""Makes sure that programs are in the cache: looks, downloads, or builds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolcache.build import Builder
from toolcache.cache import ABSENT, Cache
from toolcache.download import Downloader, UnavailableError
from toolcache.pins import Family, Pins, Platform, Tool

UNPINNED = "its digest is not pinned (make lock), and its host vouches for itself"


@dataclass(frozen=True)
class Result:
    """Where a program is and where it came from in this run: "cache", "download" or "build"."""

    version: str
    path: Path
    source: str

    def as_json(self) -> dict[str, str | bool]:
        """The value that --json prints."""
        return {
            "version": self.version,
            "path": str(self.path),
            "source": self.source,
            "changed": self.source != "cache",
        }


@dataclass(frozen=True)
class Run:
    """What getting programs takes: the cache, this run's work folder, and the two ways to get one."""

    cache: Cache
    work: Path
    downloader: Downloader
    builder: Builder

    def get(self, family: Family, tools: list[Tool]) -> dict[Tool, str]:
        """Get `tools`, all of `family`; return the source of each that this run made."""
        with self.cache.family_lock(family.name):
            # Another run may have made them while this one waited for the lock.
            missing = list(self.cache.problems(tools))
            sources = dict.fromkeys((tool for tool in missing if self._download(tool)), "download")
            rest = [tool for tool in missing if tool not in sources]
            if rest:
                self._build(family, rest)
            return sources | dict.fromkeys(rest, "build")

    def _download(self, tool: Tool) -> bool:
        """Download the program into the cache; return whether that worked."""
        try:
            program = self.downloader.fetch(tool, self.work)
        except UnavailableError as reason:
            self.cache.progress.say(tool.name, f"{reason}: building it")
            return False
        self.cache.store(tool, program, self.work)
        pinned = tool.download and tool.download.sha256
        known = "verified" if pinned else f"unverified: {UNPINNED}"
        self.cache.progress.say(tool.name, f"{tool.version} downloaded, {known}")
        return True

    def _build(self, family: Family, tools: list[Tool]) -> None:
        """Build the programs with one command, into the cache."""
        for tool, program in self.builder.build(family, tools).items():
            self.cache.store(tool, program, self.work)


def ensure(
    pins: Pins, tools: list[Tool], cache: Cache, target: Platform, *, pinned_only: bool = False
) -> dict[str, Result]:
    """Get every one of `tools` that is not whole in the cache; return them all, by name.

    With `pinned_only`, what has no pinned digest is built.
    """
    cache.sweep()
    problems = cache.problems(tools)
    for tool, problem in problems.items():
        text = problem if problem == ABSENT else f"{problem}, getting it again"
        cache.progress.say(tool.name, f"{tool.version}: {text}")
    sources: dict[Tool, str] = _get(pins, set(problems), cache, target, pinned_only) if problems else {}
    return {tool.name: Result(tool.version, cache.program(tool), sources.get(tool, "cache")) for tool in tools}


def _get(pins: Pins, missing: set[Tool], cache: Cache, target: Platform, pinned_only: bool) -> dict[Tool, str]:
    """Get the `missing` programs, family by family; return the source of each that this run made."""
    sources: dict[Tool, str] = {}
    with cache.work_folder() as work:
        builder = Builder(work, cache.root, target, pins.toolchain, cache.progress)
        run = Run(cache, work, Downloader(cache.progress, pinned_only=pinned_only), builder)
        for family in pins.families:
            wanted = [tool for tool in family.tools if tool in missing]
            if wanted:
                sources |= run.get(family, wanted)
    return sources
