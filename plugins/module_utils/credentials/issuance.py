"""What cert-manager is asked for, how far it has come, and what of its requests keeps it from a certificate."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    LABEL_CREDENTIAL,
    LABEL_MADE_BY,
    MADE_BY,
    CredentialError,
    Item,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

GROUP = "cert-manager.io"
API, KIND = f"{GROUP}/v1", "Certificate"
ACME_API = f"acme.{GROUP}/v1"
ANNOTATION_CERTIFICATE = f"{GROUP}/certificate-name"
"""Names, on a Secret, the Certificate that it is of."""
ANNOTATION_REVISION = f"{GROUP}/certificate-revision"
POLL_SECONDS = 1.0
ENDED_BADLY = ("invalid", "errored", "expired")
"""States of an Order or a Challenge in which nothing more comes of it."""

Object = dict[str, Any]


def certificate(item: Item, issuer: Mapping[str, str]) -> Object:
    """Return the Certificate whose Secret is the one that the own CA would deliver; `issuer` is {kind, name}."""
    ours = {LABEL_MADE_BY: MADE_BY}
    return {
        "apiVersion": API,
        "kind": KIND,
        "metadata": {"name": item.secret, "namespace": item.namespace, "labels": ours},
        "spec": {
            "secretName": item.secret,
            "secretTemplate": {"labels": {**item.labels, LABEL_CREDENTIAL: item.name, **ours}},
            **_names(item.hosts),
            "issuerRef": {"group": GROUP, "kind": issuer["kind"], "name": issuer["name"]},
            "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
        },
    }


def _names(hosts: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for host in hosts:
        found.setdefault("ipAddresses" if _is_address(host) else "dnsNames", []).append(host)
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def condition(found: Object, name: str) -> Object:
    """Return a condition of an object by its type; an empty one if there is none."""
    conditions: list[Object] = (found.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == name), {})


def words(said: Mapping[str, Any]) -> str:
    """Return the reason and the message of a condition, or of what is alike, as the inside of a sentence."""
    parts = [" ".join(str(said.get(key) or "").split()).rstrip(".") for key in ("reason", "message")]
    return ": ".join(part for part in parts if part)


def is_ready(found: Object) -> bool:
    """Say whether the Secret of a Certificate, as it is wanted now, holds a good certificate."""
    ready, generation = condition(found, "Ready"), found["metadata"].get("generation", 0)
    return ready.get("status") == "True" and ready.get("observedGeneration", generation) >= generation


def has_failed(found: Object, since: datetime | None = None) -> bool:
    """Say whether the last request for a Certificate failed (at or after `since`), and no other is on its way."""
    failed = (found.get("status") or {}).get("lastFailureTime")
    if is_ready(found) or not failed or condition(found, "Issuing").get("status") == "True":
        return False
    return since is None or datetime.fromisoformat(failed) >= since.replace(microsecond=0)


def is_issued(secret: Object) -> bool:
    """Say whether cert-manager has written a Secret, and renews what is in it."""
    return bool((secret["metadata"].get("annotations") or {}).get(ANNOTATION_CERTIFICATE))


def read(cluster: Cluster, wanted: Object) -> Object | None:
    """Return a Certificate as it is; None if it is not there. Raises ApiException."""
    return cluster.get(API, KIND, wanted["metadata"]["name"], wanted["metadata"]["namespace"])


def path_of(cluster: Cluster, found: Object) -> str:
    """Return the path of an object that is there."""
    metadata = found["metadata"]
    path = cluster.resource_path(found["apiVersion"], found["kind"], metadata["namespace"], metadata["name"])
    return path or ""


def place_of(found: Object) -> str:
    """Return an object's `namespace/name`."""
    return f"{found['metadata']['namespace']}/{found['metadata']['name']}"


def wait(cluster: Cluster, certificates: Sequence[Object], seconds: float) -> None:
    """Wait until Certificates are ready; one whose request has failed is not waited for any longer.

    Raises ApiException, and CredentialError with a sentence for each that is not ready after `seconds`.
    """
    if not certificates:
        return
    # The server tells whole seconds, and its last answer was on its way for a moment.
    began, deadline = cluster.server_time() - timedelta(seconds=1), time.monotonic() + seconds
    while waiting := [(each, found) for each in certificates if not _is_there(found := read(cluster, each))]:
        failed = [found for _unused, found in waiting if found is not None and has_failed(found, began)]
        if len(failed) == len(waiting) or time.monotonic() > deadline:
            raise CredentialError("\n- ".join(_sentence(cluster, each, found, seconds) for each, found in waiting))
        time.sleep(POLL_SECONDS)


