"""Action half of the status: writes status.json and status.html, and shows the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.status import terminal, verdict
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json, write_text
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        looked = self._execute_module(
            module_name="landfall.eks.status", module_args=self._task.args, task_vars=task_vars
        )
        result.update(looked)
        if looked.get("failed"):
            return result
        status, folder = looked["status"], Path(self._task.args["folder"]).expanduser()
        lines = ["", *terminal.lines(status), ""]
        if not self._task.check_mode:
            write_json(folder / "status.json", status)
            write_text(folder / "status.html", verdict.page(status))
            lines += [f"As a page: {folder}/status.html", f"As data: {folder}/status.json", ""]
        for line in lines:
            say(line)
        return result
