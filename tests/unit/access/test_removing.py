"""What is removed without kubernetes.core: objects, and releases."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.modules import helm_uninstall, objects
from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker
from tests.fake_cluster import FakeCluster

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
ABSENT = {"objects": [SERVICE], "state": "absent", "timeout": 1}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    made = FakeCluster({**SERVICE, "spec": {}})

    @contextmanager
    def reading(_: object) -> Iterator[FakeCluster]:
        yield made

    monkeypatch.setattr(objects, "reading", reading)
    return made


def services(cluster: FakeCluster) -> list[str]:
    return [each["metadata"]["name"] for each in cluster.list("v1", "Service", "shop")]


def remove(**more: Any) -> dict[str, Any]:
    return in_worker.run(objects.main, {**ABSENT, **more}, {})


def test_an_object_is_deleted_once(cluster: FakeCluster) -> None:
    told = remove()
    assert (told["changed"], told["applied"]) == (True, ["Service shop/web"])
    assert services(cluster) == []
    assert remove()["changed"] is False


def test_looking_deletes_nothing(cluster: FakeCluster) -> None:
    assert remove(_ansible_check_mode=True)["applied"] == ["Service shop/web"]
    assert services(cluster) == ["web"]


def test_what_keeps_an_object_is_named(cluster: FakeCluster) -> None:
    cluster.objects["Service", "shop", "web"]["metadata"]["finalizers"] = ["service.k8s.aws/resources"]
    told = remove()
    assert told["failed"]
    assert "Service shop/web is still there after 1 s, kept by service.k8s.aws/resources" in told["msg"]


HELM = """#!{python}
import json, os, sys
open({told!r}, "w").write(json.dumps([sys.argv[1:], dict(os.environ)]))
print("Error: hook failed", file=sys.stderr)
sys.exit({status})
"""


@pytest.mark.parametrize("status", [0, 1])
def test_a_release_is_uninstalled_where_the_run_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    helm, told = tmp_path / "helm", tmp_path / "told"
    helm.write_text(HELM.format(python=sys.executable, told=str(told), status=status))
    helm.chmod(0o755)
    monkeypatch.setenv("HELM_KUBECONTEXT", "theirs")
    monkeypatch.setenv("K8S_AUTH_HOST", "https://theirs.example.org")
    release = {"name": "web", "namespace": "shop", "timeout": 5}
    given = {**release, "kubeconfig": f"{tmp_path}/config", "context": "ours"}
    result = in_worker.run(helm_uninstall.main, given, {"PATH": str(tmp_path)})
    words, environment = json.loads(told.read_text())
    assert {"uninstall", "web", "--namespace=shop", "--wait", "--ignore-not-found", "--kube-context=ours"} <= {*words}
    assert environment["KUBECONFIG"] == f"{tmp_path}/config"
    assert not [name for name in environment if name.startswith("HELM_")]
    assert bool(result.get("failed")) is bool(status)
    if status:
        assert "Helm cannot uninstall shop/web: Error: hook failed" in result["msg"]


def test_looking_uninstalls_nothing(tmp_path: Path) -> None:
    (tmp_path / "helm").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "helm").chmod(0o755)
    given = {"name": "web", "namespace": "shop", "_ansible_check_mode": True}
    assert in_worker.run(helm_uninstall.main, given, {"PATH": str(tmp_path)})["changed"]
