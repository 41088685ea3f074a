"""Action half of module namespaces: takes what a run wants from its record."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.plugin_utils import run_records
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state") == "present" and "wanted" not in arguments:
            variables = task_vars or {}
            record = run_records.begun(self._templar, variables)
            arguments |= run_records.of_namespaces(self._templar, variables, record, arguments["records"])
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
