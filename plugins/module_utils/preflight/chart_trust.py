"""Which charts of a run nobody vouches for, and which are no longer what they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_memory, chart_sources, state
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_memory import Digests
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import Chart, Pin
from ansible_collections.landfall.eks.plugins.module_utils.settings import components

Release = Mapping[str, Any]
"""A release as its component specifies it: {name, component, namespace_setting, chart, …}, `chart` being its pin."""


@dataclass(frozen=True)
class Charts:
    """The charts of a run: its releases, what was found of the chart of each, and the digests seen before."""

    releases: Sequence[Release]
    found: Mapping[str, Chart]
    known: Digests = field(default_factory=dict)

    @property
    def pins(self) -> dict[str, Pin]:
        """The pins of the releases whose chart was found, by release."""
        return {each["name"]: each["chart"] for each in self.releases if each["name"] in self.found}

    @property
    def ours(self) -> dict[str, Chart]:
        """What was found of the charts of the releases, by release."""
        return {name: self.found[name] for name in self.pins}


def unverified(charts: Charts) -> list[str]:
    """Return the names of the releases whose chart no SHA-256 of the settings confirms.

    Stand-ins come with Landfall. A folder is somebody's own source.
    """
    pins, found = charts.pins, charts.ours
    return sorted(
        name
        for name, chart in found.items()
        if not chart["verified"] and chart["source"] != chart_sources.STAND_IN
        if not chart_sources.is_folder(pins[name]["ref"])
    )


def is_unverified(pin: Pin, live: Mapping[str, Any]) -> bool:
    """Say the same of a live release; `live` is its newest revision, as helm.storage reads it.

    What Landfall has not seen ready has no digest, so nothing is said of it.
    """
    made_of = str(live["identity"]).partition("-")[0]
    if not made_of or live["source"] == chart_sources.STAND_IN or chart_sources.is_folder(pin["ref"]):
        return False
    return made_of != str(pin.get("sha256") or "").lower()[: state.DIGEST_CHARACTERS]


def note(names: Sequence[str]) -> list[str]:
    """Return one sentence on the releases whose charts are unverified; none if none is."""
    return [f"Unverified charts, whose sha256 no setting has (docs/charts.md): {', '.join(names)}."] if names else []


def problems(charts: Charts, policy: str) -> list[str]:
    """Return a sentence for each chart that is refused; `policy` is that of platform_unverified_charts."""
    before = chart_memory.differing(charts.known, charts.pins, charts.ours)
    refused = {*before, *(unverified(charts) if policy == "refuse" else ())}
    return [
        _changed(each, charts.found[name], before[name]) if name in before else _refused(each, charts.found[name])
        for each in charts.releases
        if (name := each["name"]) in refused
    ]


def _changed(release: Release, chart: Chart, before: str) -> str:
    return (
        f"The chart {_named(chart)} has the SHA-256 {chart['sha256']}, and had {before} when this cluster got that "
        f"version from {release['chart']['ref']} before: ask its publisher why, and only if the new one is right write "
        f"{_confirming(release, chart)}."
    )


def _refused(release: Release, chart: Chart) -> str:
    return (
        f"The chart {_named(chart)} is unverified, and platform_unverified_charts is refuse: compare its SHA-256, "
        f"{chart['sha256']}, with what its publisher says, and write {_confirming(release, chart)}."
    )


def _named(chart: Chart) -> str:
    return f"{chart['name']} {chart['version']} ({chart['path']})"


def _confirming(release: Release, chart: Chart) -> str:
    """Return the setting that confirms a chart, as a person writes it."""
    setting = components.chart_setting(release)
    own = setting.startswith(f"{components.OWN}.")
    return f"{setting}.sha256: {chart['sha256']}" if own else f"{setting}: {{sha256: {chart['sha256']}}}"
