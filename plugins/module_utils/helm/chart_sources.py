"""Where a chart comes from: the chart cache, upstream, or a stand-in; and whether it is the one that was pinned."""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart as chart_archive
from ansible_collections.landfall.eks.plugins.module_utils.helm import remote
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import ChartError
from ansible_collections.landfall.eks.plugins.module_utils.text import versions

PULL_SECONDS = 120
STAND_IN = "stand-in"
"""The source of a chart that takes another one's place in a rehearsal."""
STAND_IN_SECONDS = 15
"""How long Helm may take where a stand-in can take the chart's place."""
SIDE_BY_SIDE = 16

Pin = dict[str, Any]
"""{ref, version, sha256, tested}; `tested` is there where a user's settings made the pin.

It is {name, version} of the tested chart."""
Chart = dict[str, Any]
"""{name, version, path, sha256, source, verified} of a chart that was found."""


@dataclass
class Sources:
    """The places to look, in this order: `cache`, `downloads`, upstream (through `helm`), `stand_ins`."""

    downloads: Path
    helm: str
    cache: Path | None = None
    stand_ins: Path | None = None


def chart_name(ref: str) -> str:
    """Return the chart's name: the last part of its reference."""
    return ref.rstrip("/").rpartition("/")[2]


def is_archive(ref: str) -> bool:
    """Say whether a reference, address or path, is that of an archive, whose name says nothing for certain."""
    return ref.endswith(remote.ARCHIVE)


def is_folder(ref: str) -> bool:
    """Say whether a reference is the path of a chart's folder: source code, of which nobody publishes a digest."""
    return not remote.is_remote(ref) and Path(ref).is_dir()


def archive_name(pin: Pin) -> str:
    """Return the file name that a chart has in a cache: `<chart>-<version>.tgz`."""
    name = chart_name(pin["ref"])
    return name if is_archive(name) else f"{name}-{pin['version']}{remote.ARCHIVE}"


def resolve_all(pins: dict[str, Pin], sources: Sources) -> tuple[dict[str, Chart], list[str]]:
    """Resolve the chart of each release, side by side.

    `pins` are by the release's name. Returns the found charts by release, and a sentence for each that was not found
    or is not what was pinned.
    """
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        outcomes = dict(zip(pins, pool.map(lambda pin: _outcome(pin, sources), pins.values()), strict=True))
    charts = {release: each for release, each in outcomes.items() if isinstance(each, dict)}
    return charts, [each for each in outcomes.values() if isinstance(each, str)]


def untested(pins: dict[str, Pin], charts: dict[str, Chart]) -> dict[str, str]:
    """Return, by release, how a chart differs from the one that Landfall is tested with; only those that do."""
    found = {}
    for release, chart in charts.items():
        tested = pins[release].get("tested") or {}
        is_named = not tested.get("name") or tested["name"] == chart["name"]
        if tested and not (is_named and versions.same(str(tested["version"]), chart["version"])):
            ours = f"{tested.get('name') or chart['name']} {tested['version']}"
            found[release] = f"chart {chart['name']} {chart['version']}, not the tested {ours}"
    return found


def _outcome(pin: Pin, sources: Sources) -> Chart | str:
    try:
        return resolve(pin, sources)
    except ChartError as error:
        return str(error)


def resolve(pin: Pin, sources: Sources) -> Chart:
    """Find one chart and check it against its pin. Raises ChartError with a sentence."""
    if not remote.is_remote(pin["ref"]):
        # A path is its own upstream.
        return _described(Path(pin["ref"]), "upstream", pin)
    if sources.cache and (sources.cache / archive_name(pin)).is_file():
        return _described(sources.cache / archive_name(pin), "cache", pin)
    downloaded = sources.downloads / _folder_of(pin) / archive_name(pin)
    if downloaded.is_file():
        return _described(downloaded, "cache", pin)
    stand_in = _stand_in(pin, sources)
    try:
        _pull(pin, sources.helm, downloaded, STAND_IN_SECONDS if stand_in else PULL_SECONDS)
    except remote.RemoteError as error:
        if error.unreachable and stand_in:
            return _described(stand_in, STAND_IN, pin)
        raise ChartError(_not_found(pin, sources, error)) from error
    return _described(downloaded, "upstream", pin)


