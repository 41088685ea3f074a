"""YAML, by PyYAML."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = ["MISSING", "yaml"]

try:
    import yaml

    MISSING = ""
except ImportError:
    MISSING = "PyYAML"
    __getattr__ = stand_ins(MISSING)
