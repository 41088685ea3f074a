"""What cert-manager does with a Certificate, by the rules read in its source, over the API server in memory."""

from __future__ import annotations

import base64
import itertools
from typing import Any

from tests.fake_cluster import FakeCluster

Object = dict[str, Any]
API, ACME = "cert-manager.io/v1", "acme.cert-manager.io/v1"
KINDS = {
    "Certificate": (API, "certificates"),
    "CertificateRequest": (API, "certificaterequests"),
    "Issuer": (API, "issuers"),
    "ClusterIssuer": (API, "clusterissuers"),
    "Order": (ACME, "orders"),
    "Challenge": (ACME, "challenges"),
}
MANAGER = "cert-manager-certificates-issuing"
NAME, KIND, GROUP, CERTIFICATE = (
    f"cert-manager.io/{each}" for each in ("issuer-name", "issuer-kind", "issuer-group", "certificate-name")
)


def issuer(name: str, namespace: str = "", ready: Object | None = None) -> Object:
    """Return an Issuer of a namespace, or a ClusterIssuer; without `ready`, a condition, it is."""
    condition = {"type": "Ready", "status": "True", "reason": "Verified"} if ready is None else ready
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    conditions = [condition] if condition else []
    return {
        "kind": "Issuer" if namespace else "ClusterIssuer",
        "metadata": metadata,
        "status": {"conditions": conditions},
    }


def with_cert_manager(*objects: Object) -> FakeCluster:
    """Return a cluster that knows cert-manager's kinds, without a controller."""
    cluster = FakeCluster()
    for kind, (api_version, plural) in KINDS.items():
        cluster.define(kind, api_version, plural, namespaced=kind != "ClusterIssuer")
    for each in objects:
        cluster.add(each)
    return cluster


class CertManager:
    """A controller whose issuer signs at once, unless it is told to wait or to refuse."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.refuses = ""
        self.waits = False
        self.owner_references = False
        self.issued: list[str] = []
        self._serial = itertools.count(1)
        cluster.reconcile = self

    def __call__(self, cluster: FakeCluster, found: Object) -> None:
        """Look at a Certificate that was written, or whose Secret was: both have one name here."""
        namespace, name = found["metadata"].get("namespace"), found["metadata"]["name"]
        there = cluster.objects.get(("Certificate", namespace, name))
        if found["kind"] in {"Certificate", "Secret"} and there and not there["metadata"].get("deletionTimestamp"):
            self._look(cluster, there)

    def renew(self, cluster: FakeCluster, namespace: str, name: str) -> None:
        """Renew a certificate, as its end draws near."""
        self._issue(cluster, cluster.objects["Certificate", namespace, name])

    def _look(self, cluster: FakeCluster, found: Object) -> None:
        namespace, spec = found["metadata"]["namespace"], found["spec"]
        reason = _why_issue(found, cluster.objects.get(("Secret", namespace, spec["secretName"])))
        if not reason:
            self._say(cluster, found, ready="True")
        elif self.waits:
            self._say(cluster, found, ready="False", issuing="True", reason=reason)
        elif self.refuses:
            self._say(cluster, found, ready="False", issuing="False", reason="Failed", message=self.refuses)
        else:
            self._issue(cluster, found)
            self._say(cluster, found, ready="True")

    def _issue(self, cluster: FakeCluster, found: Object) -> None:
        namespace, spec = found["metadata"]["namespace"], found["spec"]
        issuer_ref, name = spec["issuerRef"], spec["secretName"]
        text = f"{issuer_ref['name']} {next(self._serial)} {','.join(spec['dnsNames'])}"
        self.issued.append(text)
        notes = {NAME: issuer_ref["name"], KIND: issuer_ref["kind"], GROUP: issuer_ref["group"]}
        metadata = {"name": name, "namespace": namespace, "labels": spec["secretTemplate"]["labels"]}
        metadata["annotations"] = {**notes, CERTIFICATE: found["metadata"]["name"], "cert-manager.io/alt-names": text}
        data = {key: base64.b64encode(text.encode()).decode() for key in ("tls.crt", "tls.key")}
        body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data}
        cluster.apply(f"/api/v1/namespaces/{namespace}/secrets/{name}", body, manager=MANAGER)
        if self.owner_references:
            owner = {"kind": "Certificate", "name": name, "uid": found["metadata"]["uid"]}
            cluster.objects["Secret", namespace, name]["metadata"]["ownerReferences"] = [owner]

    def _say(
        self, cluster: FakeCluster, found: Object, *, ready: str, issuing: str = "", reason: str = "", message: str = ""
    ) -> None:
        generation = found["metadata"]["generation"]
        conditions = [{"type": "Ready", "status": ready, "reason": reason, "observedGeneration": generation}]
        if issuing:
            conditions.append({"type": "Issuing", "status": issuing, "reason": reason, "message": message})
        status: Object = {"conditions": conditions}
        if issuing == "False":
            status["lastFailureTime"] = cluster.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        cluster.objects[cluster.key(found)]["status"] = status


def _why_issue(found: Object, secret: Object | None) -> str:
    """Return why a Secret is issued anew, by the rules of SecretIssuerAnnotationsMatch (pkg/api/util/issuers.go)."""
    if secret is None:
        return "DoesNotExist"
    notes, wanted = secret["metadata"].get("annotations") or {}, found["spec"]["issuerRef"]
    named = any(key in notes for key in (NAME, KIND, GROUP))
    other_kind = (notes.get(KIND) or "Issuer") != wanted["kind"]
    other_group = (notes.get(GROUP) or "cert-manager.io") != wanted["group"]
    if (named and notes.get(NAME, "") != wanted["name"]) or other_kind or other_group:
        return "IncorrectIssuer"
    if notes.get(CERTIFICATE, found["metadata"]["name"]) != found["metadata"]["name"]:
        return "IncorrectCertificate"
    text = base64.b64decode(secret["data"]["tls.crt"]).decode()
    issued = notes.get("cert-manager.io/alt-names") == text
    return "RequestChanged" if issued and not text.endswith(",".join(found["spec"]["dnsNames"])) else ""
