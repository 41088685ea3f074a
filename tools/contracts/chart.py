"""The contract of a whole chart: values, comments, schema and templates, with those of its subcharts."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from contracts import schema, templates, values_file
from contracts.tree import Node

Files = dict[str, bytes]


class ContractError(Exception):
    """What is wrong with a chart, in one sentence."""


def read(chart: Path) -> Files:
    """Return a chart's files by their names below its top folder. Raises ContractError."""
    if chart.is_dir():
        return {each.relative_to(chart).as_posix(): each.read_bytes() for each in chart.rglob("*") if each.is_file()}
    if not chart.exists():
        raise ContractError(f"There is no chart {chart}: put it there.")
    try:
        return _unpacked(chart.read_bytes())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ContractError(f"{chart} is not a whole chart archive ({error}): fetch it again.") from error


def metadata(files: Files) -> dict[str, Any]:
    """Return Chart.yaml. Raises ContractError if there is none."""
    if "Chart.yaml" not in files:
        raise ContractError("There is no Chart.yaml: this is not a chart.")
    found: dict[str, Any] = yaml.safe_load(files["Chart.yaml"])
    return found


def contract(files: Files) -> Node:
    """Return the contract of a chart, that of each subchart under its alias or name."""
    node = values_file.from_text(_text(files, "values.yaml"))
    if "values.schema.json" in files:
        node.merge(schema.from_schema(json.loads(files["values.schema.json"])))
    node.merge(templates.from_texts(_templates(files)))
    dependencies = metadata(files).get("dependencies") or []
    for name, below in _subcharts(files).items():
        aliases = [each.get("alias") or name for each in dependencies if each["name"] == name]
        for alias in aliases or [name]:
            _adopt(node, alias, contract(below))
    for each in dependencies:
        for condition in filter(None, (each.get("condition") or "").split(",")):
            node.at(tuple(condition.strip().split("."))).types.add("boolean")
    node.at(("global",)).types.add("object")
    return node


def _adopt(node: Node, alias: str, below: Node) -> None:
    """Put a subchart's contract in its place; `global` is one and the same for all."""
    node.at(("global",)).merge(below.children.pop("global", Node()))
    place = node.at((alias,))
    place.merge(below)
    # An empty default in the parent means the subchart's own values, not anything.
    place.free = False


def _templates(files: Files) -> Iterator[str]:
    for name, content in sorted(files.items()):
        if name.startswith("templates/") and not name.endswith(".md"):
            yield content.decode(errors="replace")


def _subcharts(files: Files) -> dict[str, Files]:
    """Return the subcharts' files by the charts' names, from folders and from packed archives."""
    found: dict[str, Files] = {}
    for name, content in files.items():
        folder, _, rest = name.removeprefix("charts/").partition("/")
        if name.startswith("charts/") and rest:
            found.setdefault(folder, {})[rest] = content
        elif name.startswith("charts/") and name.endswith(".tgz"):
            found[folder] = _unpacked(content)
    return {metadata(each)["name"]: each for each in found.values() if "Chart.yaml" in each}


def _unpacked(content: bytes) -> Files:
    files: Files = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            handle = archive.extractfile(member) if member.isfile() else None
            if handle is not None:
                files[member.name.partition("/")[2]] = handle.read()
    return files


def _text(files: Files, name: str) -> str:
    return files.get(name, b"").decode()
