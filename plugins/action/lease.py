"""Action half of the Lease: knows the run, waits for another one where that is wanted, and says who has the Lease."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.landfall.eks.plugins.module_utils.lease import status as lease_status
from ansible_collections.landfall.eks.plugins.module_utils.lease.run import jobs_folder, playbook_pid, run_id
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker

MODULE = "landfall.eks.lease"
ROOT = str(Path(__file__).absolute().parents[5])
SLICE_SECONDS = 5
PASSING_SECONDS = 90
"""How long a Lease that is about to end by itself is waited for, whatever the setting."""

display = Display()


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(changed=False, held=False, run_id=run_id())
        if self._task.check_mode:
            return {**result, "msg": "A dry run takes no Lease."}
        variables = task_vars or {}
        if self._task.args.get("state") == "check":
            return {**result, **self._check(variables)}
        return {**result, **self._take(variables)}

    def _check(self, variables: dict[str, Any]) -> dict[str, Any]:
        path = lease_status.status_path(self._task.args["folder"], variables["inventory_hostname"])
        status = lease_status.read(path, lease_status.holder_name(run_id()))
        if status is not None and status.certain():
            return {"held": True}
        looked = {"failed": True, "msg": status.lost} if status is not None and status.lost else self._try(0, variables)
        if looked.get("failed"):
            looked["msg"] = f"Nothing more is started: {looked['msg']}. Run again when that has ended."
        return looked

    def _take(self, variables: dict[str, Any]) -> dict[str, Any]:
        begun, shown, seconds, made = time.monotonic(), "", 0.0, False
        wait = int(self._task.args.get("wait") or 0)
        while True:
            looked = self._try(seconds, variables)
            waited = time.monotonic() - begun
            made = made or looked.get("changed", False)
            if looked.get("failed") or "busy" not in looked:
                return {**looked, "changed": made}
            left = max(wait, PASSING_SECONDS if looked["passing"] else 0) - waited
            if left <= 0:
                return {"failed": True, "msg": refusal(looked["busy"], wait)}
            if looked["busy"] != shown:
                shown = looked["busy"]
                display.display(f"  {waited:5.0f} s  waiting: {shown}")
            seconds = min(SLICE_SECONDS, left)

    def _try(self, seconds: float, variables: dict[str, Any]) -> dict[str, Any]:
        host = variables["inventory_hostname"]
        run = {
            "id": run_id(),
            "pid": playbook_pid(),
            "root": ROOT,
            "host": host,
            "jobs": str(jobs_folder(self._task.args["folder"], host)),
            "slice": seconds,
        }
        looked: dict[str, Any] = self._execute_module(
            module_name=MODULE, module_args={**self._task.args, "run": run}, task_vars=variables
        )
        looked.pop("invocation", None)
        return looked


def refusal(busy: str, wait: int) -> str:
    """Return the sentence for a run that does not get the Lease within `wait` seconds."""
    text = busy[0].upper() + busy[1:] if busy.startswith("the ") else busy
    if wait:
        return f"{text}, also after {wait} s: run again when that has ended, or write a larger platform_lock_wait."
    return f"{text}: run again when that has ended, or write platform_lock_wait: 600 to wait for it (seconds)."
