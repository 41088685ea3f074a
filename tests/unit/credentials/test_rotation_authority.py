"""Certificates anew, and an authority that is replaced while both are trusted, cut off at each call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from ansible_collections.landfall.eks.plugins.module_utils.credentials import expiry, rotation
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import (
    KeyPair,
    hosts_in_order,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import LiveSecrets, Plan, Run, make_plan
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import RotationContext
from ansible_collections.landfall.eks.plugins.module_utils.credentials.store import apply_secret, read
from tests.fake_cluster import FakeCluster
from tests.unit.credentials.fake_store import NOW, FakeStore, text_of
from tests.unit.credentials.platform import KilledError, cluster_of, cut_off

HOME, CA = "landfall-system", "landfall-ca"
LATER = NOW + timedelta(days=10)
KIBANA = Item("kibana-tls", "certificate", "kibana-tls", "logging", hosts=("kibana.example.org", "10.0.0.1"))
GRAFANA = Item("grafana-tls", "certificate", "grafana-tls", "monitoring", hosts=("grafana.example.org",))
ITEMS = [KIBANA, GRAFANA]


@pytest.fixture(scope="module")
def rolled() -> list[dict[str, Any]]:
    store = FakeStore()
    store.run(ITEMS)
    return list(store.secrets.values())


@pytest.fixture
def make(rolled: list[dict[str, Any]]) -> Callable[[], FakeCluster]:
    return lambda: cluster_of(rolled)


def rotate(api: FakeCluster, name: str) -> str:
    (said,) = rotation.rotate(RotationContext(api, HOME, LATER), [name], "test")
    return said


def text(api: FakeCluster, item: Item) -> dict[str, str]:
    return text_of(api.objects["Secret", item.namespace, item.secret])


def leaf(api: FakeCluster, item: Item) -> x509.Certificate:
    pair = KeyPair.read(text(api, item))
    assert pair, "key and certificate belong together"
    return pair.certificate


def trusted(api: FakeCluster, item: Item) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(text(api, item)["ca.crt"].encode())


def is_trusted(certificate: x509.Certificate, authorities: list[x509.Certificate]) -> bool:
    for each in authorities:
        try:
            certificate.verify_directly_issued_by(each)
        except Exception:  # noqa: BLE001, S112 # whatever is wrong, this one did not sign it
            continue
        return True
    return False


def site(api: FakeCluster) -> Plan:
    secrets = read(api)
    originals = {each["metadata"]["name"]: each for each in secrets if each["metadata"]["namespace"] == HOME}
    delivered = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in secrets}
    plan = make_plan(ITEMS, LiveSecrets(originals, delivered), Run(HOME, "test", LATER))
    for each in plan.writes:
        apply_secret(api, each)
    rotation.finish(RotationContext(api, HOME, LATER), read(api))
    return plan


def test_a_certificate_by_name_has_the_same_names_another_key_and_more_time(make: Callable[[], FakeCluster]) -> None:
    api = make()
    before, other = leaf(api, KIBANA), leaf(api, GRAFANA)
    rotate(api, "kibana-tls")
    after = leaf(api, KIBANA)
    assert after.public_key() != before.public_key()
    assert hosts_in_order(after) == hosts_in_order(before) == ("kibana.example.org", "10.0.0.1")
    assert after.not_valid_after_utc > before.not_valid_after_utc
    assert is_trusted(after, trusted(api, KIBANA))
    assert leaf(api, GRAFANA) == other
    assert site(api).writes == []


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_a_certificate_that_is_cut_off_is_delivered_by_the_next_run(
    make: Callable[[], FakeCluster], after: bool
) -> None:
    whole = make()
    rotate(whole, "kibana-tls")
    halves = 0
    for number in range(1, len(whole.log) + 1):
        api = make()
        cut_off(api, number, after=after)
        with pytest.raises(KilledError):
            rotate(api, "kibana-tls")
        assert is_trusted(leaf(api, KIBANA), trusted(api, KIBANA))
        halves += text_of(api.objects["Secret", HOME, "kibana-tls"])["tls.crt"] != text(api, KIBANA)["tls.crt"]
        site(api)
        assert text_of(api.objects["Secret", HOME, "kibana-tls"])["tls.crt"] == text(api, KIBANA)["tls.crt"]
        assert site(api).writes == []
    assert halves, "control: it was cut off between the two Secrets"


def test_authority_is_announced_then_everything_moves(make: Callable[[], FakeCluster]) -> None:
    api = make()
    before = {item.name: leaf(api, item) for item in ITEMS}
    (old,) = trusted(api, KIBANA)
    assert "signs nothing yet" in rotate(api, CA)
    assert {item.name: leaf(api, item) for item in ITEMS} == before
    assert [len(trusted(api, item)) for item in ITEMS] == [2, 2]
    assert site(api).writes == [], "site.yml leaves it so"
    # What is made meanwhile is still of the old one, which everybody trusts.
    rotate(api, "kibana-tls")
    assert is_trusted(leaf(api, KIBANA), [old])

    assert "all certificates are signed by the next certificate authority" in rotate(api, CA)
    for item in ITEMS:
        (new,) = trusted(api, item)
        assert new != old
        assert is_trusted(leaf(api, item), [new])
        assert not is_trusted(leaf(api, item), [old]), "control: the old one is no longer what signs"
    assert set(text_of(api.objects["Secret", HOME, CA])) == {"tls.crt", "tls.key"}
    assert site(api).writes == []


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("phase", ["announce", "move"])
@pytest.mark.parametrize("ended_by", ["rotate.yml", "site.yml"])
def test_authority_cut_off_at_each_call_is_always_trusted(
    make: Callable[[], FakeCluster], phase: str, ended_by: str, after: bool
) -> None:
    whole = begun(make(), phase)
    rotate(whole, CA)
    mixed = 0
    for number in range(1, len(whole.log) + 1):
        api = begun(make(), phase)
        (old, *_) = trusted(api, KIBANA)
        cut_off(api, number, after=after)
        with pytest.raises(KilledError):
            rotate(api, CA)
        assert all_trust_all(api), f"cut off at call {number}"
        mixed += len({is_trusted(leaf(api, item), [old]) for item in ITEMS}) == 2
        announced = [len(trusted(api, item)) for item in ITEMS] == [2, 2]
        if ended_by == "site.yml":
            site(api)
        else:
            rotate(api, CA)
        # Whoever runs it again because it was cut off has brought ca.crt to nobody: so nothing may move yet.
        if phase == "announce" and not announced:
            assert is_trusted(leaf(api, KIBANA), [old])
        assert all_trust_all(api)
        assert site(api).writes == []
    assert bool(mixed) is (phase == "move"), "control: it was cut off between two certificates"


def begun(api: FakeCluster, phase: str) -> FakeCluster:
    """Return a cluster in which a phase comes next."""
    if phase == "move":
        rotate(api, CA)
    api.log.clear()
    return api


def all_trust_all(api: FakeCluster) -> bool:
    """Tell whether each certificate is trusted by whoever reads any of the Secrets."""
    return all(is_trusted(leaf(api, item), trusted(api, reader)) for item in ITEMS for reader in ITEMS)


def test_a_lease_tells_monitoring_when_each_ends(make: Callable[[], FakeCluster]) -> None:
    api = make()
    secrets = read(api)

    def keep() -> bool:
        return expiry.keep(api, read(api), HOME, LATER)

    assert [each["metadata"]["name"] for each in expiry.wanted_leases(secrets, HOME, LATER)] == [
        "expires-landfall-ca",
        "expires-grafana-tls",
        "expires-kibana-tls",
    ]
    assert expiry.keep(api, secrets, HOME, LATER, dry_run=True)
    assert not [kind for kind, *_ in api.objects if kind == "Lease"]
    assert keep()
    assert not keep(), "a second run changes nothing"
    lease = api.objects["Lease", HOME, "expires-kibana-tls"]
    assert lease["spec"]["renewTime"] == leaf(api, KIBANA).not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert (lease["spec"]["holderIdentity"], lease["metadata"]["labels"]["landfall.eks/expires"]) == (
        "logging/kibana-tls",
        "certificate",
    )
    rotate(api, "kibana-tls")
    assert lease["spec"] != api.objects["Lease", HOME, "expires-kibana-tls"]["spec"]
    assert not keep()
    # Of one that nobody reads any more, nobody is called.
    del api.objects["Secret", "logging", "kibana-tls"]
    assert keep()
    assert ("Lease", HOME, "expires-kibana-tls") not in api.objects
