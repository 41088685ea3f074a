"""Action half of cluster_stack: waits while CloudFormation is at work, and shows what happens there."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

MODULE = "landfall.eks.cluster_stack"
LOOKS_THAT_MAY_FAIL = 5
"""In a row: a wait of half an hour does not end because AWS did not answer once."""
PAUSE = 5.0
"""Seconds between two looks; CloudFormation lets an account look about ten times a second."""


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.args["state"] == "followed":
            return {**result, **self._follow(task_vars)}
        told = self._read(self._task.args, task_vars)
        if self._task.args["state"] == "ready" and told.get("busy"):
            # What a run that was killed began goes on without it; it is waited for, and then checked again.
            self._follow(task_vars)
            told = self._read(self._task.args, task_vars)
        return {**result, **told}

    def _read(self, arguments: dict[str, Any], task_vars: Any, **other: Any) -> dict[str, Any]:
        asked = {**arguments, **other}
        told: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=asked, task_vars=task_vars)
        return told

    def _follow(self, task_vars: Any) -> dict[str, Any]:
        """Look again and again until the job, or without one CloudFormation, has ended; show what is new each time.

        Returns the last look, with the first failure, and the job's own failure where AWS gave none.
        """
        begun, arguments = time.time(), self._task.args
        last, failure, lines, missed = arguments.get("after", ""), "", [], 0
        while True:
            # Asked before the events: what the job's end led to is then among them.
            job = self._job(task_vars)
            told = self._read(arguments, task_vars, state="followed", after=last)
            missed = missed + 1 if told.get("failed") else 0
            if not missed:
                for line in told["lines"]:
                    say(f"  {time.time() - begun:5.0f} s  {line}")
                lines += told["lines"]
                last, failure = told["last"], failure or told["failure"]
            elif missed == LOOKS_THAT_MAY_FAIL:
                return {**told, **_outcome(job, failure, arguments["name"], "in a state that AWS does not tell")}
            # A job ends when its stack has; without one, what another run began is waited for.
            if not missed and (job.get("finished") if job else not told["busy"]):
                return {**told, "lines": lines, **_outcome(job, failure, arguments["name"], told["status"])}
            time.sleep(PAUSE)

    def _job(self, task_vars: Any) -> dict[str, Any]:
        name = self._task.args.get("job")
        if not name:
            return {}
        folder = self.get_shell_option("async_dir", default="~/.ansible_async")
        told: dict[str, Any] = self._execute_module(
            module_name="ansible.legacy.async_status",
            module_args={"jid": name, "_async_dir": folder},
            task_vars=task_vars,
        )
        return told


def _outcome(job: dict[str, Any], failure: str, name: str, status: str) -> dict[str, Any]:
    """Return whether the job failed, and what to say: AWS's reason rather than that something was rolled back."""
    if not job.get("failed"):
        return {"changed": bool(job.get("changed"))}
    reason = failure or str(job.get("msg") or job.get("output") or "AWS gives no reason.")
    return {"failed": True, "changed": True, "msg": f"The stack {name} is {status or 'not there'}: {reason}"}
