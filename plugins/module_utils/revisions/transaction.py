"""The transaction of a run: when one of its releases fails, all that it changed goes back to what was recorded last."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records, restore
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Record
from ansible_collections.landfall.eks.plugins.module_utils.revisions.restore import Means
from ansible_collections.landfall.eks.plugins.module_utils.revisions.steps import Step
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import Run, delivered_by_argocd
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

TRIES_ON = "Argo CD goes on trying, and the next commit is taken up by itself"


def undo(
    cluster: Cluster, store: Store, runs: list[Run], failed: list[str], means: Means
) -> tuple[dict[str, str], list[str]] | None:
    """Take all that this run changed back to the last proven record, in the reverse of the order of `runs`.

    Returns for each of `failed` (keys) a clause that says what became of it, and a sentence for each other release that
    went back or could not; None if no rollout was recorded yet, so that there is nothing to go back to.
    """
    before = records.newest_proven(store.read())
    if before is None:
        return None
    restore.wait_for_helm(runs, means.seconds)
    done: dict[str, str] = {}
    others: list[str] = []
    good = True
    known = {release_key(run["namespace"], run["name"]): run for run in runs}
    steps = [step for step in restore.planned(cluster, before, runs) if step.verb != "none" or step.key in failed]
    for step in steps:
        said, ready = _undone(cluster, step, known[step.key], means)
        good = good and ready
        if step.key in failed:
            done[step.key] = said
        elif not _is_left_to_argocd(step, known[step.key]):
            others.append(f"{step.key}: changed by the same run; {said}.")
    _record(cluster, store, before, steps, {"proven": good, "run": means.run_id, "failed": failed})
    return done, others


def _undone(cluster: Cluster, step: Step, run: Run, means: Means) -> tuple[str, bool]:
    if step.verb == "stays" and delivered_by_argocd(run):
        return TRIES_ON, False
    back = restore.do(cluster, step, run, means)
    return back.text, back.good


def _is_left_to_argocd(step: Step, run: Run) -> bool:
    """Say whether a release did not fail and is not ours to take back."""
    return step.verb == "stays" and delivered_by_argocd(run)


def _record(cluster: Cluster, store: Store, before: Record, steps: list[Step], how: dict[str, object]) -> None:
    """Write down that a run failed and went back, unless nothing had been changed."""
    changed = [step.key for step in steps if step.verb in {"rollback", "uninstall"}]
    if not changed:
        return
    names = ", ".join(str(key).partition("/")[2] for key in how["failed"])  # type: ignore[attr-defined]
    fields = {
        "releases": entries(cluster, [], before),
        "changed": changed,
        "proven": how["proven"],
        "note": f"went back to {before['number']}: {names} failed",
        "restores": before["number"],
    }
    store.add(fields, str(how["run"]))
