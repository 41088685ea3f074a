"""How a release stands: what Helm's job has left of it, and what it waits for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import alive
from ansible_collections.landfall.eks.plugins.module_utils.rollout.passing import may_pass

HELM_AT_WORK = "Helm is at work"


@dataclass
class Late:
    """What a release waits for: what it lacks in words, and the object itself if it is there."""

    message: str
    found: dict[str, Any] | None = None


@dataclass
class Outcome:
    """How a release stands: `phase` is running, ready or failed; `message` says what it waits for or why it failed.

    `have` of `wanted` workloads and rows are ready, 0 of 0 where Helm is still at work; `late` are those that are not;
    `cause` is what the cluster has said so far of the one that `message` is about. With `passing` Helm ended with an
    error that may pass, and the release has time left.
    """

    phase: str
    message: str = ""
    changed: bool = False
    have: int = 0
    wanted: int = 0
    late: list[Late] = field(default_factory=list)
    cause: str = ""
    passing: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as a module returns it, without what looks like a secret."""
        texts = {"message": masking.masked_text(self.message), "cause": masking.masked_text(self.cause)}
        shown = {"have": self.have, "wanted": self.wanted, "passing": self.passing}
        return {"phase": self.phase, "changed": self.changed, **texts, **shown}


def waiting_for(late: list[Late], wanted: int) -> Outcome:
    """Return the outcome of a release that has all of `wanted` but what is late."""
    judged = Outcome("running", late[0].message, late=late) if late else Outcome("ready")
    judged.have, judged.wanted = wanted - len(late), wanted
    return judged


def job_outcome(job: str) -> Outcome:
    """Read the result that Helm's background job has left so far; an empty `job` counts as ended well.

    Raises nothing: a file that is missing or half written means that the job is still at work.
    """
    if not job:
        return Outcome("ready")
    result = _result(job)
    if result is None:
        return Outcome("running", "Helm has just been started")
    if not result["finished"] and alive(result["pid"]):
        return Outcome("running", HELM_AT_WORK)
    # What has ended in the meantime has left its result.
    result = _result(job) or result
    if not result["finished"]:
        return Outcome("failed", "Helm was killed before it could say how it went", passing=True)
    if result["rc"]:
        reason = helm_reason(result["stderr"])
        return Outcome("failed", reason, passing=may_pass(reason))
    return Outcome("ready")


def _result(job: str) -> dict[str, Any] | None:
    """Read what a job has left, {finished, pid} or {finished, rc, stderr}; None if there is nothing yet."""
    try:
        found: dict[str, Any] = json.loads(Path(job).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def helm_reason(said: str) -> str:
    """Return Helm's own last error line of what it said, else its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error:")]
    return (errors or lines or ["Helm failed without a message"])[-1]