def _is_there(found: Object | None) -> bool:
    return found is not None and is_ready(found)


def _sentence(cluster: Cluster, wanted: Object, found: Object | None, seconds: float) -> str:
    name = f"Certificate {place_of(wanted)}"
    if found is None:
        return f"{name} was deleted while its certificate was requested: run again."
    cause = why(cluster, found)
    if has_failed(found):
        return f"{name} was not issued: {cause}. Fix that, and run again, which repeats the request."
    return (
        f"{name} is not ready after {seconds:g} s: {cause}. Fix that; cert-manager goes on meanwhile, and the next run "
        "waits for it again, as long as platform_tls_timeout says."
    )


def why(cluster: Cluster, found: Object) -> str:
    """Return what keeps a Certificate from being ready, the most exact that cert-manager says. Raises ApiException."""
    request = max(requests_of(cluster, found), key=_revision, default=None)
    order = next(iter(_owned(cluster, ACME_API, "Order", request)), None) if request else None
    challenge = min(_owned(cluster, ACME_API, "Challenge", order), key=_rank, default=None) if order else None
    said = (
        (_of_challenge(challenge) if challenge else "")
        or (_of_order(cluster, order) if order else "")
        or (_of_request(request) if request else "")
        or words(condition(found, "Issuing"))
        or words(condition(found, "Ready"))
    )
    return said or "cert-manager has not looked at it, so see whether its controller runs"


def requests_of(cluster: Cluster, found: Object) -> list[Object]:
    """Return the CertificateRequests of a Certificate. Raises ApiException."""
    return _owned(cluster, API, "CertificateRequest", found)


def _owned(cluster: Cluster, api_version: str, kind: str, owner: Object) -> list[Object]:
    uid = owner["metadata"]["uid"]
    there = cluster.list(api_version, kind, owner["metadata"]["namespace"])
    return [each for each in there if any(one["uid"] == uid for one in each["metadata"].get("ownerReferences") or [])]


def _revision(request: Object) -> int:
    return int((request["metadata"].get("annotations") or {}).get(ANNOTATION_REVISION) or 0)


def _rank(challenge: Object) -> tuple[bool, bool, bool]:
    """Order Challenges: those that have failed, then those that say something, and last those that are done."""
    status = challenge.get("status") or {}
    return status.get("state") == "valid", status.get("state") not in ENDED_BADLY, not status.get("reason")


def _of_challenge(found: Object) -> str:
    status, spec = found.get("status") or {}, found["spec"]
    if status.get("state") == "valid":
        return ""
    reason = words(status) or "it says nothing yet"
    return (
        f"Challenge {place_of(found)} ({spec['type']} for {spec['dnsName']}) is {status.get('state') or 'pending'} "
        f"({reason})"
    )


def _of_order(cluster: Cluster, found: Object) -> str:
    status = found.get("status") or {}
    # Where no solver is for a name there is no Challenge, and an event alone says so.
    reason = words(status) or _warning(cluster, found)
    return f"Order {place_of(found)} is {status.get('state') or 'pending'} ({reason})" if reason else ""


def _of_request(found: Object) -> str:
    for kind, state in (("Denied", "denied"), ("InvalidRequest", "invalid"), ("Ready", "not ready")):
        said = condition(found, kind)
        if said.get("status") == ("False" if kind == "Ready" else "True"):
            return f"CertificateRequest {place_of(found)} is {state} ({words(said)})"
    return ""


def _warning(cluster: Cluster, found: Object) -> str:
    metadata = found["metadata"]
    query = {"fieldSelector": f"involvedObject.uid={metadata['uid']},type=Warning"}
    events = cluster.list("v1", "Event", metadata["namespace"], query)
    return words(max(events, key=lambda each: each.get("lastTimestamp") or "", default={}))
