"""What an action has to know of the run's Lease: whether it is still this run's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.lease import status as lease_status
from ansible_collections.landfall.eks.plugins.module_utils.lease.run import jobs_folder, playbook_pid, run_id
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker

ROOT = str(Path(__file__).absolute().parents[5])


class Leaseholder(InWorker):
    """An action that asks for the Lease, or makes sure of it."""

    def check(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return `held`, or a failure that says who has the Lease now; `arguments` are those of module lease.

        The cluster is only asked where the process that renews the Lease has not done so lately.
        """
        host = task_vars["inventory_hostname"]
        path = lease_status.status_path(arguments["folder"], host)
        status = lease_status.read(path, lease_status.holder_name(run_id(), host))
        if status is not None and status.certain():
            return {"held": True}
        looked = (
            {"failed": True, "msg": status.lost}
            if status is not None and status.lost
            else self.ask_once(arguments, 0, task_vars)
        )
        if looked.get("failed"):
            looked["msg"] = f"Nothing more is started: {looked['msg']}. Run again when that has ended."
        return looked

    def ask_once(self, arguments: dict[str, Any], seconds: float, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run module lease with its `arguments` and what it has to know of this run, for so many seconds."""
        host = task_vars["inventory_hostname"]
        run = {
            "id": run_id(),
            "pid": playbook_pid(),
            "root": ROOT,
            "host": host,
            "jobs": str(jobs_folder(arguments["folder"], host)),
            "slice": seconds,
        }
        looked = self.act("lease", {**arguments, "run": run}, task_vars)
        looked.pop("invocation", None)
        return looked
