"""Secrets handed over to cert-manager and taken back, without a moment in which one holds no certificate.

Read in cert-manager v1.21.2, SecretIssuerAnnotationsMatch of pkg/api/util/issuers.go: a certificate that
is there is replaced only if the annotations of its Secret name another issuer, and a Secret without any is taken for
that of an Issuer, whatever it holds. So a Secret that is handed over gets an annotation that names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import issuance, store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.issuance import API, GROUP, KIND, Object
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    LABEL_MADE_BY,
    MADE_BY,
    TLS_TYPE,
    CredentialError,
    Item,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.sources import (
    CERT_MANAGER,
    ISSUER,
    ISSUER_KINDS,
    Issued,
    Source,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

SETTING = "platform_tls_issuer"
ANNOTATION_ISSUER = f"{GROUP}/issuer-name"
NO_CERT_MANAGER = (
    "platform_tls_source is cert_manager, and the cluster has no cert-manager: roll it out and create an issuer first "
    "(docs/certificates.md), or write own_ca."
)
SECONDS_TO_GO = 30
"""For a Certificate that is deleted: its deletion waits for the garbage collector where its Secret must not follow."""
NAME_MAXIMUM = 253
"""Of an object in Kubernetes: a DNS subdomain (RFC 1123)."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

Place = tuple[str, str]
"""Namespace and name."""


class Requested(Source):
    """An issuer of cert-manager, {kind, name}: that program writes the Secrets, and renews what is in them."""

    def __init__(self, issuer: Mapping[str, str]) -> None:
        """Keep the issuer."""
        self.issuer = issuer

    def issue(self, item: Item, now: datetime) -> Issued | None:  # noqa: ARG002 - cert-manager knows when it renews
        """Return the Certificate that asks for it; none for what the own CA can do, and for names of the cluster."""
        if item.fallback or item.internal:
            return None
        return Issued(objects=(issuance.certificate(item, self.issuer),))


@dataclass(frozen=True)
class Asked:
    """A Certificate as it is wanted, and as it is there, if it is."""

    wanted: Object
    live: Object | None

    @property
    def is_new(self) -> bool:
        """Whether nothing of it has been issued, nor is on its way."""
        return self.live is None or issuance.has_failed(self.live)

    @property
    def is_ready(self) -> bool:
        """Whether its certificate is there."""
        return self.live is not None and issuance.is_ready(self.live)


@dataclass(frozen=True)
class Exchange:
    """What changes between cert-manager and other sources.

    `asked` are the Certificates that are wanted; `gone` are ours that would write over what another source delivers;
    `marked` are the places of Secrets that cert-manager wrote and has no more.
    """

    asked: list[Asked]
    gone: list[Object]
    marked: list[Place]

    @property
    def is_over(self) -> bool:
        """Whether nothing has to be done, nor waited for."""
        return not (self.gone or self.marked) and all(each.is_ready for each in self.asked)


def issuer_problems(cluster: Cluster, certificates: Sequence[Object]) -> list[str]:
    """Return a sentence for each issuer of Certificates that is not there, or is not ready. Raises ApiException."""
    wanted = {(each["spec"]["issuerRef"]["kind"], each["spec"]["issuerRef"]["name"]) for each in certificates}
    if wanted and not set(ISSUER_KINDS) <= cluster.kinds(API):
        return [NO_CERT_MANAGER]
    namespaces = sorted({each["metadata"]["namespace"] for each in certificates})
    return [
        sentence
        for kind, name in sorted(wanted)
        for namespace in (namespaces if kind == ISSUER else [""])
        if (sentence := _issuer_problem(cluster, kind, name, namespace))
    ]


def _issuer_problem(cluster: Cluster, kind: str, name: str, namespace: str) -> str:
    found = cluster.get(API, kind, name, namespace or None)
    said = f"{SETTING} names the {kind} {name}"
    if found is None and namespace:
        return f"{said}, which the namespace {namespace} does not have: create it there, or name a ClusterIssuer."
    if found is None:
        others = ", ".join(each["metadata"]["name"] for each in cluster.list(API, kind)) or "there is none"
        return f"{said}, which the cluster does not have: create it, or name another one ({others})."
    ready = issuance.condition(found, "Ready")
    if ready.get("status") == "True":
        return ""
    where = f" in the namespace {namespace}" if namespace else ""
    reason = issuance.words(ready) or "cert-manager has not looked at it, so see whether its controller runs"
    return f"{said}{where}, which is not ready ({reason}): fix that, or name another one."


def problems(cluster: Cluster, tls: Mapping[str, Any], items: Iterable[Item], now: datetime) -> list[str]:
    """Return what keeps cert-manager from signing for items, where `tls` says that it does. Raises ApiException."""
    if tls.get("source") != CERT_MANAGER:
        return []
    issued = [Requested(tls["issuer"]).issue(item, now) for item in items]
    return issuer_problems(cluster, [one for each in issued if each for one in each.objects])


