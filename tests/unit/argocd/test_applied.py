"""Objects applied server-side: what is said beforehand is what happens, and what is as wanted is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import apply
from tests.fake_cluster import FakeCluster
from tests.unit.argocd.conftest import add

WANTED: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "flask-app", "namespace": "argocd"},
    "spec": {"project": "flask-app"},
}


def test_it_is_made_once_and_then_left_alone() -> None:
    cluster = FakeCluster()
    made = apply.apply(cluster, WANTED, dry_run=False)
    assert made is not None
    assert (made.title, made.before) == ("Application argocd/flask-app", "")
    cluster.objects["Application", "argocd", "flask-app"]["status"] = {"sync": {"status": "Synced"}}
    cluster.objects["Application", "argocd", "flask-app"]["metadata"]["resourceVersion"] = "7"
    assert apply.apply(cluster, WANTED, dry_run=False) is None
    assert len(cluster.written) == 1


def test_a_dry_run_says_the_change_and_makes_none() -> None:
    cluster = FakeCluster()
    add(cluster, "Application", "flask-app", "argocd", spec={"project": "default"}, status={"x": 1})
    change = apply.apply(cluster, WANTED, dry_run=True)
    assert change is not None
    assert ("project: default" in change.before, "project: flask-app" in change.after) == (True, True)
    assert "status" not in change.before + change.after
    assert cluster.written == []
    assert apply.apply(cluster, WANTED, dry_run=False) == change
    assert len(cluster.written) == 1


def test_a_kind_that_is_still_to_come_is_planned_and_one_that_is_missing_is_said() -> None:
    cluster = FakeCluster()
    unknown = {**WANTED, "kind": "AppProject"}
    planned = apply.apply(cluster, unknown, dry_run=True)
    assert planned is not None
    assert planned.title == "AppProject argocd/flask-app"
    with pytest.raises(apply.UnknownKindError, match="does not know the kind AppProject"):
        apply.apply(cluster, unknown, dry_run=False)
