"""The one decision on a release: the state it is in, why, and what is done about it. Reads and changes nothing.

Imports little: each worker process of Ansible loads the filters that use it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.digests import values_digest

DIGEST_CHARACTERS = 24
"""Of each digest as many as fit, with a revision number, into the 63 of a label's value; still 96 bits."""

FOREIGN = {
    "argocd": "Argo CD owns it, so what it runs is decided in Git: revert the commit there",
    "others": "Landfall did not make it",
}
"""Why a release of another owner is left alone."""

Release = dict[str, Any]
"""A revision of a release as helm.storage reads it: {name, namespace, revision, status, identity, source, secret …}."""


class State(StrEnum):
    """How a release compares with what is wanted."""

    ABSENT = "Absent"
    LOCKED = "Locked"
    OUT_OF_SYNC = "OutOfSync"
    IN_SYNC = "InSync"
    FAILED = "Failed"
    FOREIGN = "Foreign"


class Action(StrEnum):
    """What follows from a state."""

    NOTHING = "nothing"
    INSTALL = "install"
    UPGRADE = "upgrade"
    UNLOCK_THEN_UPGRADE = "unlock_then_upgrade"
    UNINSTALL_THEN_INSTALL = "uninstall_then_install"
    UNINSTALL = "uninstall"
    ROLL_BACK = "roll_back"
    LEAVE = "leave"
    REFUSE = "refuse"


class Chart(StrEnum):
    """How the chart of a deployed revision compares with the wanted one; unknown unless the revision was seen ready."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Live:
    """What is there: the revisions of one release, in any order, and its owner: helm, argocd or others.

    To go forward the newest revision is enough; to go back all of them are needed.
    """

    revisions: tuple[Release, ...] = ()
    owner: str = "helm"

    @property
    def newest(self) -> Release | None:
        """The newest revision; None where Helm has no record."""
        return max(self.revisions, key=lambda each: int(each["revision"]), default=None)


@dataclass(frozen=True)
class Wanted:
    """What a release is to be.

    `identity` is what it is made of, as identity() returns it; empty for any revision that was seen ready, None for a
    release that is not to be there. `adopt` says that objects of others are taken over, or were. With `back` there is
    no chart at hand: only a revision that Helm keeps leads there; then `owner` is the owner of that time, and
    `component` and `what` (chart, version, revision) name it in a refusal.
    """

    identity: str | None
    adopt: bool = False
    back: bool = False
    owner: str = "helm"
    component: str = ""
    what: str = ""


@dataclass(frozen=True)
class Decision:
    """The state of a release, the reason as the end of a sentence, and the action that follows.

    `revision` is where a rollback leads, 0 for every other action.
    """

    state: State
    reason: str
    action: Action
    revision: int = 0
    chart: Chart = Chart.UNKNOWN

    def as_dict(self) -> dict[str, Any]:
        """Return the decision in plain types, as a filter or a module returns it."""
        texts = {"state": self.state, "reason": self.reason, "action": self.action, "chart": self.chart}
        return {**{key: str(text) for key, text in texts.items()}, "revision": self.revision}


def identity(chart_digest: str, values: Any = None, checksums: Any = None) -> str:
    """Return what a release is made of: the beginnings of the chart's digest and of its inputs' digest, with a dash."""
    inputs = values_digest([values or {}, checksums or []])
    return f"{chart_digest[:DIGEST_CHARACTERS]}-{inputs[:DIGEST_CHARACTERS]}"


def decide(live: Live, wanted: Wanted) -> Decision:
    """Compare what is there with what is wanted, and say what is done about it."""
    state, reason = _state(live, wanted)
    chart = _chart(live.newest, wanted.identity)
    match state:
        case State.FOREIGN:
            action = Action.LEAVE if wanted.back else Action.REFUSE
        case _ if wanted.back:
            return _backward(live, wanted, Decision(state, reason, Action.NOTHING, chart=chart))
        case _ if wanted.identity is None:
            action = Action.NOTHING if state is State.ABSENT else Action.UNINSTALL
        case State.ABSENT:
            action = Action.INSTALL
        case State.LOCKED:
            going = live.newest is not None and live.newest["status"] == "uninstalling"
            action = Action.UNINSTALL_THEN_INSTALL if going else Action.UNLOCK_THEN_UPGRADE
        case State.OUT_OF_SYNC | State.FAILED:
            action = Action.UPGRADE
        case State.IN_SYNC:
            action = Action.NOTHING
    return Decision(state, reason, action, chart=chart)


def _state(live: Live, wanted: Wanted) -> tuple[State, str]:
    foreign = _foreign(live, wanted)
    newest = live.newest
    if foreign:
        return State.FOREIGN, foreign
    if newest is None:
        return State.ABSENT, "Helm has no record of it"
    status = str(newest["status"])
    said = f"Helm calls revision {newest['revision']} {status}"
    match status:
        case "deployed":
            differs = _difference(newest, wanted)
            return (State.OUT_OF_SYNC, differs) if differs else (State.IN_SYNC, "its chart and values are live")
        case "uninstalled":
            return State.ABSENT, said
        case "uninstalling" | "pending-install" | "pending-upgrade" | "pending-rollback":
            return State.LOCKED, said
        case _:
            return State.FAILED, said


def _foreign(live: Live, wanted: Wanted) -> str:
    """Return why a release is not Landfall's to change; empty if it is."""
    if live.owner != "helm" and (wanted.back or not wanted.adopt):
        return FOREIGN[live.owner]
    if wanted.back and wanted.owner == "argocd":
        return f"Argo CD owned it then: set {wanted.component}_delivery back to argocd"
    return ""


