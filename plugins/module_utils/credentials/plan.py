"""Decides, without a cluster, what must be written so that every credential exists and lies where its chart looks."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import NEXT, Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    ANNOTATION,
    ANNOTATION_EXPIRES,
    ANNOTATION_MADE,
    CA_NAME,
    LABEL_CREDENTIAL,
    LABEL_MADE_BY,
    MADE_BY,
    OPAQUE_TYPE,
    TLS_TYPE,
    CredentialError,
    Item,
    fill,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.passwords import complete_password
from ansible_collections.landfall.eks.plugins.module_utils.credentials.sources import Issued, Object, Source

Secret = dict[str, Any]
"""A Secret as the API gives or takes it, its data base64-encoded."""


@dataclass(frozen=True)
class Run:
    """The namespace of the originals, the cluster's name for the CA's subject, and the time in UTC.

    `source` is where certificates come from, and `tls_timeout` the seconds that another program has for them.
    `permitted` are the names that a CA that is made now may sign, beside those of the items.
    """

    home: str
    cluster: str
    now: datetime
    source: Source = field(default_factory=Source)
    permitted: tuple[str, ...] = ()
    tls_timeout: int = 300


@dataclass
class LiveSecrets:
    """What the cluster holds of Landfall: originals by credential name, and delivered Secrets by (namespace, name)."""

    originals: dict[str, Secret] = field(default_factory=dict)
    delivered: dict[tuple[str, str], Secret] = field(default_factory=dict)
    ours: list[Secret] = field(default_factory=list)


@dataclass
class Plan:
    """Secrets to apply in order, a public row per credential, and the CA's public certificate (PEM or empty).

    `objects` have other programs write Secrets; `retired` are names of originals that are no longer needed.
    """

    ca_is_new: bool = False
    writes: list[Secret] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    ca_certificate: str = ""


def make_plan(items: list[Item], found: LiveSecrets, run: Run) -> Plan:
    """Decide what to write.

    Raises CredentialError if a Secret of somebody else has the name, or if nobody brings a certificate.
    """
    plan = Plan()
    ca = _authority(plan, items, found, run)
    for item in items:
        issued = run.source.issue(item, run.now) if item.kind == "certificate" else None
        if issued is None:
            _keep(plan, item, found, ca, run)
        else:
            _bring(plan, item, issued, found, run)
    return plan


def _keep(plan: Plan, item: Item, found: LiveSecrets, ca: Authority | None, run: Run) -> None:
    """Plan what is made here: its original, and what is delivered of it."""
    original = decoded(found.originals.get(item.name))
    data, reason = _original(item, original, ca, run.now)
    annotations = item.annotations | life_of(data)
    stale = data != original or annotations_of(found.originals.get(item.name)) != annotations
    if item.kind != "fixed" and stale:
        wanted = _secret(item.name, run.home, item.secret_type, data, item.name)
        wanted["metadata"]["annotations"] = annotations
        plan.writes.append(wanted)
    if item.kind == "found":
        plan.rows.append(_row(item, data, (reason, False), stale=stale))
    else:
        _deliver(plan, item, data, found, (reason, original is None, run.now))


def _bring(plan: Plan, item: Item, issued: Issued, found: LiveSecrets, run: Run) -> None:
    """Plan what a source brings: it has the original, so none is kept here, and a rotation leaves the Secret alone."""
    if item.name in found.originals:
        plan.retired.append(item.name)
    plan.objects += issued.objects
    if issued.data:
        there = (item.namespace, item.secret) in found.delivered
        _deliver(plan, item, issued.data, found, ("another one is provided" if there else "", not there, run.now))
    else:
        plan.rows.append(_row(item, {}, ("", False), stale=False))


def is_staged(data: dict[str, str] | None) -> bool:
    """Tell whether an original's data holds a password, or a token, whose rotation was begun and not ended."""
    return any(key.startswith(NEXT) for key in data or {})


def life_of(data: dict[str, str]) -> dict[str, str]:
    """Return the annotations on when an original's data was made and, of a certificate, when it ends."""
    certificate = certificates.read(data)
    if certificate:
        made = certificate.not_valid_before_utc + certificates.CLOCK_SKEW
        ends = certificate.not_valid_after_utc
        return {ANNOTATION_MADE: timestamp(made), ANNOTATION_EXPIRES: timestamp(ends)}
    return {ANNOTATION_MADE: data["created"]} if data.get("created") else {}


def timestamp(moment: datetime) -> str:
    """Write a time in UTC as the API does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def decoded(secret: Secret | None) -> dict[str, str] | None:
    """Return a Secret's data as text; None for no Secret."""
    if secret is None:
        return None
    return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def annotations_of(secret: Secret | None) -> dict[str, str]:
    """Return what a Secret says about its login."""
    there = (secret or {}).get("metadata", {}).get("annotations") or {}
    return {key: value for key, value in there.items() if key.startswith(ANNOTATION)}


def describe(secret: Secret, there: Secret | None = None) -> str:
    """Describe a Secret without its values, for a diff; keys that are `there` already stay."""
    keys = set(secret.get("data") or {}) | set((there or {}).get("data") or {})
    said = "".join(f"{key}: {value}\n" for key, value in sorted(annotations_of(secret).items()))
    return f"{secret['type']} with {', '.join(sorted(keys)) or 'no keys'}\n{said}"


