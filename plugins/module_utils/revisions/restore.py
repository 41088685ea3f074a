"""Bringing releases back to what a record says: what would be done, what data it would cost, and the doing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.data_risks import risks
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Entry, Record
from ansible_collections.landfall.eks.plugins.module_utils.revisions.steps import Standing, Step, way
from ansible_collections.landfall.eks.plugins.module_utils.rollout import rollback
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import (
    Run,
    delivered_by_argocd,
    job_outcome,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

POLL_SECONDS = 0.5
HIDDEN_TIMEOUT = 600


@dataclass(frozen=True)
class Means:
    """With what releases are brought back: helm's path, {kubeconfig, context}, seconds for each, and the run's id."""

    helm: str
    access: dict[str, Any]
    seconds: float
    run_id: str = ""


def planned(cluster: Cluster, target: Record, runs: list[Run]) -> list[Step]:
    """Return the steps, in the order in which they are to be done, that lead `runs` back to a record."""
    wanted = records.by_key(target)
    steps = []
    for run in reversed(runs):
        key = release_key(run["namespace"], run["name"])
        standing = _standing(cluster, run)
        steps.append(_careful(cluster, standing, way(standing, wanted.get(key))))
    return steps


def runs_of(present: list[Entry], target: Record) -> list[Run]:
    """Return runs for what is live and for what a record has, in the order in which they would be started."""
    there = {records.key_of(each): each for each in present}
    gone = [each for key, each in records.by_key(target).items() if key not in there]
    return [_run(each) for each in [*present, *gone]]


def wait_for_helm(runs: Iterable[Run], seconds: float) -> None:
    """Wait until no background job of this run is at work any more: Helm does one thing at a time with a release."""
    deadline = time.monotonic() + seconds
    waiting = list(runs)
    while waiting and time.monotonic() < deadline:
        waiting = [run for run in waiting if job_outcome(run["job"]).phase == "running"]
        if waiting:
            time.sleep(POLL_SECONDS)


def do(cluster: Cluster, step: Step, run: Run, means: Means) -> rollback.Done:
    """Do one step and say, as a clause, what came of it."""
    if step.verb == "rollback":
        return rollback.roll_back(cluster, run, step.revision, (means.helm, means.access, means.seconds))
    if step.verb == "uninstall":
        return rollback.take_away(run, means.helm, means.access, means.seconds)
    if step.verb == "none":
        return rollback.Done("nothing had been changed", good=True)
    return rollback.Done(f"it stays as it is: {step.why}", good=False)


def _run(entry: Entry) -> Run:
    return {
        "name": entry["release"],
        "namespace": entry["namespace"],
        "component": entry["component"],
        "delivery": entry["owner"],
        "adopt": entry.get("adopted", False),
        "job": "",
        "identity": "",
        "source": "",
        "ready": [],
        "timeout": HIDDEN_TIMEOUT,
        "started": time.time(),
    }


def _standing(cluster: Cluster, run: Run) -> Standing:
    key = release_key(run["namespace"], run["name"])
    live = storage.read_releases(cluster, run["namespace"]).get(key)
    history = tuple(rollback.revisions(cluster, live)) if live else ()
    owner = "argocd" if delivered_by_argocd(run) else "helm"
    return Standing(key, live, history, owner, adopted=bool(run.get("adopt")))


def _careful(cluster: Cluster, standing: Standing, step: Step) -> Step:
    """Return the step, or that the release stays where the step would cost data."""
    if step.verb not in {"rollback", "uninstall"} or standing.live is None:
        return step
    now = _objects(cluster, standing.live)
    then = [each for each in standing.history if each["revision"] == step.revision]
    lost = risks(now, _objects(cluster, then[0]) if then else [])
    return replace(step, verb="refused", why="; ".join(lost)) if lost else step


def _objects(cluster: Cluster, release: storage.Release) -> list[dict[str, Any]]:
    secret = cluster.get("v1", "Secret", release["secret"], release["namespace"])
    return storage.manifest_objects(storage.decode_release(secret)) if secret else []
