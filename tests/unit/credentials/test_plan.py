import copy
import json
from collections.abc import Callable
from datetime import timedelta

import bcrypt
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.passwords import ALPHABET
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import describe
from tests.unit.credentials.fake_store import NOW, FakeStore, shown_of

Make = Callable[..., Item]


def places(store: FakeStore) -> set[tuple[str, str]]:
    return set(store.secrets)


def test_password_has_the_length_and_the_alphabet(store: FakeStore, password: Make) -> None:
    store.run([password(length=48)])
    made = store.text("monitoring", "grafana")
    assert made["admin-user"] == "admin"
    assert len(made["admin-password"]) == 48
    assert set(made["admin-password"]) <= set(ALPHABET)


def test_two_passwords_differ(store: FakeStore, password: Make) -> None:
    store.run([password(), password(name="other", secret="other")])
    texts = [store.text("monitoring", name)["admin-password"] for name in ("grafana", "other")]
    assert texts[0] != texts[1]


def test_original_is_labelled_and_kept_apart(store: FakeStore, password: Make) -> None:
    store.run([password()])
    original = store.secrets["landfall-system", "grafana-admin"]
    assert original["metadata"]["labels"] == {
        "landfall.eks/credential": "grafana-admin",
        "landfall.eks/made-by": "landfall",
    }
    assert store.text("landfall-system", "grafana-admin") == {
        "password": store.text("monitoring", "grafana")["admin-password"],
        "created": "2030-01-15T12:00:00Z",
    }


def test_argo_cd_shape_is_stable_though_hashes_are_salted(store: FakeStore, password: Make) -> None:
    item = password(
        data={"admin.password": "{password_bcrypt}", "admin.passwordMtime": "{created}", "server.secretkey": "{token}"},
        labels={"app.kubernetes.io/part-of": "argocd"},
    )
    store.run([item])
    made = store.text("monitoring", "grafana")
    original = store.text("landfall-system", "grafana-admin")
    assert bcrypt.checkpw(original["password"].encode(), made["admin.password"].encode())
    assert made["admin.passwordMtime"] == "2030-01-15T12:00:00Z"
    assert len(made["server.secretkey"]) >= 43
    assert made["server.secretkey"] != original["password"]
    assert store.secrets["monitoring", "grafana"]["metadata"]["labels"]["app.kubernetes.io/part-of"] == "argocd"
    assert store.run([item], NOW + timedelta(days=90)).writes == []


def test_a_form_asked_for_later_is_added_to_the_same_password(store: FakeStore, password: Make) -> None:
    store.run([password()])
    before = store.text("landfall-system", "grafana-admin")
    store.run([password(data={"hash": "{password_bcrypt}"})])
    after = store.text("landfall-system", "grafana-admin")
    assert after.items() > before.items()


def test_certificate_secret_has_the_three_keys(store: FakeStore, certificate: Make) -> None:
    plan = store.run([certificate()])
    secret = store.secrets["logging", "kibana-tls"]
    assert secret["type"] == "kubernetes.io/tls"
    made = store.text("logging", "kibana-tls")
    assert set(made) == {"tls.crt", "tls.key", "ca.crt"}
    assert made["ca.crt"] == plan.ca_certificate
    assert "BEGIN CERTIFICATE" in plan.ca_certificate
    assert plan.rows[0]["expires"] == "2031-01-15"


def test_authority_is_made_only_for_certificates_and_once(store: FakeStore, password: Make, certificate: Make) -> None:
    assert store.run([password()]).ca_certificate == ""
    assert ("landfall-system", "landfall-ca") not in places(store)
    first = store.run([certificate()]).ca_certificate
    assert store.run([certificate("grafana.example.org", name="g", secret="g")]).ca_certificate == first


def test_second_run_writes_nothing(store: FakeStore, password: Make, certificate: Make) -> None:
    items = [password(), certificate(), Item("text", "fixed", "text", "logging", data={"a": "{{ b }}"})]
    assert {row["action"] for row in store.run(items).rows} == {"created", "delivered"}
    kept = copy.deepcopy(store.secrets)
    plan = store.run(items, NOW + timedelta(days=1))
    assert plan.writes == []
    assert {row["action"] for row in plan.rows} == {"unchanged"}
    assert store.secrets == kept