def look(
    cluster: Cluster, items: Iterable[Item], objects: Sequence[Object], secrets: Mapping[Place, Object]
) -> Exchange:
    """Compare the Certificates among `objects`, wanted for `items`, with what is there; `secrets` are those of `items`.

    Raises ApiException, and CredentialError for an issuer that is not ready, and for what somebody else has made.
    """
    certificates = [each for each in objects if each["kind"] == KIND]
    if problems := issuer_problems(cluster, certificates):
        raise CredentialError("\n- ".join(problems))
    asked = [Asked(each, issuance.read(cluster, each)) for each in certificates]
    for each in asked:
        _refuse_foreign(each, secrets.get((each.wanted["metadata"]["namespace"], each.wanted["spec"]["secretName"])))
    kept = {(each["metadata"]["namespace"], each["spec"]["secretName"]) for each in certificates}
    others = sorted({(each.namespace, each.secret) for each in items if each.kind == "certificate"} - kept)
    marked = [each for each in others if (secret := secrets.get(each)) and _marks(secret)]
    # A Secret that is there, and that cert-manager has never written to, has no Certificate.
    doubtful = [each for each in others if each in marked or each not in secrets]
    there = doubtful if doubtful and KIND in cluster.kinds(API) else []
    live = [cluster.get(API, KIND, name, namespace) for namespace, name in there]
    return Exchange(asked, [each for each in live if each is not None and _is_ours(each)], marked)


def _refuse_foreign(asked: Asked, secret: Object | None) -> None:
    place = issuance.place_of(asked.wanted)
    if secret is not None and secret.get("type") != TLS_TYPE:
        raise CredentialError(
            f"Secret {place} is of type {secret.get('type')} where {TLS_TYPE} is needed: remove or rename it."
        )
    for kind, found in ((KIND, asked.live), ("Secret", secret)):
        if found is not None and not _is_ours(found):
            raise CredentialError(
                f"{kind} {place} was not made by Landfall, which needs one of that name: remove or rename it."
            )


def _is_ours(found: Object) -> bool:
    return (found["metadata"].get("labels") or {}).get(LABEL_MADE_BY) == MADE_BY


def _marks(secret: Object) -> list[str]:
    """Return the annotations of a Secret by which cert-manager, and we, know that it is cert-manager's."""
    return [key for key in secret["metadata"].get("annotations") or {} if key.startswith(f"{GROUP}/")]


def make_way(cluster: Cluster, found: Exchange) -> None:
    """Take Secrets back from cert-manager, and hand others over. Raises ApiException.

    What has failed is asked for again: cert-manager itself would wait for an hour, and then ever longer.
    """
    for each in found.gone:
        remove(cluster, each)
    for place in found.marked:
        _take_back(cluster, place)
    for one in found.asked:
        if one.live is not None and one.is_new:
            remove(cluster, one.live)
        if one.is_new:
            _hand_over(cluster, one.wanted)


def _take_back(cluster: Cluster, place: Place) -> None:
    """Remove cert-manager's notes from a Secret, whose content stays until another source delivers."""
    namespace, name = place
    secret = cluster.get("v1", "Secret", name, namespace)
    if secret is not None:
        notes = dict.fromkeys(_marks(secret))
        cluster.patch(f"/api/v1/namespaces/{namespace}/secrets/{name}", {"metadata": {"annotations": notes}})


def _hand_over(cluster: Cluster, wanted: Object) -> None:
    """Let the Secret of a Certificate, if it is there, name no issuer; of our keys in it the pair alone stays."""
    namespace, name = wanted["metadata"]["namespace"], wanted["spec"]["secretName"]
    secret = cluster.get("v1", "Secret", name, namespace)
    if secret is None:
        return
    metadata = {"name": name, "namespace": namespace, **wanted["spec"]["secretTemplate"]}
    metadata["annotations"] = {ANNOTATION_ISSUER: ""}
    data = {key: value for key, value in (secret.get("data") or {}).items() if key in {"tls.crt", "tls.key"}}
    body = {"apiVersion": "v1", "kind": "Secret", "type": TLS_TYPE, "metadata": metadata, "data": data}
    store.apply_secret(cluster, body)


def remove(cluster: Cluster, found: Object) -> None:
    """Delete a Certificate and wait until it is gone; its Secret stays, with what it holds. Raises ApiException."""
    path = issuance.path_of(cluster, found)
    secret = cluster.get("v1", "Secret", found["spec"]["secretName"], found["metadata"]["namespace"])
    owners = (secret or {}).get("metadata", {}).get("ownerReferences") or []
    # With --enable-certificate-owner-ref the Secret would go with it; so nothing does, unless it is deleted here.
    orphaned = any(each["uid"] == found["metadata"]["uid"] for each in owners)
    left = list(_parts(cluster, found)) if orphaned else []
    cluster.delete(path, propagationPolicy="Orphan" if orphaned else "Background")
    cluster.wait_gone(path, SECONDS_TO_GO)
    for each in left:
        cluster.delete(each)


def _parts(cluster: Cluster, found: Object) -> Iterator[str]:
    """Yield the paths of what cert-manager made on the way to a certificate: requests, and the next private key."""
    for each in issuance.requests_of(cluster, found):
        yield issuance.path_of(cluster, each)
    if key := (found.get("status") or {}).get("nextPrivateKeySecretName"):
        yield f"/api/v1/namespaces/{found['metadata']['namespace']}/secrets/{key}"


def setting_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the issuer in the settings `values`."""
    if SETTING not in values:
        return
    name = values[SETTING].get("name") or ""
    if name and (not _NAME.fullmatch(name) or len(name) > NAME_MAXIMUM):
        yield (
            f"{SETTING}.name ({name!r}) is no name of an object in Kubernetes: write lower case letters, digits, "
            f"dashes and dots, at most {NAME_MAXIMUM} characters."
        )
    if values.get("platform_tls_source") == CERT_MANAGER and not name:
        yield (
            f"platform_tls_source is cert_manager, and {SETTING} names no issuer: write one that is there, such as "
            f"{SETTING}: {{kind: ClusterIssuer, name: letsencrypt}}."
        )
