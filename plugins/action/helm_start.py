"""Runs kubernetes.core.helm in the background, which that module's own action plugin does not allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        folder = Path((task_vars or {})["ansible_async_dir"])
        # The job's file holds what the module returns; nobody else may look at it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        result.update(
            self._execute_module(
                module_name="kubernetes.core.helm",
                module_args=self._task.args,
                task_vars=task_vars,
                wrap_async=self._task.async_val,
            )
        )
        return result
