"""The Kubernetes client, and urllib3, which it brings."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = [
    "MISSING",
    "ApiException",
    "HTTPError",
    "InsecureRequestWarning",
    "ProtocolError",
    "Retry",
    "client",
    "config",
    "disable_warnings",
    "make_headers",
    "parse_quantity",
    "portforward",
]

try:
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.stream import portforward
    from kubernetes.utils.quantity import parse_quantity
    from urllib3 import disable_warnings, make_headers
    from urllib3.exceptions import HTTPError, InsecureRequestWarning, ProtocolError
    from urllib3.util.retry import Retry

    MISSING = ""
except ImportError:
    MISSING = "kubernetes"
    __getattr__ = stand_ins(MISSING)
