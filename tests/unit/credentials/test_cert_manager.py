"""Certificates of cert-manager: asked for, handed over, waited for and taken back, without a moment that has none."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import (
    cert_manager,
    choice,
    delivery,
    issuance,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Run
from ansible_collections.landfall.eks.plugins.module_utils.plan import drift
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import plan, steps
from tests.fake_cluster import FakeCluster
from tests.unit.credentials.fake_cert_manager import CertManager, issuer, with_cert_manager

HOME, LOGGING, NAME = "landfall-system", "logging", "kibana-tls"
SECRET, CERTIFICATE = ("Secret", LOGGING, NAME), ("Certificate", LOGGING, NAME)
TLS = {"name": NAME, "kind": "certificate", "hosts": ["kibana.example.org"]}
TLS |= {"secret": {"name": NAME, "namespace": LOGGING, "labels": {"team": "logs"}}}
FALLBACK = {**TLS, "name": "ingress-tls", "hosts": ["*.example.org"], "fallback": True}
FALLBACK |= {"secret": {"name": "ingress-tls", "namespace": "ingress"}}
KINDS = [{"kind": "ClusterIssuer", "name": "letsencrypt"}, {"kind": "Issuer", "name": "letsencrypt"}]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuance, "POLL_SECONDS", 0)


@pytest.fixture
def cluster() -> FakeCluster:
    return with_cert_manager(issuer("letsencrypt"), issuer("letsencrypt", LOGGING))


@pytest.fixture
def controller(cluster: FakeCluster) -> CertManager:
    return CertManager(cluster)


def deliver(
    cluster: FakeCluster, by: dict[str, str] | None, *wanted: dict[str, Any], dry_run: bool = False, seconds: int = 60
) -> dict[str, Any]:
    """Deliver certificates of an issuer, or of the own CA; return what the module does."""
    tls = {"source": "cert_manager", "issuer": by} if by else {"source": "own_ca"}
    now = datetime.now(UTC)
    run = Run(HOME, "test", now, choice.chosen(tls, lambda *_place: None, now), tls_timeout=seconds)
    cluster.log.clear()
    return delivery.deliver(cluster, list(wanted or [TLS]), run, dry_run=dry_run)[0]


def text(cluster: FakeCluster, key: str = "tls.crt") -> str:
    return base64.b64decode(cluster.objects[SECRET]["data"].get(key, "")).decode()


def watched(cluster: FakeCluster) -> list[str]:
    """Return the list that every certificate in the Secret is added to, whenever a call has been answered."""
    seen: list[str] = []

    def look(_call: Any) -> None:
        if not seen or seen[-1] != text(cluster):
            seen.append(text(cluster))

    cluster.after = look
    return seen


@pytest.mark.parametrize("by", KINDS, ids=lambda each: each["kind"])
def test_a_certificate_is_asked_for_once(cluster: FakeCluster, controller: CertManager, by: dict[str, str]) -> None:
    assert deliver(cluster, by)["changed"]
    asked = cluster.objects[CERTIFICATE]["spec"]
    assert asked["issuerRef"] == {"group": "cert-manager.io", **by}
    assert (asked["dnsNames"], asked["secretName"]) == (["kibana.example.org"], NAME)
    assert cluster.objects[SECRET]["metadata"]["labels"] == {
        "team": "logs",
        "landfall.eks/credential": NAME,
        "landfall.eks/made-by": "landfall",
    }
    again = deliver(cluster, by)
    assert (again["changed"], cluster.written) == (False, [])
    assert not deliver(cluster, by, dry_run=True)["changed"]
    assert controller.issued == ["letsencrypt 1 kibana.example.org"]


def test_what_the_own_ca_may_sign_stays_with_it(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0], TLS, FALLBACK)
    assert [key for key in cluster.objects if key[0] == "Certificate"] == [CERTIFICATE]
    own = base64.b64decode(cluster.objects["Secret", "ingress", "ingress-tls"]["data"]["tls.crt"]).decode()
    assert own.startswith("-----BEGIN CERTIFICATE-----")
    assert len(controller.issued) == 1


@pytest.mark.parametrize("by", KINDS, ids=lambda each: each["kind"])
def test_a_secret_is_handed_over_and_taken_back_in_place(
    cluster: FakeCluster, controller: CertManager, by: dict[str, str]
) -> None:
    deliver(cluster, None)
    first, uid = text(cluster), cluster.objects[SECRET]["metadata"]["uid"]
    assert text(cluster, "ca.crt")
    seen = watched(cluster)
    deliver(cluster, by)
    # No moment was without a certificate, and what the own CA says of itself is gone.
    assert seen == [first, "letsencrypt 1 kibana.example.org"]
    assert text(cluster, "ca.crt") == ""
    assert ("Secret", HOME, NAME) not in cluster.objects
    assert not deliver(cluster, by)["changed"]
    # And back.
    assert deliver(cluster, None)["changed"]
    assert CERTIFICATE not in cluster.objects
    assert len(seen) == 3
    assert seen[-1].startswith("-----BEGIN CERTIFICATE-----")
    assert text(cluster, "ca.crt")
    assert cluster.objects[SECRET]["metadata"]["uid"] == uid
    assert not deliver(cluster, None)["changed"]
    assert not any(key.startswith("cert-manager.io/") for key in cluster.objects[SECRET]["metadata"]["annotations"])
    # And once more.
    deliver(cluster, by)
    assert text(cluster) == "letsencrypt 2 kibana.example.org"


def test_without_its_annotation_an_issuer_takes_another_certificate_for_its_own(
    cluster: FakeCluster, controller: CertManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(cluster, None)
    first = text(cluster)
    monkeypatch.setattr(cert_manager, "_hand_over", lambda *_given: None)
    deliver(cluster, KINDS[1])
    assert (text(cluster), controller.issued) == (first, [])


def test_a_certificate_goes_before_another_source_writes(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    deliver(cluster, None)
    written = [(method, path.rpartition("/")[2], path.split("/")[-2]) for method, path, _body in cluster.written]
    assert written.index(("DELETE", NAME, "certificates")) < written.index(("PATCH", NAME, "secrets"))


def test_a_secret_that_belongs_to_its_certificate_stays_too(cluster: FakeCluster, controller: CertManager) -> None:
    controller.owner_references = True
    deliver(cluster, KINDS[0])
    uid = cluster.objects[CERTIFICATE]["metadata"]["uid"]
    owned = {"name": f"{NAME}-1", "namespace": LOGGING, "ownerReferences": [{"uid": uid}]}
    cluster.add({"kind": "CertificateRequest", "metadata": owned})
    cluster.objects[CERTIFICATE]["status"]["nextPrivateKeySecretName"] = "kibana-tls-x1"
    cluster.add({"kind": "Secret", "metadata": {"name": "kibana-tls-x1", "namespace": LOGGING}})
    deliver(cluster, None)
    bodies = {path.rpartition("/")[2]: body for method, path, body in cluster.written if method == "DELETE"}
    assert bodies == {NAME: {"propagationPolicy": "Orphan"}, f"{NAME}-1": None, "kibana-tls-x1": None}
    controller.owner_references = False
    cluster.objects[SECRET]["metadata"].pop("ownerReferences")
    deliver(cluster, KINDS[0])
    deliver(cluster, None)
    (body,) = [body for method, _path, body in cluster.written if method == "DELETE"]
    assert body == {"propagationPolicy": "Background"}


def test_another_issuer_and_other_names_are_asked_for_in_place(cluster: FakeCluster, controller: CertManager) -> None:
    cluster.add(issuer("corporate"))
    deliver(cluster, KINDS[0])
    seen = watched(cluster)
    deliver(cluster, {"kind": "ClusterIssuer", "name": "corporate"})
    deliver(cluster, {"kind": "ClusterIssuer", "name": "corporate"}, {**TLS, "hosts": ["logs.example.org"]})
    assert seen == [
        "letsencrypt 1 kibana.example.org",
        "corporate 2 kibana.example.org",
        "corporate 3 logs.example.org",
    ]


def test_a_renewal_disturbs_no_run(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    controller.renew(cluster, LOGGING, NAME)
    again = deliver(cluster, KINDS[0])
    assert (again["changed"], cluster.written) == (False, [])
    assert text(cluster) == "letsencrypt 2 kibana.example.org"


def test_a_plan_shows_certificates_that_come_and_go(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, None)
    coming = deliver(cluster, KINDS[0], dry_run=True)
    row = {"namespace": LOGGING, "name": NAME, "kind": "Certificate"}
    original = {"action": "delete", "kind": "Secret", "namespace": HOME, "name": NAME}
    assert coming["planned"] == [{**row, "action": "create"}, original]
    assert coming["diff"][0]["after_header"] == f"Certificate {LOGGING}/{NAME}"
    assert (coming["changed"], cluster.written) == (True, [])
    deliver(cluster, KINDS[0])
    going = deliver(cluster, None, dry_run=True)
    assert {**row, "action": "delete"} in going["planned"]
    assert (going["changed"], cluster.written) == (True, [])


def test_a_plan_for_an_empty_cluster_says_what_is_missing() -> None:
    with pytest.raises(CredentialError, match="the cluster has no cert-manager: roll it out and create an issuer"):
        deliver(FakeCluster(), KINDS[0], dry_run=True)


def test_without_cert_manager_the_own_ca_asks_nothing_of_it_twice() -> None:
    cluster = FakeCluster()
    deliver(cluster, None)
    assert [call.path for call in cluster.log if "cert-manager" in call.path] == ["/apis/cert-manager.io/v1"]
    deliver(cluster, None)
    assert [call.path for call in cluster.log if "cert-manager" in call.path] == []


# --- What is in the way -----------------------------------------------------------------------------------------------


ISSUERS = {
    "nothing": ([], "ClusterIssuer", "the cluster does not have: create it, or name another one (there is none)."),
    "another": ([issuer("corporate")], "ClusterIssuer", "or name another one (corporate)."),
    "of another namespace": (
        [issuer("letsencrypt", "ingress")],
        "Issuer",
        "which the namespace logging does not have: create it there, or name a ClusterIssuer.",
    ),
    "not ready": (
        [issuer("letsencrypt", "", {"type": "Ready", "status": "False", "reason": "ErrRegisterACMEAccount",
                                    "message": "Failed to register ACME account: 400 urn:ietf: bad\n contact."})],
        "ClusterIssuer",
        "which is not ready (ErrRegisterACMEAccount: Failed to register ACME account: 400 urn:ietf: bad contact): fix",
    ),
    "not looked at": (
        [issuer("letsencrypt", LOGGING, {})],
        "Issuer",
        "in the namespace logging, which is not ready (cert-manager has not looked at it, so see whether its",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ISSUERS)
def test_an_issuer_that_cannot_sign_is_refused_before_any_change(name: str) -> None:
    there, kind, expected = ISSUERS[name]
    cluster = with_cert_manager(*there)
    with pytest.raises(CredentialError) as raised:
        deliver(cluster, {"kind": kind, "name": "letsencrypt"})
    assert str(raised.value).startswith(f"platform_tls_issuer names the {kind} letsencrypt")
    assert expected in str(raised.value)
    assert cluster.written == []


def test_issuers_of_namespaces_are_all_told_of_together() -> None:
    other = {**TLS, "name": "grafana-tls", "secret": {"name": "grafana-tls", "namespace": "monitoring"}}
    with pytest.raises(CredentialError) as raised:
        deliver(with_cert_manager(), KINDS[1], TLS, other)
    assert [place for place in (LOGGING, "monitoring", "ingress") if place in str(raised.value)] == [
        LOGGING,
        "monitoring",
    ]


THEIRS: dict[str, tuple[dict[str, Any], str]] = {
    "Certificate": ({"kind": "Certificate", "spec": {}}, f"Certificate {LOGGING}/{NAME} was not made by Landfall"),
    "Secret": ({"kind": "Secret", "type": "kubernetes.io/tls"}, f"Secret {LOGGING}/{NAME} was not made by Landfall"),
    "type": ({"kind": "Secret", "type": "Opaque"}, "is of type Opaque where kubernetes.io/tls is needed"),
}


@pytest.mark.parametrize("name", THEIRS)
def test_what_somebody_else_made_is_not_taken_over(cluster: FakeCluster, controller: CertManager, name: str) -> None:
    found, expected = THEIRS[name]
    cluster.reconcile = lambda *_unused: None
    cluster.add({**found, "metadata": {"namespace": LOGGING, "name": NAME}})
    with pytest.raises(CredentialError, match=expected):
        deliver(cluster, KINDS[0])
    assert cluster.written == []


def test_a_certificate_of_somebody_else_stays_when_the_own_ca_delivers(
    cluster: FakeCluster, controller: CertManager
) -> None:
    cluster.reconcile = lambda *_unused: None
    cluster.add({"kind": "Certificate", "metadata": {"namespace": LOGGING, "name": NAME}})
    deliver(cluster, None)
    assert CERTIFICATE in cluster.objects


# --- Waiting ----------------------------------------------------------------------------------------------------------


def test_a_refusal_is_said_at_once_and_the_next_run_asks_again(cluster: FakeCluster, controller: CertManager) -> None:
    controller.refuses = "acme: order is invalid"
    with pytest.raises(CredentialError) as raised:
        deliver(cluster, KINDS[0])
    assert str(raised.value) == (
        "Certificate logging/kibana-tls was not issued: Failed: acme: order is invalid. Fix that, and run again, which "
        "repeats the request."
    )
    assert deliver_changed(cluster)
    controller.refuses = ""
    # By itself cert-manager would wait for an hour.
    deliver(cluster, KINDS[0])
    assert controller.issued == ["letsencrypt 1 kibana.example.org"]
    assert not deliver_changed(cluster)


def deliver_changed(cluster: FakeCluster) -> bool:
    """Say what a look finds, by which a run decides whether there is anything to do."""
    changed: bool = deliver(cluster, KINDS[0], dry_run=True)["changed"]
    return changed


def test_one_that_is_still_on_its_way_is_waited_for_again(cluster: FakeCluster, controller: CertManager) -> None:
    controller.waits = True
    with pytest.raises(CredentialError, match=r"is not ready after 0 s: .*the next run waits for it again"):
        deliver(cluster, KINDS[0], seconds=0)
    assert deliver_changed(cluster)
    uid = cluster.objects[CERTIFICATE]["metadata"]["uid"]
    looks = []

    def come(call: Any) -> None:
        looks.append(call.path)
        if call.method == "GET" and call.path.endswith(f"/certificates/{NAME}") and len(looks) > 12:
            controller.waits = False
            controller(cluster, cluster.objects[CERTIFICATE])

    cluster.after = come
    deliver(cluster, KINDS[0])
    assert [path for _method, path, _body in cluster.written if "/certificates/" in path] == []
    assert cluster.objects[CERTIFICATE]["metadata"]["uid"] == uid
    assert text(cluster) == "letsencrypt 1 kibana.example.org"


def test_the_original_is_kept_until_the_certificate_is_there(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, None)
    first = text(cluster)
    controller.refuses = "no"
    with pytest.raises(CredentialError):
        deliver(cluster, KINDS[0])
    assert ("Secret", HOME, NAME) in cluster.objects
    assert text(cluster) == first
    # Nobody has to fix the issuer in order to go back.
    deliver(cluster, None)
    assert CERTIFICATE not in cluster.objects
    assert not deliver(cluster, None)["changed"]


CHALLENGE = {"type": "DNS-01", "dnsName": "kibana.example.org"}
STATES: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "a challenge that waits": (
        {"Order": {"state": "pending"},
         "Challenge": {"state": "pending", "reason": "Waiting for DNS-01 challenge propagation: no TXT record."}},
        ("Challenge logging/kibana-tls-1-2 (DNS-01 for kibana.example.org) is pending (Waiting for DNS-01 challenge "
         "propagation: no TXT record)"),
    ),
    "a challenge that failed": (
        {"Order": {"state": "invalid"}, "Challenge": {"state": "invalid", "reason": "Error accepting: 403"}},
        "Challenge logging/kibana-tls-1-2 (DNS-01 for kibana.example.org) is invalid (Error accepting: 403)",
    ),
    "a challenge that says nothing": ({"Order": {}, "Challenge": {}}, "is pending (it says nothing yet)"),
    "an order": (
        {"Order": {"state": "errored", "reason": "429: too many certificates"}, "Challenge": {"state": "valid"}},
        "Order logging/kibana-tls-1-1 is errored (429: too many certificates)",
    ),
    "an order without a solver": (
        {"Order": {"state": "pending"}, "Event": {"reason": "Solver", "message": "no configured challenge solvers"}},
        "Order logging/kibana-tls-1-1 is pending (Solver: no configured challenge solvers)",
    ),
    "a denied request": (
        {"CertificateRequest": {"conditions": [
            {"type": "Denied", "status": "True", "reason": "Policy", "message": "not allowed"},
            {"type": "Ready", "status": "False", "reason": "Denied"}]}},
        "CertificateRequest logging/kibana-tls-1 is denied (Policy: not allowed)",
    ),
    "a request that is not signed": (
        {"CertificateRequest": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "Pending", "message": "Vault is sealed"}]}},
        "CertificateRequest logging/kibana-tls-1 is not ready (Pending: Vault is sealed)",
    ),
    "the certificate alone": ({}, "IncorrectIssuer"),
}  # fmt: skip
OWNED = {"CertificateRequest": "kibana-tls-1", "Order": "kibana-tls-1-1", "Challenge": "kibana-tls-1-2"}


@pytest.mark.parametrize("name", STATES)
def test_what_keeps_a_certificate_is_named(cluster: FakeCluster, controller: CertManager, name: str) -> None:
    states, expected = STATES[name]
    controller.waits = True
    cluster.add(secret_of_ours())

    def request(there: FakeCluster, found: dict[str, Any]) -> None:
        controller(there, found)
        if found["kind"] == "Certificate":
            owner = found["metadata"]["uid"]
            for kind, called in OWNED.items():
                if kind in states or (kind == "CertificateRequest" and states):
                    made = made_by(owner, kind, called)
                    there.add(made | {"spec": CHALLENGE, "status": states.get(kind, {})})
                    owner = made["metadata"]["uid"]
            if "Event" in states:
                event = {"kind": "Event", "metadata": {"namespace": LOGGING, "name": "e"}, **states["Event"]}
                there.add(event | {"type": "Warning", "involvedObject": {"uid": owner}})

    cluster.reconcile = request
    with pytest.raises(CredentialError) as raised:
        deliver(cluster, KINDS[0], seconds=0)
    assert expected in str(raised.value)
    assert str(raised.value).startswith("Certificate logging/kibana-tls is not ready after 0 s: ")


def secret_of_ours() -> dict[str, Any]:
    labels = {"landfall.eks/made-by": "landfall", "landfall.eks/credential": NAME}
    data = {key: base64.b64encode(b"of before").decode() for key in ("tls.crt", "tls.key")}
    metadata = {"namespace": LOGGING, "name": NAME, "labels": labels}
    return {"kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data}


def made_by(owner: str, kind: str, name: str) -> dict[str, Any]:
    metadata = {"namespace": LOGGING, "name": name, "uid": name, "ownerReferences": [{"uid": owner}]}
    return {"kind": kind, "metadata": metadata}


def test_the_newest_request_counts(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    found = cluster.objects[CERTIFICATE]
    for revision, said in (("9", "old"), ("10", "new")):
        made = made_by(found["metadata"]["uid"], "CertificateRequest", f"kibana-tls-{revision}")
        made["metadata"]["annotations"] = {"cert-manager.io/certificate-revision": revision}
        made["status"] = {"conditions": [{"type": "Ready", "status": "False", "reason": said}]}
        cluster.add(made)
    assert issuance.why(cluster, found) == "CertificateRequest logging/kibana-tls-10 is not ready (new)"


def test_a_certificate_that_nobody_looks_at(cluster: FakeCluster) -> None:
    with pytest.raises(CredentialError, match="cert-manager has not looked at it, so see whether its controller runs"):
        deliver(cluster, KINDS[0], seconds=0)


def test_a_condition_of_an_earlier_wish_is_no_answer() -> None:
    old = {"type": "Ready", "status": "True", "observedGeneration": 1}
    found = {"metadata": {"generation": 2}, "status": {"conditions": [old]}}
    assert not issuance.is_ready(found)
    assert issuance.is_ready({**found, "metadata": {"generation": 1}})


# --- Elsewhere --------------------------------------------------------------------------------------------------------


def request_of(*kinds: str) -> plan.UninstallRequest:
    return plan.UninstallRequest(frozenset(), HOME, kinds=kinds)


def test_ours_go_with_the_platform_whoever_brought_cert_manager(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    cluster.add({"kind": "Certificate", "metadata": {"namespace": "team-a", "name": "shop-tls"}})
    of_both = request_of("cert-manager.io/v1/Certificate", "v1/Service")
    rows = [(each.what, each.name, each.fate) for each in plan.plan_uninstall(cluster, of_both).rows]
    assert ("Certificate", f"{LOGGING}/{NAME}", "goes") in rows
    assert "shop-tls" not in str(rows)
    steps.custom_resources(cluster, of_both, dry_run=True)
    assert CERTIFICATE in cluster.objects
    steps.custom_resources(cluster, of_both, dry_run=False)
    assert CERTIFICATE not in cluster.objects
    assert SECRET in cluster.objects
    assert ("Certificate", "team-a", "shop-tls") in cluster.objects
    assert steps.custom_resources(FakeCluster(), of_both, dry_run=False).removed == []


def test_drift_knows_certificates_and_no_secret_of_theirs(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    applied, _notes = drift.rolled_out(cluster, ["cert-manager.io/v1/Certificate"])
    assert [each.wanted["metadata"]["name"] for each in applied] == [NAME]
    assert applied[0].wanted["spec"]["issuerRef"]["name"] == "letsencrypt"


def names_of(values: dict[str, Any]) -> Iterator[str]:
    return cert_manager.setting_problems({"platform_tls_source": "cert_manager", **values})


@pytest.mark.parametrize("name", ["letsencrypt", "letsencrypt-prod.v2", "a" * 253])
def test_names_that_an_issuer_can_have(name: str) -> None:
    assert list(names_of({"platform_tls_issuer": {"name": name}})) == []


@pytest.mark.parametrize("name", ["Letsencrypt", "lets_encrypt", "-a", "a.", "a..b", "a" * 254, "übel"])
def test_names_that_no_issuer_can_have(name: str) -> None:
    (problem,) = names_of({"platform_tls_issuer": {"name": name}})
    assert repr(name) in problem


def test_an_issuer_is_asked_for_only_where_it_signs() -> None:
    (problem,) = names_of({"platform_tls_issuer": {}})
    assert "write one that is there" in problem
    assert list(names_of({"platform_tls_issuer": {}, "platform_tls_source": "own_ca"})) == []
    assert list(names_of({})) == []


def test_a_run_that_was_killed_on_the_way_back_is_finished(cluster: FakeCluster, controller: CertManager) -> None:
    deliver(cluster, KINDS[0])
    cluster.refuse(500, "killed", method="PATCH", path=f"/secrets/{NAME}", times=99)
    with pytest.raises(Exception, match="killed"):
        deliver(cluster, None)
    assert CERTIFICATE not in cluster.objects
    assert text(cluster).startswith("letsencrypt")
    cluster._refusals.clear()
    assert deliver(cluster, None, dry_run=True)["changed"]
    deliver(cluster, None)
    assert text(cluster).startswith("-----BEGIN CERTIFICATE-----")
    assert not deliver(cluster, None)["changed"]
