"""The newest version of each chart, asked of the place that its pin names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart, chart_sources
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

ASK_SECONDS = 30
NOT_ASKED = "not asked"

Ask = Callable[[str], str]
"""Returns Helm's word (Chart.yaml) on the newest chart of a reference. Raises OSError or SubprocessError."""


def newest(refs: dict[str, str], ask: Ask, answers: Callable[[str], bool] = chart_sources.answers) -> dict[str, Any]:
    """Return, by release, {version, why} of the newest chart; `refs` are the charts' references.

    `version` is empty where nobody could be asked, and `why` says why.
    """
    hosts = {urlsplit(ref).hostname or "" for ref in refs.values() if chart_sources.is_remote(ref)}
    with ThreadPoolExecutor(max_workers=8) as pool:
        reached = dict(zip(hosts, pool.map(answers, hosts), strict=True))
        found = pool.map(lambda ref: _newest(ref, ask, reached), refs.values())
        return dict(zip(refs, found, strict=True))


def _newest(ref: str, ask: Ask, reached: dict[str, bool]) -> dict[str, str]:
    if not chart_sources.is_remote(ref):
        # The repository's own chart.
        return _answer(lambda: str(chart.metadata(Path(ref))["version"]))
    host = urlsplit(ref).hostname or ""
    if not reached[host]:
        return {"version": "", "why": f"{host} does not answer"}
    return _answer(lambda: str(yaml.safe_load(ask(ref))["version"]))


def _answer(look: Callable[[], str]) -> dict[str, str]:
    try:
        return {"version": look(), "why": ""}
    except (
        OSError,
        subprocess.SubprocessError,
        chart.ChartError,
        yaml.YAMLError,
        KeyError,
        TypeError,
    ) as error:
        words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        return {"version": "", "why": words[-1] if words else "no answer"}


def helm_asker(helm: str) -> Ask:
    """Return what asks upstream through the program `helm`, which knows repositories and OCI registries alike."""

    def ask(ref: str) -> str:
        name = chart_sources.chart_name(ref)
        what = [ref] if ref.startswith("oci://") else [name, "--repo", ref.rpartition("/")[0]]
        command = [helm, "show", "chart", *what]
        # pylint: disable-next=ansible-bad-function
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=ASK_SECONDS).stdout

    return ask


def is_newer(version: str, than: str) -> bool:
    """Say whether one version is newer than another, by the numbers in them.

    >>> is_newer("1.10.0", "1.9.3"), is_newer("1.9.3", "1.9.3")
    (True, False)
    """
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version.partition("+")[0])]