def _folder_of(pin: Pin) -> str:
    """Return the folder of a reference's downloads: another one may serve other bytes for a name and version."""
    return hashlib.sha256(pin["ref"].encode()).hexdigest()[:12]


def _stand_in(pin: Pin, sources: Sources) -> Path | None:
    """Return the stand-in of the very version that is pinned; None if there is none."""
    folder = sources.stand_ins / chart_name(pin["ref"]) if sources.stand_ins else None
    if folder is None or not folder.is_dir():
        return None
    return folder if versions.same(str(chart_archive.metadata(folder)["version"]), str(pin["version"])) else None


def _pull(pin: Pin, helm: str, target: Path, seconds: float) -> None:
    """Download a chart and move it to its place whole. Raises RemoteError and ChartError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as folder:
            remote.pull(helm, pin["ref"], str(pin["version"]), Path(folder), seconds).replace(target)
    except OSError as error:
        raise ChartError(
            f"Charts cannot be kept in {target.parent.parent} ({error.strerror or error}): write another folder as "
            "platform_chart_downloads."
        ) from error


def _not_found(pin: Pin, sources: Sources, error: remote.RemoteError) -> str:
    where = f"LANDFALL_CHART_CACHE ({sources.cache})" if sources.cache else "LANDFALL_CHART_CACHE (not set)"
    name, advice = _called(pin), "correct this chart's setting, or see docs/charts.md about logins and certificates"
    if error.unreachable:
        advice = f"put {archive_name(pin)} into that folder, or let this machine reach the address"
    return f"The chart {name} is not in {where}, and Helm could not get it from {pin['ref']}: {error}; {advice}."


def _called(pin: Pin) -> str:
    """Return how a pinned chart is called in a sentence: its name and, as far as known, version."""
    return f"{chart_name(pin['ref'])} {pin['version']}".strip()


def _described(path: Path, source: str, pin: Pin) -> Chart:
    if not path.exists():
        raise ChartError(_missing(path, pin))
    chart = chart_archive.metadata(path)
    # By its place alone: any archive could say so of itself.
    stand_in = source == STAND_IN
    summed = chart_archive.digest(path)
    _check_identity(path, chart, pin)
    wanted = str(pin.get("sha256") or "").lower()
    if wanted and not stand_in and summed != wanted:
        raise ChartError(
            f"The chart {_called(pin)} ({path}) has the SHA-256 {summed}, pinned is {wanted}: remove that file, and if "
            "upstream really serves other bytes now, find out why before you change the pin."
        )
    return {
        "name": chart["name"],
        "version": str(chart["version"]),
        "path": str(path),
        "sha256": summed,
        "source": source,
        "verified": bool(wanted) and not stand_in,
    }


def _missing(path: Path, pin: Pin) -> str:
    if pin.get("tested"):
        return f"The chart {path} does not exist: correct its setting, or put it there."
    return f"The chart folder {path} is missing: this installation of landfall.eks is not whole."


def _check_identity(path: Path, chart: dict[str, Any], pin: Pin) -> None:
    """Compare name and version with the pin, where it says them for certain. Raises ChartError."""
    by_name = remote.is_remote(pin["ref"]) and not is_archive(pin["ref"])
    by_version = pin["version"] and (by_name or pin.get("tested"))
    name = chart_name(pin["ref"]) if by_name else chart["name"]
    version = str(pin["version"] if by_version else chart["version"])
    if chart["name"] != name or not versions.same(str(chart["version"]), version):
        raise ChartError(
            f"{path} holds the chart {chart['name']} {chart['version']}, wanted is {name} {version}: "
            "replace the file by the right one."
        )