def test_certificate_is_renewed_under_a_third_of_its_life(store: FakeStore, certificate: Make) -> None:
    store.run([certificate()])
    authority = store.text("landfall-system", "landfall-ca")
    assert store.run([certificate()], NOW + timedelta(days=243)).writes == []
    (row,) = store.run([certificate()], NOW + timedelta(days=244)).rows
    assert (row["action"], row["reason"]) == ("renewed", "it ends on 2031-01-15")
    assert row["expires"] == "2031-09-16"
    assert store.text("landfall-system", "landfall-ca") == authority


def test_certificate_follows_its_hosts_and_its_authority(store: FakeStore, certificate: Make) -> None:
    store.run([certificate()])
    (row,) = store.run([certificate("kibana.example.org", "nlb.example.org")]).rows
    assert row["reason"] == "its host names changed"
    del store.secrets["landfall-system", "landfall-ca"]
    (row,) = store.run([certificate("kibana.example.org", "nlb.example.org")]).rows
    assert row["reason"] == "another CA had signed it"


def test_deleted_secret_is_delivered_again_unchanged(store: FakeStore, password: Make) -> None:
    store.run([password()])
    before = store.secrets.pop(("monitoring", "grafana"))
    (row,) = store.run([password()]).rows
    assert row["action"] == "delivered"
    assert store.secrets["monitoring", "grafana"] == before


def test_keys_of_others_in_the_same_secret_stay(store: FakeStore, password: Make) -> None:
    store.run([password()])
    store.secrets["monitoring", "grafana"]["data"]["tls.key"] = "b3RoZXJz"
    assert store.run([password()]).writes == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data": {"admin-password": "b3RoZXI="}}, "was not made by Landfall and holds another admin-password"),
        ({"type": "kubernetes.io/tls"}, "is of type kubernetes.io/tls where Opaque is needed"),
    ],
)
def test_secret_of_somebody_else_is_refused(
    store: FakeStore, password: Make, changes: dict[str, object], sentence: str
) -> None:
    foreign = {"metadata": {"name": "grafana", "namespace": "monitoring"}, "type": "Opaque", "data": {}}
    store.secrets["monitoring", "grafana"] = foreign | changes
    with pytest.raises(CredentialError) as caught:
        store.run([password()])
    assert sentence in str(caught.value)


def test_rows_and_descriptions_hold_no_value(store: FakeStore, password: Make, certificate: Make) -> None:
    plan = store.run([password(), certificate()])
    secret_values = {store.text("landfall-system", "grafana-admin")["password"]}
    secret_values |= {store.text(*place)["tls.key"] for place in places(store) if "tls" in place[1]}
    shown = str(plan.rows) + plan.ca_certificate + "".join(describe(each) for each in plan.writes)
    assert len(secret_values) == 2
    assert shown_of(secret_values, shown) == []


def test_a_key_is_seen_in_what_python_and_json_quote() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n"
    for said in (str([{"key": key}]), json.dumps(key), key):
        assert shown_of([key], said) == [key]
    assert shown_of([key], "-----BEGIN PRIVATE KEY-----") == []


def test_login_is_noted_on_the_original_and_followed(store: FakeStore, password: Make) -> None:
    store.run([password()])
    kept = store.text("landfall-system", "grafana-admin")
    item = password(login={"service": "Grafana", "user": "admin"})
    (write,) = store.run([item]).writes
    said = {"landfall.eks/service": "Grafana", "landfall.eks/user": "admin"}
    assert write["metadata"]["annotations"].items() > said.items()
    assert "landfall.eks/service: Grafana" in describe(write)
    assert store.text("landfall-system", "grafana-admin") == kept
    assert store.run([item]).writes == []
    assert len(store.run([password()]).writes) == 1


def test_found_password_is_noted_and_its_secret_left_alone(store: FakeStore) -> None:
    item = Item("elastic", "found", "es-user", "logging", data={"password": "elastic"}, login={"service": "Kibana"})
    plan = store.run([item])
    assert places(store) == {("landfall-system", "elastic")}
    original = store.secrets["landfall-system", "elastic"]
    assert original["data"] == {}
    assert original["metadata"]["annotations"]["landfall.eks/found-in"] == "logging/es-user/elastic"
    assert plan.rows == [{"name": "elastic", "kind": "found", "secret": "logging/es-user", "action": "noted"}]
    assert store.run([item]).rows[0]["action"] == "unchanged"
