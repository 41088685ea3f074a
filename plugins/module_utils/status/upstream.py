"""The newest version of each chart, asked of the place that its pin names."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart, chart_sources, remote
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

ASK_SECONDS = 15
NOT_ASKED = "not asked"

Ask = Callable[[str], dict[str, Any]]
"""Returns the Chart.yaml of the newest chart of a reference. Raises RemoteError or yaml.YAMLError."""


def newest(refs: dict[str, str], ask: Ask) -> dict[str, Any]:
    """Return, by release, {version, why} of the newest chart; `refs` are the charts' references.

    `version` is empty where nobody could be asked, and `why` says why.
    """
    with ThreadPoolExecutor(max_workers=chart_sources.SIDE_BY_SIDE) as pool:
        return dict(zip(refs, pool.map(lambda ref: _newest(ref, ask), refs.values()), strict=True))


def _newest(ref: str, ask: Ask) -> dict[str, str]:
    if not remote.is_remote(ref):
        # A path is its own upstream.
        return _answer(lambda: chart.metadata(Path(ref)))
    if chart_sources.is_archive(ref):
        return {"version": "", "why": "the URL of an archive names one version alone"}
    return _answer(lambda: ask(ref))


def _answer(look: Callable[[], dict[str, Any]]) -> dict[str, str]:
    try:
        return {"version": str(look()["version"]), "why": ""}
    except (OSError, remote.RemoteError, chart.ChartError, yaml.YAMLError, KeyError, TypeError) as error:
        words = str(error).strip().splitlines()
        return {"version": "", "why": words[-1] if words else "no answer"}


def helm_asker(helm: str) -> Ask:
    """Return what asks upstream through the program `helm`, which knows repositories and OCI registries alike."""
    return partial(remote.newest, helm, seconds=ASK_SECONDS)
