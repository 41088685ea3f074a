"""What a role asks for: one credential and the Secret in which its chart expects to find it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

CA_NAME = "landfall-ca"
LABEL_CREDENTIAL = "landfall.eks/credential"
LABEL_MADE_BY = "landfall.eks/made-by"
MADE_BY = "landfall"
ANNOTATION = "landfall.eks/"
"""Begins the annotations of an original that say what its login is for: service, url, user, and found-in."""
ANNOTATION_FOUND_IN = f"{ANNOTATION}found-in"
ANNOTATION_ROTATION = f"{ANNOTATION}rotation"
"""How an original is rotated, as JSON: the Secret it is delivered as, the form of its keys, and the item's rotation."""
ANNOTATION_MADE, ANNOTATION_EXPIRES = f"{ANNOTATION}made", f"{ANNOTATION}expires"
"""When an original was made, or renewed, and when it ends: API timestamps."""

TLS_TYPE = "kubernetes.io/tls"
OPAQUE_TYPE = "Opaque"

PLACEHOLDERS = ("password", "password_bcrypt", "token", "created")
BCRYPT_MAXIMUM = 72
"""Bytes of a password that bcrypt looks at; it refuses longer ones."""
PASSWORD_MINIMUM = 12

METHODS = ("secret", "grafana", "recreate")
"""How a backend gets a new password: by its Secret, by Grafana's own API, or by an operator that creates it."""
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class CredentialError(Exception):
    """One sentence on a credential that cannot be made or delivered, and what to write instead."""


@dataclass(frozen=True)
class Item:
    """One wanted credential.

    `data` maps the delivered Secret's keys to templates, and is empty for certificates; for one that is `found`, it
    maps "password" to the key of that Secret, which somebody else makes. `login` holds service, url and user;
    `rotation` is what rotating takes: method, means, service, restart, needs, by_hand and token of the module
    credentials.

    People reach a certificate's `hosts`; only the own CA signs one for its `own_hosts`, such as the name of a load
    balancer, too, and signs one with `fallback` where platform_tls_source has none for the hosts.
    """

    name: str
    kind: str
    secret: str
    namespace: str
    hosts: tuple[str, ...] = ()
    length: int = 32
    data: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    login: dict[str, str] = field(default_factory=dict)
    rotation: dict[str, Any] = field(default_factory=dict)
    own_hosts: tuple[str, ...] = ()
    fallback: bool = False

    @property
    def annotations(self) -> dict[str, str]:
        """What the original says about the login, for those who read it later: none of it is secret."""
        said = {f"{ANNOTATION}{key}": value for key, value in self.login.items()}
        if self.kind == "found":
            said[ANNOTATION_FOUND_IN] = f"{self.namespace}/{self.secret}/{self.data['password']}"
        return said | {ANNOTATION_ROTATION: json.dumps(self._rotated(), sort_keys=True)}

    def _rotated(self) -> dict[str, Any]:
        """Return how to rotate it, for those who have the cluster alone; a fixed text of the Secret is left out."""
        forms = {key: template for key, template in self.data.items() if placeholders_of(template) & set(PLACEHOLDERS)}
        form = {"data": forms} if self.kind == "password" else {}
        return {"kind": self.kind, "secret": f"{self.namespace}/{self.secret}", **form, **self.rotation}

    @property
    def signed_hosts(self) -> tuple[str, ...]:
        """The names of a certificate of the own CA, each once."""
        return tuple(dict.fromkeys((*self.hosts, *self.own_hosts)))

    @property
    def internal(self) -> bool:
        """Whether names of a certificate are known inside the cluster alone, so that nobody else can certify them."""
        return any(_is_internal(host) for host in self.hosts)

    @property
    def secret_type(self) -> str:
        """Type of the delivered Secret."""
        return TLS_TYPE if self.kind == "certificate" else OPAQUE_TYPE

    @property
    def placeholders(self) -> set[str]:
        """Names in braces that the data templates use; text of kind fixed has none."""
        if self.kind != "password":
            return set()
        return {name for template in self.data.values() for name in placeholders_of(template)}


