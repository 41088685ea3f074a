"""From one source of certificates to another: Secrets change in place, and what was the original goes last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.landfall.eks.plugins.module_utils.credentials import (
    ca,
    certificates,
    choice,
    delivery,
    expiry,
    provided,
    rotation,
    store,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Run
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.sources import Issued, Source
from tests.fake_cluster import FakeCluster
from tests.unit.credentials.fake_store import NOW, encoded, text_of
from tests.unit.credentials.issuing import INTERMEDIATE, issue

HOME, CA = "landfall-system", "landfall-ca"
KIBANA, GRAFANA, ANY = ("Secret", "logging", "kibana-tls"), ("Secret", "logging", "grafana-tls"), "ingress-tls"
LATER = NOW + timedelta(days=1)


def wanted(name: str, *hosts: str, **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "certificate",
        "hosts": list(hosts),
        "secret": {"name": name, "namespace": "logging"},
        **other,
    }


WANTED = [
    wanted("kibana-tls", "kibana.example.org"),
    wanted("grafana-tls", "grafana.example.org"),
    wanted(ANY, "*.example.org", "example.org", fallback=True),
]


def entries(**changes: Any) -> list[dict[str, str]]:
    given = issue("kibana.example.org", "grafana.example.org", by=INTERMEDIATE, **changes)
    return [{"certificate": given.pem + INTERMEDIATE.pem, "key": given.key_pem()}]


def given(certificate: list[dict[str, str]] | None = None, now: datetime = NOW) -> Source:
    tls = {"source": "provided", "certificates": certificate or entries()}
    return choice.chosen(tls, lambda *_: None, now)


def deliver(
    cluster: FakeCluster,
    source: Source | None = None,
    items: Sequence[dict[str, Any]] = tuple(WANTED),
    *,
    now: datetime = NOW,
    dry_run: bool = False,
    permitted: tuple[str, ...] = ("example.org",),
) -> dict[str, Any]:
    run = Run(HOME, "test", now, source or Source(), permitted)
    return delivery.deliver(cluster, list(items), run, dry_run=dry_run)[0]


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster()
    found.now = lambda: NOW
    deliver(found)
    found.log.clear()
    return found


def deleted(cluster: FakeCluster) -> list[str]:
    return [path for method, path, _ in cluster.written if method == "DELETE"]


def leaf(cluster: FakeCluster, place: tuple[str, str, str]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text_of(cluster.objects[place])["tls.crt"].encode())


def test_secrets_change_in_place_and_the_originals_go_last(cluster: FakeCluster) -> None:
    before = {place: cluster.objects[place]["metadata"]["uid"] for place in (KIBANA, GRAFANA)}
    own = leaf(cluster, KIBANA)
    result = deliver(cluster, given())
    assert [(row["name"], row["action"]) for row in result["credentials"]] == [
        ("kibana-tls", "renewed"),
        ("grafana-tls", "renewed"),
        (ANY, "unchanged"),
    ]
    assert leaf(cluster, KIBANA) != own
    assert {place: cluster.objects[place]["metadata"]["uid"] for place in (KIBANA, GRAFANA)} == before
    originals = [f"/api/v1/namespaces/{HOME}/secrets/{name}" for name in ("kibana-tls", "grafana-tls")]
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/"
    assert [each for each in deleted(cluster) if not each.startswith(leases)] == originals
    written = [path for _, path, _ in cluster.written]
    assert max(
        written.index(f"/api/v1/namespaces/logging/secrets/{name}") for name in ("kibana-tls", "grafana-tls")
    ) < (min(written.index(path) for path in originals)), "what is served is there before its original goes"
    assert ("Secret", HOME, ANY) in cluster.objects, "what is left to the own authority keeps its original"


def test_a_second_run_changes_nothing_with_either(cluster: FakeCluster) -> None:
    for source in (given(), None, given()):
        assert deliver(cluster, source)["changed"]
        cluster.log.clear()
        assert not deliver(cluster, source)["changed"]
        assert not deliver(cluster, source, dry_run=True)["changed"]
        assert cluster.written == []


def test_on_the_way_back_nothing_that_is_served_is_deleted(cluster: FakeCluster) -> None:
    deliver(cluster, given())
    cluster.log.clear()
    deliver(cluster)
    assert [each for each in deleted(cluster) if "/secrets/" in each] == []
    authority = ca.Authority.read(text_of(cluster.objects["Secret", HOME, CA]))
    assert authority is not None
    leaf(cluster, KIBANA).verify_directly_issued_by(authority.current.certificate)
    assert text_of(cluster.objects[KIBANA])["ca.crt"] == authority.bundle


def test_a_plan_says_it_and_changes_nothing(cluster: FakeCluster) -> None:
    result = deliver(cluster, given(), dry_run=True)
    assert result["changed"]
    assert {(each["action"], each["namespace"], each["name"]) for each in result["planned"]} == {
        ("change", "logging", "kibana-tls"),
        ("change", "logging", "grafana-tls"),
        ("delete", HOME, "kibana-tls"),
        ("delete", HOME, "grafana-tls"),
    }
    assert cluster.written == []


def test_a_renewed_file_is_delivered_by_the_next_run(cluster: FakeCluster) -> None:
    old, new = entries(), entries(until=NOW + timedelta(days=200))
    deliver(cluster, given(old))
    before = leaf(cluster, KIBANA)
    result = deliver(cluster, given(new))
    assert [row["action"] for row in result["credentials"]] == ["renewed", "renewed", "unchanged"]
    assert leaf(cluster, KIBANA).not_valid_after_utc > before.not_valid_after_utc
    assert [each for each in deleted(cluster) if KIBANA[2] in each and "/logging/" in each] == []


def test_its_end_is_told_where_monitoring_looks(cluster: FakeCluster) -> None:
    deliver(cluster, given())
    leases = {name for kind, _, name in cluster.objects if kind == "Lease"}
    assert leases == {
        "expires-provided-kibana-tls",
        "expires-provided-grafana-tls",
        "expires-ingress-tls",
        "expires-landfall-ca",
    }
    (row,) = [each for each in rotation.rows(context(cluster)) if each["name"] == "kibana-tls"]
    assert (row["kind"], row["days_left"], row["rotatable"]) == ("provided", 90, False)


def context(cluster: FakeCluster, *permitted: str) -> RotationContext:
    return RotationContext(cluster, HOME, NOW, permitted=permitted)


def test_rotating_the_authority_leaves_it_alone(cluster: FakeCluster) -> None:
    deliver(cluster, given())
    before = text_of(cluster.objects[KIBANA])
    for _ in range(2):
        list(rotation.rotate(context(cluster), [CA], "test"))
    assert text_of(cluster.objects[KIBANA]) == before
    with pytest.raises(RotationError, match="It comes from elsewhere"):
        rotation.chosen(rotation.rows(context(cluster)), ["kibana-tls"], None)


def test_a_secret_of_somebody_else_is_not_written_over(cluster: FakeCluster) -> None:
    place = ("Secret", "logging", "kibana-tls")
    del cluster.objects[place]["metadata"]["labels"]
    with pytest.raises(CredentialError, match="was not made by Landfall"):
        deliver(cluster, given())


class Program(Source):
    """A source that has another program write the Secret."""

    def issue(self, item: Item, now: datetime) -> Issued | None:
        if item.fallback:
            return None
        metadata = {"name": item.name, "namespace": item.namespace}
        return Issued(objects=({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}},))


def test_a_source_may_have_another_program_write_the_secret(cluster: FakeCluster) -> None:
    before = text_of(cluster.objects[KIBANA])
    assert deliver(cluster, Program(), dry_run=True)["changed"]
    assert cluster.written == []
    assert deliver(cluster, Program())["changed"]
    assert ("ConfigMap", "logging", "kibana-tls") in cluster.objects
    assert text_of(cluster.objects[KIBANA]) == before, "it serves what it had until the program has written it"
    assert ("Secret", HOME, "kibana-tls") not in cluster.objects
    assert not deliver(cluster, Program())["changed"]


def unlimited() -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "earlier")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=3650))
    return KeyPair(builder.sign(key, hashes.SHA256()), key)


def keep(cluster: FakeCluster, authority: KeyPair) -> None:
    cluster.objects["Secret", HOME, CA]["data"] = encoded(authority.data)


SHOP = wanted("shop-tls", "shop.example.com")


def test_a_host_outside_of_the_limits_is_refused_before_any_change(cluster: FakeCluster) -> None:
    with pytest.raises(CredentialError, match=r"may not sign for shop\.example\.com, only for example\.org") as raised:
        deliver(cluster, items=[*WANTED, SHOP])
    assert "-e rotate=landfall-ca" in str(raised.value)
    assert cluster.written == []


def test_an_authority_without_limits_stays_until_somebody_replaces_it(cluster: FakeCluster) -> None:
    keep(cluster, unlimited())
    deliver(cluster, items=[*WANTED, SHOP])
    assert not deliver(cluster, items=[*WANTED, SHOP])["changed"]
    kept = ca.Authority.read(text_of(cluster.objects["Secret", HOME, CA]))
    assert kept is not None
    assert certificates.constraints_of(kept.current.certificate) is None
    for _ in range(2):
        list(rotation.rotate(context(cluster, "example.org"), [CA], "test"))
    kept = ca.Authority.read(text_of(cluster.objects["Secret", HOME, CA]))
    assert kept is not None
    assert certificates.permitted_domains(kept.current.certificate) == ["example.org", "shop.example.com"]
    assert not deliver(cluster, items=[*WANTED, SHOP])["changed"]


def test_a_rotation_permits_what_the_settings_add(cluster: FakeCluster) -> None:
    for _ in range(2):
        list(rotation.rotate(context(cluster, "example.org", "shop.example.com"), [CA], "test"))
    assert deliver(cluster, items=[*WANTED, SHOP])["changed"]


def test_a_next_one_that_is_too_narrow_is_made_again(cluster: FakeCluster) -> None:
    def following() -> KeyPair:
        kept = ca.Authority.read(text_of(cluster.objects["Secret", HOME, CA]))
        assert kept is not None
        assert kept.next is not None
        return kept.next

    list(rotation.rotate(context(cluster), [CA], "test"))
    narrow = following()
    (said,) = rotation.rotate(context(cluster, "shop.example.com"), [CA], "test")
    assert "signs nothing yet" in said, "whoever was given the first one needs this one"
    assert following() != narrow
    assert "all certificates are signed" in next(rotation.rotate(context(cluster, "shop.example.com"), [CA], "test"))


def test_one_that_ends_soon_is_replaced_with_limits(cluster: FakeCluster) -> None:
    late = NOW + timedelta(days=3640)
    keep(cluster, unlimited())
    cluster.now = lambda: late
    deliver(cluster, now=late)
    kept = ca.Authority.read(text_of(cluster.objects["Secret", HOME, CA]))
    assert kept is not None
    assert certificates.permitted_domains(kept.current.certificate) == ["example.org"]


def test_keys_that_are_written_as_texts_are_hidden_and_paths_are_not() -> None:
    (written,) = entries()
    both = {"certificate": "/etc/a.pem", "key": "/etc/a.key"}
    tls = {"source": "provided", "permitted": ["example.org"], "certificates": [written, both]}
    # As Ansible hides an option that is marked no_log.
    hidden = {"other", "provided", "example.org", *written.values(), *both.values()}
    choice.hide(hidden, tls)
    assert hidden == {"other", written["key"]}


def test_what_was_provided_is_judged_again_where_it_is_used() -> None:
    with pytest.raises(CredentialError, match="ended on"):
        given(entries(), now=NOW + timedelta(days=91))
    assert isinstance(given(), provided.Provided)


def test_what_cert_manager_renews_has_no_lease_that_would_stay_behind(cluster: FakeCluster) -> None:
    deliver(cluster, given())
    secret = cluster.objects[KIBANA]
    secret["metadata"]["annotations"] = {"cert-manager.io/certificate-name": "kibana-tls"}
    leases = expiry.wanted_leases(store.read(cluster), HOME, NOW)
    assert "expires-provided-kibana-tls" not in {each["metadata"]["name"] for each in leases}
    (row,) = [each for each in rotation.rows(context(cluster)) if each["name"] == "kibana-tls"]
    assert (row["kind"], row["rotatable"], row["means"]) == ("issued", False, "cert-manager renews it by itself.")
