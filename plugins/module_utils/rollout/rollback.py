"""What becomes of a release whose rollout failed: the last good revision again, or nothing if there never was one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import HelmError, run_helm
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import (
    Outcome,
    Settler,
    delivered_by_argocd,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


@dataclass
class Way:
    """How a release is brought back: `verb` is rollback, uninstall or none; `revision` is where a rollback leads."""

    verb: str
    revision: int = 0


def way_back(cluster: Cluster, release: storage.Release | None) -> Way:
    """Choose the way back: to the newest revision that was proven ready, else away with a release that never was.

    Only a revision with Landfall's note of identity was seen ready; what Helm calls deployed may never have been.
    """
    if release is None:
        return Way("none")
    proven = [each for each in revisions(cluster, release) if each["identity"] and each["status"] != "failed"]
    if not proven:
        return Way("uninstall")
    newest = max(proven, key=lambda each: int(each["revision"]))
    if newest["revision"] == release["revision"]:
        return Way("none")
    return Way("rollback", int(newest["revision"]))


def revisions(cluster: Cluster, release: storage.Release) -> list[storage.Release]:
    """Return every revision that Helm still keeps of a release, from its Secrets' metadata."""
    found = cluster.request(
        "GET",
        f"/api/v1/namespaces/{release['namespace']}/secrets",
        query={"labelSelector": f"owner=helm,name={release['name']}"},
        accept=storage.METADATA_ONLY,
    )
    return [storage.entry(each["metadata"]) for each in found.get("items") or []]


@dataclass
class Done:
    """What became of a way back: a clause that says so, and whether the release is there and ready."""

    text: str
    good: bool


def go_back(cluster: Cluster, run: dict[str, Any], helm: str, access: dict[str, Any], seconds: float) -> str:
    """Bring one release back and return a clause that says what was done, or why it could not be."""
    if delivered_by_argocd(run):
        return "Argo CD goes on trying, and the next commit is taken up by itself"
    key = release_key(run["namespace"], run["name"])
    release = storage.read_releases(cluster, run["namespace"]).get(key)
    way = way_back(cluster, release)
    if way.verb == "uninstall":
        return take_away(run, helm, access, seconds).text
    if way.verb == "rollback":
        return roll_back(cluster, run, way.revision, (helm, access, seconds)).text
    return "nothing had been changed"


def take_away(run: dict[str, Any], helm: str, access: dict[str, Any], seconds: float) -> Done:
    """Uninstall a release that was not there before."""
    words = ["uninstall", run["name"], f"--namespace={run['namespace']}", "--wait", f"--timeout={seconds:.0f}s"]
    try:
        run_helm(helm, words, access, seconds + 30)
    except HelmError as error:
        return Done(f"going back failed ({error}): the next run takes it up", good=False)
    return Done("its first revision was uninstalled", good=True)


def roll_back(cluster: Cluster, run: dict[str, Any], revision: int, how: tuple[str, dict[str, Any], float]) -> Done:
    """Bring a release to a revision that was seen ready, and wait until it is again; `how` is (helm, access, seconds).

    The proven revision's note of identity is carried over to its copy.
    """
    helm, access, seconds = how
    words = ["rollback", run["name"], str(revision), f"--namespace={run['namespace']}"]
    try:
        run_helm(helm, words, access, seconds)
    except HelmError as error:
        return Done(f"going back failed ({error}): the next run takes it up", good=False)
    key = release_key(run["namespace"], run["name"])
    now = storage.read_releases(cluster, run["namespace"])[key]
    good = next(each for each in revisions(cluster, now) if each["revision"] == revision)
    again = {**run, "job": "", "identity": good["identity"], "source": good["source"], "started": time.time()}
    outcome = Settler(cluster, [{**again, "timeout": seconds, "ready": _rows_of_old(cluster, run)}]).settle(seconds + 1)
    return Done(_said(outcome[key], revision), outcome[key].phase == "ready")


def _rows_of_old(cluster: Cluster, run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the `ready` rows whose object is there: the others are about what only the failed revision brought."""
    return [
        row
        for row in run["ready"]
        if cluster.get(row["api_version"], row["kind"], row["name"], row.get("namespace")) is not None
    ]


def _said(outcome: Outcome, revision: int) -> str:
    if outcome.phase == "ready":
        return f"it is back at revision {revision}, and ready"
    return f"it is back at revision {revision}, which is not ready either: {outcome.message}"
