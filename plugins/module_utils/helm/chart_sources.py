"""Where a chart comes from: the chart cache, upstream, or a stand-in; and whether it is the one that was pinned."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart as chart_archive
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import ChartError

CONNECT_SECONDS = 3
"""A host that does not accept a connection within this time is taken as out of reach."""
PULL_SECONDS = 120
REMOTE_SCHEMES = ("https://", "oci://", "http://")


@dataclass
class Sources:
    """The places to look, in this order: `cache`, `downloads`, upstream (through `helm`), `stand_ins`."""

    downloads: Path
    helm: str
    cache: Path | None = None
    stand_ins: Path | None = None
    reachable: dict[str, bool] = field(default_factory=dict)


def is_remote(ref: str) -> bool:
    """Say whether a chart reference is an address rather than a folder."""
    return ref.startswith(REMOTE_SCHEMES)


def chart_name(ref: str) -> str:
    """Return the chart's name: the last part of its reference."""
    return ref.rstrip("/").rpartition("/")[2]


def archive_name(pin: dict[str, Any]) -> str:
    """Return the file name that a chart has in a cache: `<chart>-<version>.tgz`."""
    return f"{chart_name(pin['ref'])}-{pin['version']}.tgz"


def resolve_all(pins: dict[str, dict[str, Any]], sources: Sources) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Resolve the chart of each release, side by side.

    `pins` maps a release's name to {ref, version, sha256}. Returns the found charts, {name, version, path, sha256,
    source, verified} by release, and a sentence for each that was not found or is not what was pinned.
    """
    hosts = {urlsplit(pin["ref"]).hostname or "" for pin in pins.values() if _needs_upstream(pin, sources)}
    with ThreadPoolExecutor(max_workers=8) as pool:
        sources.reachable.update(zip(hosts, pool.map(answers, hosts), strict=True))
        outcomes = dict(zip(pins, pool.map(lambda pin: _outcome(pin, sources), pins.values()), strict=True))
    charts = {release: each for release, each in outcomes.items() if isinstance(each, dict)}
    return charts, [each for each in outcomes.values() if isinstance(each, str)]


def _outcome(pin: dict[str, Any], sources: Sources) -> dict[str, Any] | str:
    try:
        return resolve(pin, sources)
    except ChartError as error:
        return str(error)


def resolve(pin: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """Find one chart and check it against its pin {ref, version, sha256}.

    Returns {name, version, path, sha256, source, verified}. Raises ChartError with a sentence.
    """
    if not is_remote(pin["ref"]):
        # The repository's own chart: its folder is its upstream.
        return _described(Path(pin["ref"]), "upstream", pin)
    found = _cached(pin, sources)
    if found:
        return _described(found, "cache", pin)
    if sources.reachable.get(urlsplit(pin["ref"]).hostname or ""):
        return _described(_pull(pin, sources), "upstream", pin)
    if sources.stand_ins and (sources.stand_ins / chart_name(pin["ref"])).is_dir():
        return _described(sources.stand_ins / chart_name(pin["ref"]), "stand-in", pin)
    where = f"LANDFALL_CHART_CACHE ({sources.cache})" if sources.cache else "LANDFALL_CHART_CACHE (not set)"
    raise ChartError(
        f"The chart {chart_name(pin['ref'])} {pin['version']} is not in {where} and {pin['ref']} does not answer: "
        f"put {archive_name(pin)} into that folder, or let this machine reach the address."
    )


def answers(host: str) -> bool:
    """Say whether a host accepts connections for HTTPS within CONNECT_SECONDS."""
    try:
        with socket.create_connection((host, 443), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _cached(pin: dict[str, Any], sources: Sources) -> Path | None:
    candidates = [folder / archive_name(pin) for folder in (sources.cache, sources.downloads) if folder]
    return next((each for each in candidates if each.is_file()), None)


def _needs_upstream(pin: dict[str, Any], sources: Sources) -> bool:
    return is_remote(pin["ref"]) and _cached(pin, sources) is None


def _pull(pin: dict[str, Any], sources: Sources) -> Path:
    """Download a chart with helm and move it into `downloads` whole."""
    name = chart_name(pin["ref"])
    what = [pin["ref"]] if pin["ref"].startswith("oci://") else [name, "--repo", pin["ref"].rpartition("/")[0]]
    sources.downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=sources.downloads, prefix=".pull-") as folder:
        command = [sources.helm, "pull", *what, "--version", str(pin["version"]), "--destination", folder]
        try:
            # pylint: disable-next=ansible-bad-function
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=PULL_SECONDS)
            target = sources.downloads / archive_name(pin)
            (Path(folder) / archive_name(pin)).replace(target)
        except (subprocess.SubprocessError, OSError) as error:
            reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
            raise ChartError(
                f"The chart {name} {pin['version']} could not be had from {pin['ref']}: {reason}"
            ) from error
    return target


def _described(path: Path, source: str, pin: dict[str, Any]) -> dict[str, Any]:
    if not path.exists():
        raise ChartError(f"The chart folder {path} is missing: this installation of landfall.eks is not whole.")
    chart = chart_archive.metadata(path)
    stand_in = chart_archive.is_stand_in(chart)
    summed = chart_archive.digest(path)
    name = chart_name(pin["ref"])
    if is_remote(pin["ref"]) and (chart["name"], str(chart["version"])) != (name, str(pin["version"])):
        raise ChartError(
            f"{path} holds the chart {chart['name']} {chart['version']}, wanted is {name} {pin['version']}: "
            "replace the file by the right one."
        )
    if pin.get("sha256") and not stand_in and summed != pin["sha256"]:
        raise ChartError(
            f"The chart {name} {pin['version']} ({path}) has the SHA-256 {summed}, pinned is {pin['sha256']}: "
            "remove that file, and if upstream really serves other bytes now, find out why before you change the pin."
        )
    return {
        "name": chart["name"],
        "version": str(chart["version"]),
        "path": str(path),
        "sha256": summed,
        "source": "stand-in" if stand_in else source,
        "verified": bool(pin.get("sha256")) and not stand_in,
    }
