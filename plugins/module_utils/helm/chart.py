"""A chart's bytes: its digest, its Chart.yaml and the custom resource definitions in it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import documents as kube_yaml


class ChartError(Exception):
    """A sentence on what is wrong with a chart."""


def digest(chart: Path) -> str:
    """Return the SHA-256 of a chart archive, or of a chart folder's file names and contents."""
    summed = hashlib.sha256()
    if chart.is_dir():
        for name, content in files_of(chart):
            summed.update(f"{name}\0{len(content)}\0".encode())
            summed.update(content)
    else:
        summed.update(chart.read_bytes())
    return summed.hexdigest()


def files_of(chart: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file of a chart, archive or folder, as its name below the chart's top folder and its content.

    Raises ChartError if the archive cannot be read to its end.
    """
    if chart.is_dir():
        for each in sorted(chart.rglob("*")):
            if each.is_file():
                yield each.relative_to(chart).as_posix(), each.read_bytes()
        return
    try:
        with tarfile.open(chart) as archive:
            for member in archive:
                handle = archive.extractfile(member) if member.isfile() else None
                if handle is not None:
                    yield member.name.partition("/")[2], handle.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ChartError(f"{chart} is not a whole chart archive ({error}): fetch it again.") from error


def metadata(chart: Path) -> dict[str, Any]:
    """Return Chart.yaml as a dict. Raises ChartError if there is none, or if the archive ends too early."""
    files = dict(files_of(chart))
    if "Chart.yaml" not in files:
        raise ChartError(f"{chart} holds no Chart.yaml: it is not a chart.")
    return next(iter(kube_yaml.documents(files["Chart.yaml"])), {})


def definitions_in(chart: Path) -> list[dict[str, Any]]:
    """Return the definitions in the chart's and its subcharts' crds/ folders, in file order; no templates."""
    found: list[dict[str, Any]] = []
    for name, content in files_of(chart):
        folders = Path(name).parent.parts
        if "crds" in folders and "templates" not in folders and name.endswith((".yaml", ".yml")):
            found.extend(definitions(kube_yaml.documents(content)))
    return found


def definitions(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the CustomResourceDefinitions of some YAML documents."""
    return [each for each in documents if each.get("kind") == "CustomResourceDefinition"]
