from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from tests.unit.credentials.fake_store import FakeStore


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def password() -> Callable[..., Item]:
    def make(**changes: Any) -> Item:
        given: dict[str, Any] = {
            "name": "grafana-admin",
            "kind": "password",
            "secret": "grafana",
            "namespace": "monitoring",
            "data": {"admin-user": "admin", "admin-password": "{password}"},
        }
        return Item(**given | changes)

    return make


@pytest.fixture
def certificate() -> Callable[..., Item]:
    def make(*hosts: str, **changes: Any) -> Item:
        given: dict[str, Any] = {
            "name": "kibana-tls",
            "kind": "certificate",
            "secret": "kibana-tls",
            "namespace": "logging",
            "hosts": hosts or ("kibana.example.org",),
        }
        return Item(**given | changes)

    return make
