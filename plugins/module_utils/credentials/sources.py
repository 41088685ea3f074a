"""Where the certificates that people see come from: what the setting platform_tls_source chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item

OWN_CA, PROVIDED, CERT_MANAGER, ACM = "own_ca", "provided", "cert_manager", "acm"
SOURCES = (OWN_CA, PROVIDED, CERT_MANAGER, ACM)
"""Values of platform_tls_source. With acm the load balancers end TLS, and what is behind them is as with own_ca."""
ISSUER, CLUSTER_ISSUER = ISSUER_KINDS = ("Issuer", "ClusterIssuer")
"""Kinds of cert-manager: in the namespace of a certificate, and of the cluster."""
OPTIONS: dict[str, Any] = {
    "source": {"type": "str", "choices": list(SOURCES), "default": OWN_CA},
    "permitted": {"type": "list", "elements": "str", "default": []},
    "certificates": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "certificate": {"type": "str"},
            "key": {"type": "str", "no_log": False},
            "secret": {"type": "str", "no_log": False},
        },
    },
    "acm": {"type": "list", "elements": "str", "default": []},
    "issuer": {
        "type": "dict",
        "options": {
            "kind": {"type": "str", "choices": [*ISSUER_KINDS], "default": CLUSTER_ISSUER},
            "name": {"type": "str", "default": ""},
        },
    },
    "timeout": {"type": "int", "default": 300},
}
"""The fields of `tls`, as modules take it."""

Object = dict[str, Any]


@dataclass(frozen=True)
class Issued:
    """What a source brings for a wanted certificate.

    `data` are the keys of the delivered Secret: tls.crt (the certificate first), tls.key, and ca.crt where it is known.
    It is empty where another program writes that Secret, as `objects`, which are applied server-side, ask it to.
    """

    data: dict[str, str] = field(default_factory=dict)
    objects: tuple[Object, ...] = ()


class Source:
    """The cluster's own certificate authority, which signs every certificate: no other source brings any."""

    def issue(self, item: Item, now: datetime) -> Issued | None:  # noqa: ARG002 - what other sources look at
        """Return what the source brings for an item of kind certificate; None for one that the own CA signs.

        An item with `fallback` may be left to the own CA. `now` is in UTC. Raises CredentialError where the source has
        nothing for any other item.
        """
        return None