def _authority(plan: Plan, items: list[Item], found: LiveSecrets, run: Run) -> Authority | None:
    """Plan the certificate authority, which is there wherever a certificate is: some stay its own in any case."""
    hosts = [host for item in items for host in item.signed_hosts]
    if not hosts:
        return None
    original = found.originals.get(CA_NAME)
    kept = Authority.read(decoded(original))
    ca = kept.in_force(run.now) if kept else None
    if ca is None:
        ca = Authority(certificates.make_ca(run.cluster, run.now, [*run.permitted, *hosts]))
        plan.ca_is_new = True
    annotations = life_of(ca.current.data)
    if decoded(original) != ca.data or annotations_of(original) != annotations:
        wanted = _secret(CA_NAME, run.home, TLS_TYPE, ca.data, CA_NAME)
        wanted["metadata"]["annotations"] = annotations
        plan.writes.append(wanted)
    plan.ca_certificate = ca.bundle
    return ca


def _original(
    item: Item, kept: dict[str, str] | None, ca: Authority | None, now: datetime
) -> tuple[dict[str, str], str]:
    """Return the original's data and, for a certificate that is replaced, the reason.

    Raises CredentialError for hosts that the certificate authority may not sign for: nobody would accept it.
    """
    if item.kind == "password":
        return complete_password(item, kept, now), ""
    if item.kind != "certificate" or ca is None:
        return {}, ""
    leaf = KeyPair.read(kept)
    reason = certificates.renewal_reason(leaf, ca.signer, item.signed_hosts, now)
    if leaf is None or reason:
        if refusal := ca.refusal(item.signed_hosts):
            raise CredentialError(refusal)
        return certificates.make_leaf(ca.signer, item.signed_hosts, now).data, reason or ""
    return leaf.data, ""


def _deliver(
    plan: Plan, item: Item, data: dict[str, str], found: LiveSecrets, made: tuple[str, bool, datetime]
) -> None:
    wanted = _secret(item.secret, item.namespace, item.secret_type, _delivered_data(plan, item, data), item.name)
    wanted["metadata"]["labels"] |= item.labels
    there = found.delivered.get((item.namespace, item.secret))
    _refuse_foreign(item, wanted, there)
    # Of one whose rotation is under way, old and new are both at home; which one is delivered, the rotation knows.
    stale = not _holds(there, wanted) and not (there and is_staged(data))
    if stale:
        if item.kind == "fixed":
            wanted["metadata"]["annotations"] = {ANNOTATION_MADE: timestamp(made[2])}
        plan.writes.append(wanted)
    plan.rows.append(_row(item, data, made[:2], stale=stale))


def _delivered_data(plan: Plan, item: Item, data: dict[str, str]) -> dict[str, str]:
    if item.kind == "certificate":
        return {"ca.crt": plan.ca_certificate} | data
    if item.kind == "fixed":
        return item.data
    return {key: fill(template, data) for key, template in item.data.items()}


def _row(item: Item, data: dict[str, str], made: tuple[str, bool], *, stale: bool) -> dict[str, str]:
    reason, is_new = made
    action = "unchanged"
    if stale:
        action = "noted" if item.kind == "found" else "delivered"
        if item.kind != "fixed" and (is_new or reason):
            action = "created" if is_new else "renewed"
    row = {"name": item.name, "kind": item.kind, "secret": f"{item.namespace}/{item.secret}", "action": action}
    certificate = certificates.read(data) if item.kind == "certificate" else None
    if certificate:
        row["expires"] = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    if action == "renewed":
        row["reason"] = reason
    return row


def _secret(name: str, namespace: str, secret_type: str, data: dict[str, str], credential: str) -> Secret:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {LABEL_CREDENTIAL: credential, LABEL_MADE_BY: MADE_BY},
        },
        "type": secret_type,
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def _holds(there: Secret | None, wanted: Secret) -> bool:
    if there is None:
        return False
    data = there.get("data") or {}
    labels = there["metadata"].get("labels") or {}
    return _contains(data, wanted["data"]) and _contains(labels, wanted["metadata"]["labels"])


def _contains(there: dict[str, str], wanted: dict[str, str]) -> bool:
    return wanted.items() <= there.items()


def _refuse_foreign(item: Item, wanted: Secret, there: Secret | None) -> None:
    if there is None:
        return
    place = f"{item.namespace}/{item.secret}"
    if there.get("type", OPAQUE_TYPE) != item.secret_type:
        raise CredentialError(
            f"Secret {place} is of type {there.get('type')} where {item.secret_type} is needed: remove or rename it."
        )
    ours = (there["metadata"].get("labels") or {}).get(LABEL_MADE_BY) == MADE_BY
    data = there.get("data") or {}
    changed = sorted(key for key, value in wanted["data"].items() if key in data and data[key] != value)
    if changed and not ours:
        raise CredentialError(
            f"Secret {place} was not made by Landfall and holds another {changed[0]}: remove or rename it."
        )
