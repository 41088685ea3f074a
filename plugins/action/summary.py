"""Action half of the summary: writes summary.json and shows the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.status.summary import table
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import folded
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        looked = self._execute_module(
            module_name="landfall.eks.summary", module_args=self._task.args, task_vars=task_vars
        )
        result.update(looked)
        if looked.get("failed"):
            return result
        summary = looked["summary"]
        if not self._task.check_mode:
            write_json(Path(self._task.args["path"]), summary)
        for line in self._lines(summary):
            say(line)
        return result

    def _lines(self, summary: dict[str, Any]) -> list[str]:
        lines = ["", f"Cluster {summary['cluster']}", "", *table(summary["components"]), ""]
        if summary["hosts"]:
            lines += [f"Names in {self._task.args.get('hosts_file')}:", *[f"  {each}" for each in summary["hosts"]], ""]
        return [*lines, *folded(self._task.args.get("notes", [])), ""]