def _difference(newest: Release, wanted: Wanted) -> str:
    """Return how a deployed revision differs from what is wanted; empty if it does not."""
    if wanted.identity is None:
        return "it is not wanted"
    if not newest["identity"]:
        return f"revision {newest['revision']} was not seen ready"
    if wanted.identity in ("", newest["identity"]):
        return ""
    return "its chart differs" if _chart(newest, wanted.identity) is Chart.OTHER else "its values differ"


def _chart(newest: Release | None, wanted: str | None) -> Chart:
    if newest is None or newest["status"] != "deployed" or not newest["identity"] or not wanted:
        return Chart.UNKNOWN
    same = str(newest["identity"]).partition("-")[0] == wanted.partition("-")[0]
    return Chart.SAME if same else Chart.OTHER


def _backward(live: Live, wanted: Wanted, now: Decision) -> Decision:
    """Choose how to roll back, `now` being the decision to do nothing."""
    if now.state is State.IN_SYNC:
        return now
    revision = _proven_revision(live, wanted.identity)
    if revision:
        return replace(now, action=Action.ROLL_BACK, revision=revision)
    if wanted.identity and not _began_anew(live):
        gone = f"Helm keeps no revision of it any more that is as it was then ({wanted.what})"
        return replace(now, action=Action.REFUSE, reason=f"{gone}: take the old settings and run site.yml")
    if now.state is State.ABSENT:
        return now
    if wanted.adopt:
        why = "it was adopted, so uninstalling it would delete what others made"
        return replace(now, action=Action.REFUSE, reason=why)
    return replace(now, action=Action.UNINSTALL)


def _proven_revision(live: Live, wanted: str | None) -> int:
    """Return the newest revision that was seen ready and is made of what is wanted; 0 if Helm keeps none.

    Only a revision with Landfall's note of identity was seen ready; what Helm calls deployed may never have been.
    """
    proven = [
        int(each["revision"])
        for each in live.revisions
        if each["status"] in {"deployed", "superseded"} and each["identity"] and wanted in ("", each["identity"])
    ]
    return max(proven, default=0)


def _began_anew(live: Live) -> bool:
    """Say whether Helm keeps all since a first installation: what an older record says is of an earlier release."""
    return any(int(each["revision"]) == 1 for each in live.revisions)
