"""Objects applied server-side: what is said beforehand is what happens, and what is as wanted is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import apply
from tests.unit.argocd.conftest import MemoryCluster

WANTED: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "flask-app", "namespace": "argocd"},
    "spec": {"project": "flask-app"},
}


class ApplyingCluster(MemoryCluster):
    """Merges what is applied over what is there; a dry run keeps nothing."""

    def request(self, method: str, path: str, *, body: Any = None, query: Any = None, **more: Any) -> dict[str, Any]:
        if method != "PATCH":
            return super().request(method, path, body=body, query=query, **more)
        there = self.objects.get(path, {"metadata": {}})
        merged = {**there, **body, "metadata": {**there["metadata"], **body["metadata"]}}
        if "dryRun" not in query:
            self.log.append((method, path, body))
            self.objects[path] = merged
        return merged


def test_it_is_made_once_and_then_left_alone() -> None:
    cluster = ApplyingCluster()
    made = apply.apply(cluster, WANTED, dry_run=False)
    assert made is not None
    assert (made.title, made.before) == ("Application argocd/flask-app", "")
    cluster.objects["/argocd/applications/flask-app"]["status"] = {"sync": {"status": "Synced"}}
    cluster.objects["/argocd/applications/flask-app"]["metadata"]["resourceVersion"] = "7"
    assert apply.apply(cluster, WANTED, dry_run=False) is None
    assert len(cluster.log) == 1


def test_a_dry_run_says_the_change_and_makes_none() -> None:
    cluster = ApplyingCluster()
    cluster.add("Application", "flask-app", "argocd", spec={"project": "default"}, status={"x": 1})
    change = apply.apply(cluster, WANTED, dry_run=True)
    assert change is not None
    assert ("project: default" in change.before, "project: flask-app" in change.after) == (True, True)
    assert "status" not in change.before + change.after
    assert cluster.log == []
    assert apply.apply(cluster, WANTED, dry_run=False) == change
    assert len(cluster.log) == 1


def test_a_kind_that_is_still_to_come_is_planned_and_one_that_is_missing_is_said() -> None:
    cluster = ApplyingCluster()
    unknown = {**WANTED, "kind": "AppProject"}
    planned = apply.apply(cluster, unknown, dry_run=True)
    assert planned is not None
    assert planned.title == "AppProject argocd/flask-app"
    with pytest.raises(apply.UnknownKindError, match="does not know the kind AppProject"):
        apply.apply(cluster, unknown, dry_run=False)
