"""Action half of the history: shows the platform's revisions as a table."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import table
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(
            self._execute_module(module_name="landfall.eks.history", module_args=self._task.args, task_vars=task_vars)
        )
        if result.get("failed"):
            return result
        cluster = self._task.args.get("cluster", "kubernetes")
        lines = table(result["revisions"]) if result["revisions"] else ["No rollout has been recorded yet."]
        for line in ["", f"Cluster {cluster}", "", *lines, ""]:
            say(line)
        return result
