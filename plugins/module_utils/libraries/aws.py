"""AWS's SDK: boto3, and botocore, which it brings."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = ["MISSING", "Config", "boto3", "botocore"]

try:
    import boto3
    import botocore.exceptions
    from botocore.config import Config

    MISSING = ""
except ImportError:
    MISSING = "boto3"
    __getattr__ = stand_ins(MISSING)
