"""Grafana's dashboards as the objects that bring them into the cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# What the chart's sidecar looks for, in every namespace.
LABELS = {"grafana_dashboard": "1"}
FOLDER_ANNOTATION = "grafana_folder"


def manifests(folder: Path, namespace: str, title: str) -> dict[str, dict[str, Any]]:
    """Return a ConfigMap for each dashboard of `folder`, by name, for values of a chart that are templates.

    `title` is the folder in Grafana. The JSON is written without spaces, since Helm keeps each release in a Secret.
    Raises ValueError if there is no dashboard, or if one is not JSON.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"There is no dashboard in {folder}: run make dashboards.")
    return {path.stem: manifest(path.stem, compact(path), namespace, title) for path in files}


def manifest(name: str, content: str, namespace: str, title: str) -> dict[str, Any]:
    """Return the ConfigMap of one dashboard, its content kept from Helm's templates."""
    metadata = {"name": name, "namespace": namespace, "labels": LABELS, "annotations": {FOLDER_ANNOTATION: title}}
    data = {f"{name}.json": literal(content)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def compact(path: Path) -> str:
    """Return a file's JSON on one line; raises ValueError if it is not JSON."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}. Run make dashboards.") from error
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def literal(content: str) -> str:
    """Return text that Go's templates turn into `content`: legends such as {{pod}} are Grafana's, not Helm's.

    Neither quotes nor backslashes are added, so that it fits YAML of any style.
    """
    return content.replace("{{", "{{`{{`}}")
