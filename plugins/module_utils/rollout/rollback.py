"""What follows a failed rollout: the last revision that was seen ready again, or no release if there never was one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm, HelmError
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action, Decision, Live, Wanted, decide
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import Outcome
from ansible_collections.landfall.eks.plugins.module_utils.rollout.passing import back_off, may_pass
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import (
    ReleaseWaiter,
    Run,
    delivered_by_argocd,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

ARGOCD_RETRIES = "Argo CD goes on trying, and the next commit is taken up by itself"


@dataclass
class Result:
    """What was done with a release: a clause that says so, and whether the release is there and ready."""

    text: str
    good: bool


def live(cluster: Cluster, run: Run) -> Live:
    """Read all revisions of a release, and tell who owns it."""
    revisions = storage.read_revisions(cluster, run["namespace"], run["name"])
    return Live(revisions, "argocd" if delivered_by_argocd(run) else "helm")


def recover(cluster: Cluster, run: Run, helm: Helm) -> str:
    """Bring one failed release back and return a clause that says what was done, or why it could not be."""
    decision = decide(live(cluster, run), Wanted("", adopt=bool(run.get("adopt")), back=True))
    return ARGOCD_RETRIES if decision.action is Action.LEAVE else carry_out(cluster, run, decision, helm).text


def carry_out(cluster: Cluster, run: Run, decision: Decision, helm: Helm) -> Result:
    """Do what was decided to bring a release back, and say what came of it."""
    match decision.action:
        case Action.ROLL_BACK:
            return roll_back(cluster, run, decision.revision, helm)
        case Action.UNINSTALL:
            return uninstall(run, helm)
        case Action.NOTHING:
            return Result("nothing had been changed", good=True)
        case _:
            return Result(f"it stays as it is: {decision.reason}", good=False)


def uninstall(run: Run, helm: Helm) -> Result:
    """Uninstall a release that was not there before."""
    try:
        _until_it_ends(lambda: helm.uninstall(run["name"], run["namespace"]), helm.seconds)
    except HelmError as error:
        return _failed(error)
    return Result("its first revision was uninstalled", good=True)


def roll_back(cluster: Cluster, run: Run, revision: int, helm: Helm) -> Result:
    """Bring a release to a revision that was seen ready, and wait until it is again.

    The proven revision's note of identity is carried over to its copy.
    """
    try:
        _until_it_ends(lambda: helm.roll_back(run["name"], run["namespace"], revision), helm.seconds)
    except HelmError as error:
        return _failed(error)
    known = storage.read_revisions(cluster, run["namespace"], run["name"])
    good = next(each for each in known if each["revision"] == revision)
    again = {**run, "job": "", "identity": good["identity"], "source": good["source"], "started": time.time()}
    again |= {"timeout": helm.seconds, "ready": present_rows(cluster, run["ready"]), "applied": True}
    key = release_key(run["namespace"], run["name"])
    outcome = ReleaseWaiter(cluster, [again]).wait(helm.seconds + 1)[key]
    return Result(_said(outcome, revision), outcome.phase == "ready")


def present_rows(cluster: Cluster, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the `ready` rows whose object is there: the others are about what only the failed revision brought."""
    return [
        row
        for row in rows
        if cluster.get(row["api_version"], row["kind"], row["name"], row.get("namespace")) is not None
    ]


def _until_it_ends(call: Callable[[], None], seconds: float) -> None:
    """Call Helm again for so many seconds while its error may pass. Raises HelmError."""
    last = time.monotonic() + seconds
    for pause in map(back_off, count(1)):
        try:
            call()
            break
        except HelmError as error:
            if not may_pass(str(error)) or time.monotonic() + pause > last:
                raise
        time.sleep(pause)


def _failed(error: HelmError) -> Result:
    return Result(f"going back failed ({error}): the next run takes it up", good=False)


def _said(outcome: Outcome, revision: int) -> str:
    if outcome.phase == "ready":
        return f"it is back at revision {revision}, and ready"
    return f"it is back at revision {revision}, which is not ready either: {outcome.message}"
