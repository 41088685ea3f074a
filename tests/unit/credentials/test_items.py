from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    CredentialError,
    Item,
    fill,
    parse_items,
)

HOME = "landfall-system"


def entry(**changes: Any) -> dict[str, Any]:
    given = {
        "name": "grafana-admin",
        "kind": "password",
        "secret": {"name": "grafana", "namespace": "monitoring", "data": {"key": "{password}"}},
    }
    return given | changes


def secret(**changes: Any) -> dict[str, Any]:
    return {"name": "grafana", "namespace": "monitoring"} | changes


def test_reads_every_field() -> None:
    (item,) = parse_items([entry(length=40)], HOME)
    assert item == Item("grafana-admin", "password", "grafana", "monitoring", length=40, data={"key": "{password}"})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Grafana"}, "'Grafana' cannot name a credential"),
        ({"name": "landfall-ca"}, "not landfall-ca"),
        ({"secret": secret(namespace=HOME, data={"a": "{password}"})}, "may not be delivered into landfall-system"),
        ({"secret": secret()}, "has no secret.data"),
        ({"kind": "fixed", "secret": secret()}, "has no secret.data"),
        ({"secret": secret(data={"a": "{pasword}"})}, "uses {pasword} in secret.data: write one of {password}"),
        ({"length": 8}, "has length 8: write 12 to 72"),
        ({"length": 73}, "has length 73"),
        ({"kind": "certificate", "secret": secret()}, "has no hosts"),
        ({"kind": "certificate", "hosts": ["a.example.org"]}, "has secret.data: leave it out"),
        ({"kind": "found", "secret": secret(data={"password": "elastic"})}, "is found: write its login"),
        ({"kind": "found", "login": {"service": "a", "user": "b"}}, "in secret.data alone {password: <key>}"),
    ],
)
def test_refuses_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CredentialError) as caught:
        parse_items([entry(**changes)], HOME)
    assert sentence in str(caught.value)


def test_refuses_a_name_given_twice() -> None:
    with pytest.raises(CredentialError, match="names grafana-admin twice"):
        parse_items([entry(), entry()], HOME)


def test_text_of_kind_fixed_may_hold_any_braces() -> None:
    text = "{{ .CommonLabels }} {unknown}"
    (item,) = parse_items([entry(kind="fixed", secret=secret(data={"alertmanager.yaml": text}))], HOME)
    assert item.data == {"alertmanager.yaml": text}
    assert item.placeholders == set()


def test_fill_leaves_other_braces_alone() -> None:
    assert fill("{password}/{other}/{}", {"password": "x"}) == "x/{other}/{}"
