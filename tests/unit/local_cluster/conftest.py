"""Settings of a cluster in a scratch folder; nothing here starts a control plane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import PORTS, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    Settings,
    settings_from,
)

STAGES = Path(__file__).resolve().parents[3] / "roles" / "local_cluster" / "files" / "stages"
BALANCERS = [
    {"namespace": "ingress", "service": "nginx-ingress-controller", "ingress_class": "nginx"},
    {"namespace": "argocd", "service": "argocd-nlb", "ingress_class": None},
]


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Make settings as the role does by default, apart from what is given."""

    def make(**changes: Any) -> Settings:
        params = {
            "name": "landfall",
            "directory": str(tmp_path / "cluster"),
            "kubeconfig": str(tmp_path / "kubeconfig"),
            "tools": str(tmp_path / "bin"),
            "stages": str(STAGES),
            "region": "eu-west-1",
            "nodes": 3,
            "load_balancers": BALANCERS,
        }
        return settings_from(params | changes)

    return make


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()


@pytest.fixture
def place(settings: Settings) -> Place:
    """The cluster's place, its processes on the ports 20000 and up."""
    return Place(settings, {name: 20000 + index for index, name in enumerate(PORTS)})
