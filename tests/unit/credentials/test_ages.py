import base64
from collections.abc import Callable
from datetime import timedelta

from ansible_collections.landfall.eks.plugins.module_utils.credentials.ages import ages, found_places
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from tests.unit.credentials.fake_store import NOW, FakeStore, shown_of

Make = Callable[..., Item]
HOME = "landfall-system"
ELASTIC = Item(
    "elastic", "found", "es-user", "logging", data={"password": "elastic"}, login={"service": "Kibana", "user": "e"}
)
PAGER = Item("pager", "fixed", "pager", "monitoring", data={"password": "given"})


def test_each_kind_has_its_age_and_its_end(store: FakeStore, password: Make, certificate: Make) -> None:
    store.run([password(), certificate(), ELASTIC, PAGER])
    secrets = list(store.secrets.values())
    assert found_places(secrets, HOME) == {("logging", "es-user")}
    there = {"metadata": {"creationTimestamp": "2030-01-20T12:00:00Z"}}
    found = ages(secrets, HOME, NOW + timedelta(days=10), {("logging", "es-user"): there})
    assert [tuple(each.values()) for each in found] == [
        (
            "landfall-ca",
            "authority",
            "2030-01-15T12:00:00Z",
            "2035-01-14T12:00:00Z",
            1815,
            "landfall-system/landfall-ca",
        ),
        ("kibana-tls", "certificate", "2030-01-15T12:00:00Z", "2031-01-15T12:00:00Z", 355, "logging/kibana-tls"),
        ("pager", "fixed", "2030-01-15T12:00:00Z", "", None, "monitoring/pager"),
        ("elastic", "found", "2030-01-20T12:00:00Z", "", None, "logging/es-user"),
        ("grafana-admin", "password", "2030-01-15T12:00:00Z", "", None, "monitoring/grafana"),
    ]
    assert list(found[0]) == ["name", "kind", "made", "expires", "days_left", "secret"]


def test_one_that_has_ended_has_less_than_no_days_left(store: FakeStore, certificate: Make) -> None:
    store.run([certificate()])
    rows = ages(store.secrets.values(), HOME, NOW + timedelta(days=366))
    assert {row["name"]: row["days_left"] for row in rows}["kibana-tls"] == -1


def test_one_from_before_is_as_old_as_its_secret(store: FakeStore, password: Make) -> None:
    store.run([password()])
    original = store.secrets[HOME, "grafana-admin"]
    del original["metadata"]["annotations"], original["data"]["created"]
    original["metadata"]["creationTimestamp"] = "2029-05-01T00:00:00Z"
    (row,) = ages(store.secrets.values(), HOME, NOW)
    assert row["made"] == "2029-05-01T00:00:00Z"


def test_what_is_not_there_yet_has_no_age(store: FakeStore) -> None:
    store.run([ELASTIC])
    (row,) = ages(store.secrets.values(), HOME, NOW, {})
    assert (row["made"], row["kind"]) == ("", "found")


def test_rows_hold_nothing_secret(store: FakeStore, password: Make, certificate: Make) -> None:
    store.run([password(), certificate(), PAGER])
    said = str(ages(store.secrets.values(), HOME, NOW))
    values = [
        base64.b64decode(value).decode()
        for secret in store.secrets.values()
        for key, value in secret["data"].items()
        if key not in {"created", "admin-user"}
    ]
    assert len(values) >= 8
    assert shown_of(values, said) == []
