"""Where the load balancer of a Service or of an Ingress is, as its controller has written it down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def points(found: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the {hostname} or {ip} entries of an object's load balancer; none where it has none yet.

    >>> points({"status": {"loadBalancer": {"ingress": [{"hostname": "nlb.example.org"}]}}})
    [{'hostname': 'nlb.example.org'}]
    >>> points(None)
    []
    """
    return (((found or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
