"""Logins: what people type where, put together from the Secrets of a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import NEXT, Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    ANNOTATION,
    ANNOTATION_FOUND_IN,
    CA_NAME,
    LABEL_CREDENTIAL,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import (
    Secret,
    annotations_of,
    decoded,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube import published
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import aligned

NOT_MADE_YET = "(not made yet)"
COLUMNS = ("Service", "Where", "User", "Password", "Age")
_MINUTES = (("d", 24 * 60), ("h", 60), ("min", 1))


@dataclass(frozen=True)
class Login:
    """One password and what it opens.

    `where` is an address or a Secret, `created` a time in UTC; both, and the password, may be empty.
    """

    service: str
    where: str
    user: str
    password: str
    created: str


@dataclass(frozen=True)
class Keyring:
    """Everything that is shown or written: the logins, and the CA's public certificate (PEM, or empty).

    Two certificates while one CA takes the place of another.
    """

    logins: list[Login]
    ca_certificate: str


def read_keyring(cluster: Cluster, home: str) -> Keyring:
    """Read all logins of a cluster; `home` is the namespace of the originals."""
    secrets = store.read(cluster)
    originals = {each["metadata"]["name"]: each for each in secrets if each["metadata"]["namespace"] == home}
    delivered = {
        each["metadata"]["labels"][LABEL_CREDENTIAL]: each for each in secrets if each["metadata"]["namespace"] != home
    }
    rows: list[Login] = []
    for name, each in originals.items():
        if _is_login(each):
            row = _login(cluster, each, delivered.get(name))
            rows += [row, *_next(each, row)]
    # What people log in to comes first, then what only programs use.
    rows.sort(key=lambda login: (not login.user, login.service))
    authority = Authority.read(decoded(originals.get(CA_NAME)))
    return Keyring(rows, authority.bundle if authority else "")


def table(logins: Iterable[Login], now: datetime) -> list[str]:
    """Lay the logins out as lines of aligned columns."""
    rows = [
        (each.service, each.where, each.user, each.password or NOT_MADE_YET, age(each.created, now)) for each in logins
    ]
    return aligned(COLUMNS, rows)


def age(created: str, now: datetime) -> str:
    """Say how long ago an API timestamp was, in its largest unit; empty for none.

    >>> age("2030-01-15T12:00:00Z", datetime(2030, 1, 17, 13, tzinfo=UTC))
    '2 d'
    """
    if not created:
        return ""
    minutes = int((now - datetime.fromisoformat(created).astimezone(UTC)).total_seconds()) // 60
    return next((f"{minutes // size} {unit}" for unit, size in _MINUTES if minutes >= size), "0 min")


def as_data(logins: Iterable[Login]) -> list[dict[str, str]]:
    """Return the logins as plain data for a file."""
    return [asdict(each) for each in logins]


def _is_login(original: Secret) -> bool:
    return "password" in (original.get("data") or {}) or ANNOTATION_FOUND_IN in annotations_of(original)


def _login(cluster: Cluster, original: Secret, delivered: Secret | None) -> Login:
    if ANNOTATION_FOUND_IN in annotations_of(original):
        return _found(cluster, original)
    return _made(cluster, original, delivered)


def _next(original: Secret, row: Login) -> list[Login]:
    """Return the password that is to take the place of a row's one, if any: until then either may be the right one."""
    data = decoded(original) or {}
    if f"{NEXT}password" not in data:
        return []
    service = f"{row.service} (its rotation is unfinished)"
    return [replace(row, service=service, password=data[f"{NEXT}password"], created=data.get(f"{NEXT}created", ""))]


def _made(cluster: Cluster, original: Secret, delivered: Secret | None) -> Login:
    data = decoded(original) or {}
    said = annotations_of(original)
    place = ""
    if delivered is not None:
        place = f"{delivered['metadata']['namespace']}/{delivered['metadata']['name']}"
    where = said.get(f"{ANNOTATION}url", "")
    if not where and f"{ANNOTATION}service" in said and delivered is not None:
        where = " ".join(_load_balancers(cluster, delivered["metadata"]["namespace"]))
    return Login(
        service=said.get(f"{ANNOTATION}service", original["metadata"]["name"]),
        where=where or (f"Secret {place}" if place else ""),
        user=said.get(f"{ANNOTATION}user", ""),
        password=data["password"],
        created=data.get("created", ""),
    )


def _found(cluster: Cluster, original: Secret) -> Login:
    said = annotations_of(original)
    namespace, name, key = said[ANNOTATION_FOUND_IN].split("/", 2)
    there = cluster.get("v1", "Secret", name, namespace)
    return Login(
        service=said.get(f"{ANNOTATION}service", original["metadata"]["name"]),
        where=said.get(f"{ANNOTATION}url", f"Secret {namespace}/{name}"),
        user=said.get(f"{ANNOTATION}user", ""),
        password=(decoded(there) or {}).get(key, ""),
        created=there["metadata"].get("creationTimestamp", "") if there else "",
    )


def _load_balancers(cluster: Cluster, namespace: str) -> list[str]:
    entries: list[dict[str, Any]] = []
    for service in cluster.list("v1", "Service", namespace):
        entries += published.points(service)
    return [f"https://{entry['hostname']}" for entry in entries if entry.get("hostname")]
