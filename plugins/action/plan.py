"""Action half of the plan: writes plan.json, shows the plan, and fails on changes where that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.landfall.eks.plugins.module_utils.plan import report
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        looked = self._execute_module(
            module_name="landfall.eks.plan", module_args=self._arguments(task_vars or {}), task_vars=task_vars
        )
        # The arguments hold the values of all releases.
        looked.pop("invocation", None)
        result.update(looked)
        if looked.get("failed"):
            return result
        plan = looked["plan"]
        # Also in check mode: the plan is what such a run is for.
        write_json(Path(self._task.args["path"]), plan, mode=0o600)
        for line in ["", *report.lines(plan), ""]:
            say(line)
        if plan["changes"] and boolean(self._task.args.get("fail_on_changes", False)):
            counts = ", ".join(f"{count} to {action}" for action, count in plan["counts"].items() if count)
            what = counts or f"{len(plan['releases'])} releases to roll out again"
            # It has been shown, and is in the file.
            del result["plan"], result["diff"]
            result.update(failed=True, msg=f"plan_fail_on_changes is true, and there are changes: {what}.")
        return result

    def _arguments(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Add to the options what the record of the run has, and what the components say of it themselves."""
        run = self._templar.template(variables["platform_run"])
        declared = components.declared(run["settings"]["components"], variables, self._templar.template)
        # A component whose releases are all left to others does nothing.
        acting = {each["component"] for each in run["releases"]}
        rows = {
            part: [
                {**row, "component": name}
                for name, raw in declared.items()
                if name in acting
                for row in self._templar.template(raw.get(part, []))
            ]
            for part in ("handed_over", "plan")
        }
        of_namespaces = run_records.of_namespaces(self._templar, variables, run, self._task.args["records"])
        return {
            **self._task.args,
            "releases": [
                {**each, "values": self._values(declared[each["component"]], each)} for each in run["planned"]
            ],
            "runs": run["started"],
            "objects": [
                {"component": name, "objects": self._templar.template(raw.get("objects", []))}
                for name, raw in declared.items()
                if name in acting
            ],
            "policies": of_namespaces["policies"],
            "permissions": of_namespaces["permissions"],
            "namespaces": run["definitions"]["made"],
            "definitions": run["definitions"]["applied"],
            "secrets": run["credentials"]["planned"],
            "handed_over": rows["handed_over"],
            "untested": run["found"].get("untested", {}),
            "unverified": run["found"].get("unverified", []),
            "others": [
                {key: value for key, value in each.items() if key != "changed"}
                for each in [*rows["plan"], *self._task.args.get("others", [])]
                if each["changed"]
            ],
        }

    def _values(self, raw: Mapping[str, Any], release: Mapping[str, Any]) -> Any:
        """Return the values of one release, which the record of a run does not hold."""
        return next(
            self._templar.template(each.get("values", {}))
            for each in raw["releases"]
            if self._templar.template(each["name"]) == release["name"]
        )
