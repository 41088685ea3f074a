"""Action that keeps a block in a hosts file, and becomes another user only where there is something to write."""

from __future__ import annotations

from typing import Any
from unittest import mock

from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker


class ActionModule(InWorker):
    """Looks at the file as the user who runs Ansible first, who may mostly read it."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        if self._connection.become:
            with mock.patch.object(self._connection, "become", None):
                told = self.look("hosts_block", self._task.args, variables)
            if not told.get("failed") and not told["changed"]:
                return {**result, **told}
        return {**result, **self._execute_module(task_vars=variables)}
