"""Processes of this machine."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = ["MISSING", "psutil"]

try:
    import psutil

    MISSING = ""
except ImportError:
    MISSING = "psutil"
    __getattr__ = stand_ins(MISSING)
