import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.logins import (
    NOT_MADE_YET,
    age,
    as_data,
    read_keyring,
    table,
)
from tests.fake_cluster import FakeCluster
from tests.unit.credentials.fake_store import FakeStore

NOW = datetime(2030, 1, 18, 13, 0, tzinfo=UTC)
ELASTIC = "elasticsearch-es-elastic-user"


def cluster_of(store: FakeStore, *services: dict[str, Any]) -> FakeCluster:
    return FakeCluster(*store.secrets.values(), *services)


@pytest.fixture
def items(password: Any, certificate: Any) -> list[Item]:
    return [
        password(login={"service": "Grafana", "url": "https://grafana.example.org", "user": "admin"}),
        password(name="cache", secret="cache", namespace="argocd"),
        password(name="argocd", secret="argocd", namespace="argocd", login={"service": "Argo CD", "user": "admin"}),
        certificate(),
        Item(
            "elastic",
            "found",
            ELASTIC,
            "logging",
            data={"password": "elastic"},
            login={"service": "Kibana", "url": "https://kibana.example.org", "user": "elastic"},
        ),
    ]


@pytest.fixture
def elastic(store: FakeStore) -> None:
    store.secrets["logging", ELASTIC] = {
        "kind": "Secret",
        "metadata": {"name": ELASTIC, "namespace": "logging", "creationTimestamp": "2030-01-18T10:00:00Z"},
        "data": {"elastic": base64.b64encode(b"by-the-operator").decode()},
    }


def test_logins_come_first_with_address_user_password_and_age(
    store: FakeStore, items: list[Item], elastic: None
) -> None:
    store.run(items)
    balancer = {
        "kind": "Service",
        "metadata": {"name": "argocd-nlb", "namespace": "argocd"},
        "status": {"loadBalancer": {"ingress": [{"hostname": "nlb.example.com"}]}},
    }
    keyring = read_keyring(
        cluster_of(store, balancer, {"kind": "Service", "metadata": {"name": "other", "namespace": "argocd"}}),
        "landfall-system",
    )
    rows = [line.split("  ") for line in table(keyring.logins, NOW)]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["Service", "Where", "User", "Password", "Age"],
        ["Argo CD", "https://nlb.example.com", "admin", store.text("argocd", "argocd")["admin-password"], "3 d"],
        [
            "Grafana",
            "https://grafana.example.org",
            "admin",
            store.text("monitoring", "grafana")["admin-password"],
            "3 d",
        ],
        ["Kibana", "https://kibana.example.org", "elastic", "by-the-operator", "3 h"],
        ["cache", "Secret argocd/cache", store.text("argocd", "cache")["admin-password"], "3 d"],
    ]
    assert keyring.ca_certificate == store.text("landfall-system", "landfall-ca")["tls.crt"]


def test_what_the_operator_has_not_made_yet_is_said(store: FakeStore, items: list[Item]) -> None:
    store.run(items)
    logins = read_keyring(cluster_of(store), "landfall-system").logins
    assert [each.password for each in logins if each.service == "Kibana"] == [""]
    assert sum(NOT_MADE_YET in line for line in table(logins, NOW)) == 1
    # Without a load balancer yet, at least where the password lies.
    assert [each.where for each in logins if each.service == "Argo CD"] == ["Secret argocd/argocd"]


def test_file_holds_all_logins_and_no_key(store: FakeStore, items: list[Item], elastic: None) -> None:
    store.run(items)
    data = as_data(read_keyring(cluster_of(store), "landfall-system").logins)
    assert len(data) == 4
    assert all(set(each) == {"service", "where", "user", "password", "created"} for each in data)
    assert "PRIVATE KEY" not in str(data)


def test_original_whose_delivery_is_gone_is_shown(store: FakeStore, password: Any) -> None:
    store.run([password()])
    del store.secrets["monitoring", "grafana"]
    (login,) = read_keyring(cluster_of(store), "landfall-system").logins
    assert (login.service, login.where) == ("grafana-admin", "")
    assert len(login.password) == 32


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2030-01-18T12:59:40Z", "0 min"),
        ("2030-01-18T12:01:00Z", "59 min"),
        ("2030-01-18T12:00:00Z", "1 h"),
        ("2030-01-17T12:00:00+00:00", "1 d"),
        ("2029-01-17T12:00:00Z", "366 d"),
        ("", ""),
    ],
)
def test_age(created: str, shown: str) -> None:
    assert age(created, NOW) == shown


def test_password_that_is_to_take_the_place_of_another_is_shown_beside_it(
    store: FakeStore, items: list[Item], elastic: None
) -> None:
    store.run(items)
    kept = store.secrets["landfall-system", "argocd"]["data"]
    kept |= {"next.password": base64.b64encode(b"the-next-one").decode(), "next.created": kept["created"]}
    keyring = read_keyring(cluster_of(store), "landfall-system")
    rows = {each.service: each.password for each in keyring.logins}
    assert rows["Argo CD (its rotation is unfinished)"] == "the-next-one"
    assert rows["Argo CD"] == store.text("argocd", "argocd")["admin-password"]
    assert not [name for name in rows if name.startswith("Grafana (")]


def test_both_authorities_are_exported_while_one_takes_the_place_of_another(
    store: FakeStore, items: list[Item], elastic: None
) -> None:
    first = store.run(items).ca_certificate
    other = FakeStore()
    other.run(items)
    next_one = other.secrets["landfall-system", "landfall-ca"]["data"]
    kept = store.secrets["landfall-system", "landfall-ca"]["data"]
    kept |= {f"next.{key}": value for key, value in next_one.items()}
    exported = read_keyring(cluster_of(store), "landfall-system").ca_certificate
    assert exported == first + other.text("landfall-system", "landfall-ca")["tls.crt"]
