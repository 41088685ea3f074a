"""When each credential was made, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import issuance, store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    ANNOTATION_EXPIRES,
    ANNOTATION_FOUND_IN,
    ANNOTATION_MADE,
    CA_NAME,
    LABEL_CREDENTIAL,
    TLS_TYPE,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import (
    Secret,
    annotations_of,
    decoded,
    life_of,
    timestamp,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

Place = tuple[str, str]
"""Namespace and name of a Secret."""


def read_ages(cluster: Cluster, home: str, now: datetime) -> list[dict[str, Any]]:
    """Read the ages of all credentials of a cluster; `home` is the namespace of the originals, `now` in UTC."""
    secrets = store.read(cluster)
    others = {place: cluster.get("v1", "Secret", place[1], place[0]) for place in found_places(secrets, home)}
    return ages(secrets, home, now, {place: secret for place, secret in others.items() if secret})


def found_places(secrets: Iterable[Secret], home: str) -> set[Place]:
    """Return the Secrets that somebody else makes, and of which an original only notes where they are."""
    return {place for each in _originals(secrets, home).values() if (place := found_in(each))}


def found_in(original: Secret) -> Place | None:
    """Return where the password is that an original only notes; None for one of our own."""
    where = annotations_of(original).get(ANNOTATION_FOUND_IN, "")
    namespace, _unused, rest = where.partition("/")
    return (namespace, rest.partition("/")[0]) if where else None


def ages(
    secrets: Iterable[Secret], home: str, now: datetime, others: Mapping[Place, Secret] | None = None
) -> list[dict[str, Any]]:
    """Return a row per credential: name, kind, made, expires, days_left and secret, sorted by kind and name.

    `secrets` are all that carry the label of a credential, `others` those at `found_places`. `kind` is `authority`,
    certificate, provided, issued (by cert-manager), password, found or fixed; `made` and `expires` are API timestamps,
    the latter empty for what does not end; `days_left` are whole days, negative once it has ended, None for what
    does not end. `secret` is <namespace>/<name> of the Secret that is read by whom it is for. No row holds anything
    secret.
    """
    secrets = list(secrets)
    originals = _originals(secrets, home)
    delivered = {
        each["metadata"]["labels"][LABEL_CREDENTIAL]: each for each in secrets if each["metadata"]["namespace"] != home
    }
    rows = [
        _row(_kind(name, each), each, delivered.get(name, each), others or {}, now) for name, each in originals.items()
    ]
    # Text that a user gave has no original, nor has a certificate that somebody else renews.
    rows += [
        _row(_kind_without_original(each), each, each, {}, now)
        for name, each in delivered.items()
        if name not in originals
    ]
    return sorted(rows, key=lambda row: (row["kind"], row["name"]))


def days_between(now: datetime, moment: str) -> int:
    """Return the whole days until an API timestamp, negative for one that has passed.

    >>> days_between(datetime(2030, 1, 15, 12, tzinfo=UTC), "2030-01-17T13:00:00Z")
    2
    """
    return (datetime.fromisoformat(moment).astimezone(UTC) - now).days


def _kind_without_original(delivered: Secret) -> str:
    if delivered.get("type") != TLS_TYPE:
        return "fixed"
    return "issued" if issuance.is_issued(delivered) else "provided"


def _originals(secrets: Iterable[Secret], home: str) -> dict[str, Secret]:
    return {each["metadata"]["name"]: each for each in secrets if each["metadata"]["namespace"] == home}


def _row(
    kind: str, original: Secret, delivered: Secret, others: Mapping[Place, Secret], now: datetime
) -> dict[str, Any]:
    place = found_in(original) or (delivered["metadata"]["namespace"], delivered["metadata"]["name"])
    said = annotations_of(original) | life_of(decoded(original) or {})
    carrier = others.get(place) if kind == "found" else original
    made = said.get(ANNOTATION_MADE) or ((carrier or {}).get("metadata", {}).get("creationTimestamp") or "")
    expires = said.get(ANNOTATION_EXPIRES, "")
    return {
        "name": original["metadata"]["labels"][LABEL_CREDENTIAL],
        "kind": kind,
        "made": timestamp(datetime.fromisoformat(made).astimezone(UTC)) if made else "",
        "expires": expires,
        "days_left": days_between(now, expires) if expires else None,
        "secret": "/".join(place),
    }


def _kind(name: str, original: Secret) -> str:
    if name == CA_NAME:
        return "authority"
    if found_in(original):
        return "found"
    return "certificate" if "tls.crt" in (original.get("data") or {}) else "password"
