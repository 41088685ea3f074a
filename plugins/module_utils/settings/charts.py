"""How charts, their mirror, and the registry of images are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_sources, remote
from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import LABEL
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.urls import has_login

_EXACT = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PREFIX = re.compile(
    r"([a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|localhost(:\d+)?|[a-z0-9-]+:\d+)(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
)


def check_charts(at: Situation) -> Iterator[str]:
    """The pin of a chart names one place, one version and one digest."""
    for name, value in at.values.items():
        if not name.endswith("_chart") or not isinstance(value, dict):
            continue
        if ref := value.get("ref"):
            yield from _reference(f"{name}.ref", ref)
        version, digest = value.get("version"), value.get("sha256")
        if version and not _EXACT.fullmatch(version):
            yield f"{name}.version ({version!r}) is no exact version: write one such as 1.2.3."
        if digest and not _SHA256.fullmatch(digest):
            yield f"{name}.sha256 ({digest!r}) is no SHA-256: write the 64 hexadecimal digits of the archive's."


def check_mirrors(at: Situation) -> Iterator[str]:
    """Charts and images come from places that Helm and container engines can name."""
    mirror = at.values.get("platform_chart_mirror")
    if mirror:
        yield from _place("platform_chart_mirror", mirror)
    registry = at.values.get("platform_registry")
    if registry and not _PREFIX.fullmatch(registry) and not has_login(registry, bare=True):
        yield (
            f"platform_registry ({registry!r}) is no registry: write its host, its port and what comes before the "
            "names there, such as mirror.example.org:5000/hub."
        )
    for each in at.values.get("platform_image_pull_secrets") or []:
        if not all(LABEL.fullmatch(part) for part in each.split(".")):
            yield f"platform_image_pull_secrets ({each!r}) is no name of a Secret: write the names alone."


def _reference(name: str, ref: str) -> Iterator[str]:
    problems = list(_place(name, ref))
    last = chart_sources.chart_name(ref)
    if not problems and remote.is_remote(ref) and not chart_sources.is_archive(ref):
        if ":" in last or "@" in last:
            problems = [f"{name} ({ref!r}) ends in a tag or digest: write the tag as version, and a digest as sha256."]
        elif not urlsplit(ref).path.strip("/"):
            problems = [f"{name} ({ref!r}) names no chart: write its name at the end."]
    yield from problems


def _place(name: str, place: str) -> Iterator[str]:
    if has_login(place, bare=True):
        return  # said of every setting
    if remote.is_remote(place):
        if not urlsplit(place).hostname:
            yield f"{name} ({place!r}) names no host: write one such as oci://mirror.example.org:5000/charts."
    elif "://" in place or not PurePath(place).is_absolute():
        yield f"{name} ({place!r}) is no place of charts: write an oci:// or https:// address, or a full path."
