"""What preflight says of a cluster that the environment names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.modules.cluster_facts import read_cluster
from tests.unit.access.wire import Seen, api_server

ASKED = {
    "oldest_version": "1.33",
    "newest_version": "1.36",
    "cluster_role": {},
    "storage_class": "",
    "releases": [],
    "network_policies": True,
}


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [name for name in os.environ if name.startswith(("K8S_AUTH_", "KUBE"))]:
        monkeypatch.delenv(name)
    with api_server(tmp_path) as served:
        yield served


def ask(kubeconfig: Any = "") -> Any:
    return read_cluster(
        {
            **ASKED,
            "kubeconfig": kubeconfig,
            "context": "",
            "check_capacity": False,
            "installing": True,
            "identify": True,
        }
    )


def test_it_says_how_the_cluster_was_found(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HOST", f"https://127.0.0.1:{seen.port}"), ("API_KEY", "t"), ("VERIFY_SSL", "no")):
        monkeypatch.setenv(f"K8S_AUTH_{name}", value)
    facts = ask()
    assert facts.lines == {"access": "by K8S_AUTH_HOST"}
    assert facts.problems[0].startswith(f"The cluster at https://127.0.0.1:{seen.port} answers with")


@pytest.mark.parametrize("variable", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG", ""])
def test_a_cluster_that_is_silent_is_told_by_what_named_it(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    at = {"server": "http://127.0.0.1:9"}
    content = {
        "clusters": [{"name": "a", "cluster": at}],
        "contexts": [{"name": "a", "context": {"cluster": "a"}}],
        "current-context": "a",
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(content))
    if variable:
        monkeypatch.setenv(variable, str(path))
    facts = ask("" if variable else str(path))
    assert f"check the address in {variable or 'platform_kubeconfig'}" in facts.problems[0]
    assert facts.lines == ({"access": f"by {variable} ({path})"} if variable else {})
