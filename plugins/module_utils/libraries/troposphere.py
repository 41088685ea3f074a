"""Templates of CloudFormation."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = [
    "MISSING",
    "AWSObject",
    "GetAtt",
    "Join",
    "Output",
    "Ref",
    "Sub",
    "Tags",
    "Template",
    "ec2",
    "eks",
    "iam",
    "kms",
    "logs",
]

try:
    from troposphere import (
        AWSObject,
        GetAtt,
        Join,
        Output,
        Ref,
        Sub,
        Tags,
        Template,
        ec2,
        eks,
        iam,
        kms,
        logs,
    )

    MISSING = ""
except ImportError:
    MISSING = "troposphere"
    __getattr__ = stand_ins(MISSING)
