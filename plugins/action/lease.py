"""Action half of the Lease: knows the run, waits for another one where that is wanted, and says who has the Lease."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.lease.run import run_id
from ansible_collections.landfall.eks.plugins.plugin_utils.leaseholder import Leaseholder
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

SLICE_SECONDS = 5
PASSING_SECONDS = 90
"""How long a Lease that is about to end by itself is waited for, whatever the setting."""


class ActionModule(Leaseholder):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(changed=False, held=False, run_id=run_id())
        if self._task.check_mode:
            return {**result, "msg": "A dry run takes no Lease."}
        variables = task_vars or {}
        if self._task.args.get("state") == "check":
            return {**result, **self.check(self._task.args, variables)}
        return {**result, **self._take(variables)}

    def _take(self, variables: dict[str, Any]) -> dict[str, Any]:
        begun, shown, seconds, made = time.monotonic(), "", 0.0, False
        wait = int(self._task.args.get("wait") or 0)
        while True:
            looked = self.ask_once(self._task.args, seconds, variables)
            waited = time.monotonic() - begun
            made = made or looked.get("changed", False)
            if looked.get("failed") or "busy" not in looked:
                return {**looked, "changed": made}
            left = max(wait, PASSING_SECONDS if looked["passing"] else 0) - waited
            if left <= 0:
                return {"failed": True, "msg": refusal(looked["busy"], wait)}
            if looked["busy"] != shown:
                shown = looked["busy"]
                say(f"  {waited:5.0f} s  waiting: {shown}")
            seconds = min(SLICE_SECONDS, left)


def refusal(busy: str, wait: int) -> str:
    """Return the sentence for a run that does not get the Lease within `wait` seconds."""
    text = busy[0].upper() + busy[1:] if busy.startswith("the ") else busy
    if wait:
        return f"{text}, also after {wait} s: run again when that has ended, or write a larger platform_lock_wait."
    return f"{text}: run again when that has ended, or write platform_lock_wait: 600 to wait for it (seconds)."
