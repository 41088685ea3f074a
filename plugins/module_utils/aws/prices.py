"""List prices in US dollars of one region and one day, for estimates and hints; traffic comes on top."""

from __future__ import annotations

REGION = "us-east-1"
DAY = "2026-06"
HOURS = 730
"""Of a month, as AWS's own calculator has it."""

NAT_HOUR = 0.045
NAT_GIB = 0.045
PUBLIC_ADDRESS_HOUR = 0.005
BALANCER_HOUR = 0.0225
GP3_GIB_MONTH = 0.08
KEY_MONTH = 1.00
