"""The certificates that Landfall made, and how long each is good for."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import issuance
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import REPLACE
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import (
    CA_TOLD_BEFORE,
    RENEW_BEFORE,
    constraints_of,
    named_hosts,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    CA_NAME,
    LABEL_CREDENTIAL,
    TLS_TYPE,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import x509

GOOD, SOON, ENDED, UNREADABLE = "good", "ends soon", "ended", "unreadable"
Row = dict[str, Any]


def rows(secrets: Iterable[dict[str, Any]], home: str, now: datetime) -> list[Row]:
    """Describe each certificate in `secrets`, all of our Secrets, the CA first and then by expiry.

    `home` is the namespace that keeps the originals.
    A row is {name, secret, `authority`, `brought`, `issued`, hosts, expires, days, state, note}; `secret` is where it
    is in use, `brought` says that its original is elsewhere, `issued` that cert-manager renews it. `days` are whole
    ones from `now` (UTC), negative once it has ended, and `expires` is an ISO date. What is only kept, and delivered
    elsewhere, has no row of its own.
    """
    tls = [each for each in secrets if each.get("type") == TLS_TYPE]
    originals = {_credential(each): each for each in tls if each["metadata"]["namespace"] == home}
    delivered = [each for each in tls if each["metadata"]["namespace"] != home]
    names = {_credential(each) for each in delivered}
    in_use = [*delivered, *(each for name, each in originals.items() if name not in names)]
    found = [_row(each, originals.get(_credential(each)), now) for each in in_use]
    return sorted(found, key=lambda row: (not row["authority"], row["expires"], row["name"]))


def _row(secret: dict[str, Any], original: dict[str, Any] | None, now: datetime) -> Row:
    metadata = secret["metadata"]
    row: Row = {
        "name": _credential(secret),
        "secret": f"{metadata['namespace']}/{metadata['name']}",
        "authority": _credential(secret) == CA_NAME,
        "brought": original is None and _credential(secret) != CA_NAME,
        "issued": original is None and issuance.is_issued(secret),
        "hosts": [],
        "expires": "",
        "days": None,
        "state": UNREADABLE,
        "note": "",
    }
    certificate = _certificate(secret)
    if certificate is None:
        return row
    left = certificate.not_valid_after_utc - now
    kept = _certificate(original) if original else None
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    # cert-manager renews with a third of it left, of days or of a year.
    soon = CA_TOLD_BEFORE if row["authority"] else life / 6 if row["issued"] else RENEW_BEFORE
    return row | {
        "hosts": sorted(named_hosts(certificate)),
        "expires": f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        "days": left.days,
        "state": ENDED if left.total_seconds() < 0 else SOON if left < soon else GOOD,
        "note": _note(row, certificate, kept),
    }


def _note(row: Row, certificate: x509.Certificate, kept: x509.Certificate | None) -> str:
    if row["authority"] and constraints_of(certificate) is None:
        return f"nothing limits the names that it may sign for: replace it ({REPLACE})"
    return "another one is kept: a run of site.yml delivers it" if kept and kept != certificate else ""


def _credential(secret: dict[str, Any]) -> str:
    return str(secret["metadata"]["labels"][LABEL_CREDENTIAL])


def _certificate(secret: dict[str, Any]) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(base64.b64decode((secret.get("data") or {}).get("tls.crt") or ""))
    except ValueError:
        return None
