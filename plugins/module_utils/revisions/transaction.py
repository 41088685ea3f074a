"""The transaction of a run: when a release fails, it rolls everything back to what was recorded last."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action, Decision
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records, restore
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Record
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries
from ansible_collections.landfall.eks.plugins.module_utils.rollout import rollback
from ansible_collections.landfall.eks.plugins.module_utils.rollout.rollback import Result
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import Run, delivered_by_argocd
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


def roll_back_run(
    store: Store, runs: list[Run], failed: list[str], helm: Helm, run_id: str = ""
) -> tuple[dict[str, str], list[str]] | None:
    """Roll all that this run changed back to the last proven record, in the reverse of the order of `runs`.

    Returns for each of `failed` (keys) a clause that says what was done with it, and a sentence for each other release
    that was rolled back or could not be; None if no rollout was recorded yet, so that there is nothing to return to.
    """
    before = records.newest_proven(store.read())
    if before is None:
        return None
    restore.wait_for_helm(runs, helm.seconds)
    known = {release_key(run["namespace"], run["name"]): run for run in runs}
    planned = {
        key: decision
        for key, decision in restore.planned(store.cluster, before, runs).items()
        if decision.action is not Action.NOTHING or key in failed
    }
    results = {key: _back(store.cluster, known[key], decision, helm) for key, decision in planned.items()}
    others = [
        f"{key}: changed by the same run; {result.text}."
        for key, result in results.items()
        if key not in failed and not _is_left_to_argocd(planned[key], known[key])
    ]
    proven = all(result.good for result in results.values())
    _record(store, before, planned, {"proven": proven, "run": run_id, "failed": failed})
    return {key: result.text for key, result in results.items() if key in failed}, others


def _back(cluster: Cluster, run: Run, decision: Decision, helm: Helm) -> Result:
    if _is_left_to_argocd(decision, run):
        return Result(rollback.ARGOCD_RETRIES, good=False)
    return rollback.carry_out(cluster, run, decision, helm)


def _is_left_to_argocd(decision: Decision, run: Run) -> bool:
    """Say whether Argo CD has to repair a release."""
    return decision.action is Action.LEAVE and delivered_by_argocd(run)


def _record(store: Store, before: Record, planned: dict[str, Decision], how: dict[str, object]) -> None:
    """Write down that a run failed and went back, unless nothing had been changed."""
    changed = [key for key, decision in planned.items() if decision.action in restore.CHANGES]
    if not changed:
        return
    names = ", ".join(str(key).partition("/")[2] for key in how["failed"])  # type: ignore[attr-defined]
    fields = {
        "releases": entries(store.cluster, [], before),
        "changed": changed,
        "proven": how["proven"],
        "note": f"rolled back to {before['number']}: {names} failed",
        "restores": before["number"],
    }
    store.add(fields, str(how["run"]))
