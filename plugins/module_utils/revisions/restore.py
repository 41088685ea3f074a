"""Rolling releases back to what a record says: what would be done, and what data it would cost."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import (
    Action,
    Decision,
    Live,
    Release,
    Wanted,
    decide,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.data_risks import risks
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Entry, Record
from ansible_collections.landfall.eks.plugins.module_utils.rollout import rollback
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import job_outcome
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import Run
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

POLL_SECONDS = 0.5
READY_SECONDS = 600
"""How long a release that no run of this kind has started may take to become ready."""
CHANGES = {Action.ROLL_BACK, Action.UNINSTALL}
"""What a rollback does to a release; every other action leaves it as it is."""


def planned(cluster: Cluster, target: Record, runs: list[Run]) -> dict[str, Decision]:
    """Return what leads each of `runs` back to a record, by `namespace/name`, in the order in which it is done."""
    then = records.by_key(target)
    decisions = {}
    for run in reversed(runs):
        key = release_key(run["namespace"], run["name"])
        live = rollback.live(cluster, run)
        decision = decide(live, wanted(then.get(key), adopted=bool(run.get("adopt"))))
        decisions[key] = _without_loss(cluster, live, decision)
    return decisions


def wanted(entry: Entry | None, *, adopted: bool = False) -> Wanted:
    """Return what a release was when a record was written: its entry, or None if the record lacks it."""
    if entry is None:
        return Wanted(None, adopt=adopted, back=True)
    what = f"chart {entry['chart']} {entry['version']}, its revision {entry['revision']}"
    made_of = records.identity(entry)
    return Wanted(made_of, adopted, back=True, owner=entry["owner"], component=entry["component"], what=what)


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
        "timeout": READY_SECONDS,
        "started": time.time(),
    }


def _without_loss(cluster: Cluster, live: Live, decision: Decision) -> Decision:
    """Return the decision, or that the release stays where it would cost data."""
    if decision.action not in CHANGES or live.newest is None:
        return decision
    then = [each for each in live.revisions if each["revision"] == decision.revision]
    lost = risks(_objects(cluster, live.newest), _objects(cluster, then[0]) if then else [])
    return replace(decision, action=Action.REFUSE, reason="; ".join(lost)) if lost else decision


def _objects(cluster: Cluster, release: Release) -> list[dict[str, Any]]:
    secret = cluster.get("v1", "Secret", release["secret"], release["namespace"])
    return storage.manifest_objects(storage.decode_release(secret)) if secret else []
