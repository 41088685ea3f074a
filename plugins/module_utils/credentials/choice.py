"""Which source certificates come from in a run: the dispatch of platform_tls_source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import cert_manager, provided
from ansible_collections.landfall.eks.plugins.module_utils.credentials.provided import Look
from ansible_collections.landfall.eks.plugins.module_utils.credentials.sources import (
    CERT_MANAGER,
    OWN_CA,
    PROVIDED,
    Source,
)

Tls = Mapping[str, Any]
"""The fields of sources.OPTIONS."""

_MAKERS: dict[str, Callable[[Tls, Look, datetime], Source]] = {
    PROVIDED: lambda tls, look, now: provided.source(tls.get("certificates") or [], look, now),
    CERT_MANAGER: lambda tls, _look, _now: cert_manager.Requested(tls["issuer"]),
}
"""How a source is made, by its name; the others leave all to the own certificate authority."""


def chosen(tls: Tls, look: Look, now: datetime) -> Source:
    """Return the source that `tls` names; `look` reads a Secret of the cluster, `now` is in UTC.

    Raises CredentialError for what was provided and cannot be used.
    """
    make = _MAKERS.get(tls.get("source") or OWN_CA)
    return make(tls, look, now) if make else Source()


def hide(hidden: set[str], tls: Tls) -> None:
    """Keep, of the texts of `tls` that a module hides, those with a private key: paths and names are shown.

    The whole of `tls` is marked no_log, so that none of it gets into the log of the system.
    """
    secret = set(secret_texts(tls))
    hidden -= set(_texts(tls)) - secret
    hidden |= secret


def secret_texts(tls: Tls) -> Iterator[str]:
    """Yield the texts of `tls` with a private key."""
    for each in tls.get("certificates") or []:
        yield from (value for value in each.values() if value and "PRIVATE KEY-----" in value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)
