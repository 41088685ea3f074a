"""YAML files of this collection, parsed in C where possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""A safe loader, about ten times as fast as the one of yaml.safe_load."""


def read(path: Path) -> Any:
    """Return what a file holds, None for an empty one. Raises OSError or yaml.YAMLError."""
    return yaml.load(path.read_bytes(), Loader=LOADER)
