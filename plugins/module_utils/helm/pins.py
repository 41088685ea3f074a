"""The pin of a chart: ours, with what a user's settings say instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_sources, remote


def merged(ours: Mapping[str, Any], given: Mapping[str, Any], mirror: str = "") -> dict[str, Any]:
    """Return a pin {ref, version, sha256}: `ours`, taken from `mirror`, with the fields of `given` over it.

    Where the settings say anything of it, the pin also has `tested`, {name, version} of the tested chart, the name
    empty where that is a folder. Our digest is that of our version at our reference, so it goes where they name others.
    """
    said = {key: value for key, value in given.items() if value not in (None, "")}
    mirrored = {"ref": _mirrored(ours, said, mirror)} if mirror and remote.is_remote(ours["ref"]) else {}
    if not said and not mirrored:
        return dict(ours)
    name = chart_sources.chart_name(ours["ref"]) if remote.is_remote(ours["ref"]) else ""
    digest = ours.get("sha256") if said.keys().isdisjoint({"ref", "version"}) else None
    unnamed = "ref" in said and (not remote.is_remote(said["ref"]) or chart_sources.is_archive(said["ref"]))
    return {
        "ref": ours["ref"],
        # What a path or an archive holds is its own to say.
        "version": "" if unnamed else ours["version"],
        "sha256": digest,
        "tested": {"name": name, "version": ours["version"]},
        **mirrored,
        **said,
    }


def _mirrored(ours: Mapping[str, Any], said: Mapping[str, Any], mirror: str) -> str:
    """Return where a mirror has a chart: by its name, and in a folder by its archive's."""
    name, place = chart_sources.chart_name(ours["ref"]), mirror.rstrip("/")
    version = said.get("version") or ours["version"]
    return f"{place}/{name}" if remote.is_remote(mirror) else f"{place}/{name}-{version}{remote.ARCHIVE}"