def parse_items(wanted: list[dict[str, Any]], home: str) -> list[Item]:
    """Read the module's list of credentials; `home` is the namespace that keeps the originals.

    Raises CredentialError with one sentence about the first entry that cannot be right.
    """
    items = [_parse(each) for each in wanted]
    for item in items:
        _check(item, home)
    names = [item.name for item in items]
    names += [item.rotation["token"]["name"] for item in items if item.rotation.get("token")]
    for name in names:
        if names.count(name) > 1:
            raise CredentialError(f"credentials_items names {name} twice: give each credential a name of its own.")
    return items


def fill(template: str, values: dict[str, str]) -> str:
    """Put values in the places of `{password}` and the like; braces around anything else stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group(0)), template)


def _is_internal(host: str) -> bool:
    """Tell whether a host is an address, or a name of the cluster's own DNS."""
    labels = host.removesuffix(".cluster.local").split(".")
    return len(labels) == 1 or labels[-1] == "svc" or labels[-1].isdigit() or ":" in host


def placeholders_of(template: str) -> set[str]:
    """Return the names in braces of a template."""
    return set(_PLACEHOLDER.findall(template))


def _parse(entry: dict[str, Any]) -> Item:
    secret = entry["secret"]
    return Item(
        name=entry["name"],
        kind=entry["kind"],
        secret=secret["name"],
        namespace=secret["namespace"],
        hosts=tuple(entry.get("hosts") or ()),
        own_hosts=tuple(entry.get("own_hosts") or ()),
        fallback=bool(entry.get("fallback")),
        length=entry.get("length") or Item.length,
        data={key: str(value) for part in ("plain", "data") for key, value in (secret.get(part) or {}).items()},
        labels={key: str(value) for key, value in (secret.get("labels") or {}).items()},
        login={key: str(value) for key, value in (entry.get("login") or {}).items() if value},
        rotation=_given(entry.get("rotation") or {}),
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is given of options, at any depth."""
    return {key: _given(value) if isinstance(value, dict) else value for key, value in options.items() if value}


def _check(item: Item, home: str) -> None:
    if not _NAME.fullmatch(item.name) or item.name == CA_NAME:
        raise CredentialError(
            f"{item.name!r} cannot name a credential: write lower case letters, digits and dashes, not {CA_NAME}."
        )
    if item.namespace == home:
        raise CredentialError(f"Credential {item.name} may not be delivered into {home}, where the originals are kept.")
    if item.kind == "certificate":
        _check_certificate(item)
    elif not item.data:
        raise CredentialError(f"Credential {item.name} has no secret.data: write the keys that its chart reads.")
    if item.kind == "password":
        _check_password(item)
    if item.kind == "found" and (set(item.data) != {"password"} or not item.login):
        raise CredentialError(
            f"Credential {item.name} is found: write its login, and in secret.data alone {{password: <key>}}."
        )
    _check_rotation(item)


def _check_rotation(item: Item) -> None:
    token = item.rotation.get("token") or {}
    for named in [*item.rotation.get("restart", []), *item.rotation.get("needs", []), *token.get("restart", [])]:
        if not any(named.rpartition("/")[0].rpartition("/")[2] == kind for kind in WORKLOADS):
            raise CredentialError(
                f"Credential {item.name} names the workload {named!r} in its rotation: write <kind>/<name> or "
                f"<namespace>/<kind>/<name>, the kind one of {', '.join(WORKLOADS)}."
            )


def _check_certificate(item: Item) -> None:
    if not item.hosts:
        raise CredentialError(f"Certificate {item.name} has no hosts: write the names that it is for.")
    if item.data:
        raise CredentialError(
            f"Certificate {item.name} has secret.data: leave it out, the keys of {TLS_TYPE} are given."
        )


def _check_password(item: Item) -> None:
    unknown = sorted(item.placeholders - set(PLACEHOLDERS))
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise CredentialError(f"Credential {item.name} uses {{{unknown[0]}}} in secret.data: write one of {known}.")
    if not PASSWORD_MINIMUM <= item.length <= BCRYPT_MAXIMUM:
        raise CredentialError(
            f"Credential {item.name} has length {item.length}: write {PASSWORD_MINIMUM} to {BCRYPT_MAXIMUM}."
        )
