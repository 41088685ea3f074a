"""What becomes of a release whose rollout failed: the last good revision again, or nothing if there never was one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils import helm_storage
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.digests import release_key
from ansible_collections.landfall.eks.plugins.module_utils.helm_command import HelmError, run_helm
from ansible_collections.landfall.eks.plugins.module_utils.settling import Outcome, Settler, delivered_by_argocd


@dataclass
class Way:
    """How a release is brought back: `verb` is rollback, uninstall or none; `revision` is where a rollback leads."""

    verb: str
    revision: int = 0


def way_back(cluster: Cluster, release: helm_storage.Release | None) -> Way:
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


def revisions(cluster: Cluster, release: helm_storage.Release) -> list[helm_storage.Release]:
    """Return every revision that Helm still keeps of a release, from its Secrets' metadata."""
    found = cluster.request(
        "GET",
        f"/api/v1/namespaces/{release['namespace']}/secrets",
        query={"labelSelector": f"owner=helm,name={release['name']}"},
        accept=helm_storage.METADATA_ONLY,
    )
    return [helm_storage.entry(each["metadata"]) for each in found.get("items") or []]


def go_back(cluster: Cluster, run: dict[str, Any], helm: str, access: dict[str, Any], seconds: float) -> str:
    """Bring one release back and return a clause that says what was done, or why it could not be."""
    if delivered_by_argocd(run):
        return "Argo CD goes on trying, and the next commit is taken up by itself"
    key = release_key(run["namespace"], run["name"])
    release = helm_storage.read_releases(cluster, run["namespace"]).get(key)
    way = way_back(cluster, release)
    try:
        if way.verb == "uninstall":
            arguments = [
                "uninstall",
                run["name"],
                f"--namespace={run['namespace']}",
                "--wait",
                f"--timeout={seconds:.0f}s",
            ]
            run_helm(helm, arguments, access, seconds + 30)
            return "its first revision was uninstalled"
        if way.verb == "rollback":
            run_helm(
                helm, ["rollback", run["name"], str(way.revision), f"--namespace={run['namespace']}"], access, seconds
            )
            return _after_rollback(cluster, run, way.revision, seconds)
    except HelmError as error:
        return f"going back failed ({error}): the next run takes it up"
    return "nothing had been changed"


def _after_rollback(cluster: Cluster, run: dict[str, Any], revision: int, seconds: float) -> str:
    """Carry the proven revision's identity over to its copy, once that is ready again."""
    key = release_key(run["namespace"], run["name"])
    now = helm_storage.read_releases(cluster, run["namespace"])[key]
    good = next(each for each in revisions(cluster, now) if each["revision"] == revision)
    again = {**run, "job": "", "identity": good["identity"], "source": good["source"], "started": time.time()}
    outcome = Settler(cluster, [{**again, "timeout": seconds, "ready": _rows_of_old(cluster, run)}]).settle(seconds + 1)
    return _said(outcome[key], revision)


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
