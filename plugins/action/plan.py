"""Action half of the plan: writes plan.json, shows the plan, and fails on changes where that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.landfall.eks.plugins.module_utils.plan import report
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json

display = Display()


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        looked = self._execute_module(module_name="landfall.eks.plan", module_args=self._task.args, task_vars=task_vars)
        # The arguments hold the values of all releases.
        looked.pop("invocation", None)
        result.update(looked)
        if looked.get("failed"):
            return result
        plan = looked["plan"]
        # Also in check mode: the plan is what such a run is for.
        write_json(Path(self._task.args["path"]), plan, mode=0o600)
        for line in ["", *report.lines(plan), ""]:
            display.display(line)
        if plan["changes"] and boolean(self._task.args.get("fail_on_changes", False)):
            counts = ", ".join(f"{count} to {action}" for action, count in plan["counts"].items() if count)
            what = counts or f"{len(plan['releases'])} releases to roll out again"
            # It has been shown, and is in the file.
            del result["plan"], result["diff"]
            result.update(failed=True, msg=f"plan_fail_on_changes is true, and there are changes: {what}.")
        return result
