"""Quotas of an account, as Service Quotas tells them; moto has those of no VPC and no instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

NEW_ACCOUNT = {"L-1216C47A": 5, "L-34B43A08": 5, "L-F678F1CE": 5, "L-0263D0A3": 5}
"""vCPUs on demand and of spot, VPCs, Elastic IPs: the defaults of the EC2 and VPC user guides."""


def install(monkeypatch: Any, told: Mapping[str, int]) -> None:
    """Let GetServiceQuota answer with `told`, by the code of the quota, and know no other one."""

    def answered(backend: Any, service_code: str, quota_code: str) -> Any:
        if quota_code not in told:
            raise NoSuchResource
        return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": float(told[quota_code])}

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", answered)
