"""How each release gets back to what a record says of it, and where it cannot: decided before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import Release
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Entry, identity


@dataclass(frozen=True)
class Step:
    """What is done with one release, by `namespace/name`: `verb` is none, rollback, uninstall, stays or refused.

    `revision` is Helm's, where a rollback leads; `why` says, as the end of a sentence, why a release stays as it is:
    because that is decided elsewhere (stays), or because it cannot or should not be (refused).
    """

    key: str
    verb: str
    revision: int = 0
    why: str = ""


@dataclass(frozen=True)
class Standing:
    """How a release stands now.

    `live` is Helm's newest revision, None if Helm has no record; `history` all that it keeps; `owner` is helm or
    argocd; `adopted` says that its objects were there before Helm's first revision.
    """

    key: str
    live: Release | None
    history: tuple[Release, ...] = ()
    owner: str = "helm"
    adopted: bool = False


def way(standing: Standing, target: Entry | None) -> Step:
    """Return how one release gets to where a record has it, `target`; None for a release that the record lacks."""
    key = standing.key
    if standing.owner == "argocd":
        return Step(key, "stays", why="Argo CD owns it, so what it runs is decided in Git: revert the commit there")
    if target is not None and target["owner"] == "argocd":
        return Step(key, "stays", why="Argo CD owned it then: set flask_app_delivery back to argocd")
    # A record of a release's former life, from before it was uninstalled, says nothing of this one.
    if target is None or _is_of_a_former_life(standing, target):
        return _away(standing)
    live = standing.live
    if live is not None and live["status"] == "deployed" and live["identity"] == identity(target):
        return Step(key, "none")
    revision = _revision(standing, target)
    if revision:
        return Step(key, "rollback", revision)
    return Step(
        key,
        "refused",
        why=f"Helm keeps no revision of it any more that is as it was then (chart {target['chart']} "
        f"{target['version']}, its revision {target['revision']}): take the old settings and run site.yml",
    )


def _away(standing: Standing) -> Step:
    if standing.live is None:
        return Step(standing.key, "none")
    if standing.adopted:
        return Step(standing.key, "refused", why="it was adopted, so uninstalling it would delete what others made")
    return Step(standing.key, "uninstall")


def _is_of_a_former_life(standing: Standing, target: Entry) -> bool:
    """Say whether all that Helm did since a first installation is there, and the target is not among it."""
    if standing.live is None:
        return False
    kept = {int(each["revision"]) for each in standing.history}
    return 1 in kept and not _revision(standing, target)


def _revision(standing: Standing, target: Entry) -> int:
    """Return the newest revision of Helm's that was seen ready and is made of the same; 0 if there is none."""
    same = [
        int(each["revision"])
        for each in standing.history
        if each["identity"] == identity(target) and each["status"] in {"deployed", "superseded"}
    ]
    return max(same, default=0)
