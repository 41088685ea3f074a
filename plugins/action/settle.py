"""Action half of the wait for releases: repeats the module and shows how each release gets on."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.landfall.eks.plugins.module_utils.digests import release_key

MODULE = "landfall.eks.settle"

display = Display()


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        begun = time.time()
        waiting = [{**run, "started": run.get("started") or begun} for run in self._task.args["runs"]]
        settled: dict[str, dict[str, Any]] = {}
        shown: dict[str, str] = {}
        while waiting:
            looked = self._execute_module(
                module_name=MODULE, module_args={**self._task.args, "runs": waiting}, task_vars=task_vars
            )
            if looked.get("failed"):
                return {**result, **looked}
            self._show(looked["outcomes"], shown, time.time() - begun)
            settled.update({key: each for key, each in looked["outcomes"].items() if each["phase"] != "running"})
            waiting = [run for run in waiting if release_key(run["namespace"], run["name"]) not in settled]
        failures = [
            {**run, "cause": settled[release_key(run["namespace"], run["name"])]["message"]}
            for run in self._task.args["runs"]
            if settled[release_key(run["namespace"], run["name"])]["phase"] == "failed"
        ]
        result.update(
            failures=failures,
            seconds=round(time.time() - begun, 1),
            changed=any(each["changed"] for each in settled.values()),
        )
        return result

    @staticmethod
    def _show(outcomes: dict[str, dict[str, Any]], shown: dict[str, str], seconds: float) -> None:
        for key, each in outcomes.items():
            line = f"{each['phase']}{': ' if each['message'] else ''}{each['message']}"
            if shown.get(key) != line:
                shown[key] = line
                display.display(f"  {seconds:5.0f} s  {key}: {line}")
