"""Where the certificates that people see come from: what the setting platform_tls_source chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import issuance
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item

OWN_CA, PROVIDED, CERT_MANAGER, ACM = "own_ca", "provided", "cert_manager", "acm"
SOURCES = (OWN_CA, PROVIDED, CERT_MANAGER, ACM)
"""Values of platform_tls_source. With acm the load balancers end TLS, and what is behind them is as with own_ca."""

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


class Requested(Source):
    """An issuer of cert-manager, {kind, name}: that program writes the Secrets, and renews what is in them."""

    def __init__(self, issuer: Mapping[str, str]) -> None:
        """Keep the issuer."""
        self.issuer = issuer

    def issue(self, item: Item, now: datetime) -> Issued | None:  # noqa: ARG002 - cert-manager knows when it renews
        """Return the Certificate that asks for it; none for what the own CA can do."""
        return None if item.fallback else Issued(objects=(issuance.certificate(item, self.issuer),))


def chosen(tls: Mapping[str, Any]) -> Source:
    """Return the source that `tls` of the module credentials names."""
    return Requested(tls["issuer"]) if tls.get("source") == CERT_MANAGER else Source()
