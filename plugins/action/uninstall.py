"""Action half of an uninstall: shows the table, and repeats the module until what has to go is gone."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.uninstall.plan import table
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

MODULE = "landfall.eks.uninstall"
TIMEOUT = 600


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.args.get("state") == "shown":
            return self._shown(result, task_vars)
        return self._until_gone(result, task_vars)

    def _shown(self, result: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        looked = self._execute_module(module_name=MODULE, module_args=self._task.args, task_vars=task_vars)
        result.update(looked)
        if not looked.get("failed"):
            rows = looked["rows"]
            for line in ["", *(table(rows) if rows else ["There is nothing of the platform."]), "", *looked["notes"]]:
                say(line)
        return result

    def _until_gone(self, result: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        begun = time.monotonic()
        timeout = int(self._task.args.get("timeout", TIMEOUT))
        removed: list[str] = []
        hosts: list[str] = []
        shown: dict[str, str] = {}
        while True:
            looked = self._execute_module(
                module_name=MODULE, module_args={**self._task.args, "hosts": hosts}, task_vars=task_vars
            )
            if looked.get("failed"):
                return {**result, **looked, "changed": bool(removed) or looked.get("changed", False)}
            seconds = time.monotonic() - begun
            removed += looked["removed"]
            hosts = looked["hosts"]
            self._show(looked, shown, seconds)
            if not looked["waiting"] or seconds > timeout:
                break
        held = [f"{title} is still there after {seconds:.0f} s: {why}." for title, why in looked["waiting"].items()]
        result.update(changed=bool(removed), removed=removed, waiting=looked["waiting"], failed=bool(held))
        if held:
            result["msg"] = "\n".join(held)
        return result

    @staticmethod
    def _show(looked: dict[str, Any], shown: dict[str, str], seconds: float) -> None:
        for title in [each for each in shown if each not in looked["waiting"]]:
            del shown[title]
            say(f"  {seconds:5.0f} s  {title}: gone")
        for title, why in looked["waiting"].items():
            if shown.get(title) != why:
                shown[title] = why
                say(f"  {seconds:5.0f} s  {title}: {why}")
        for note in looked["notes"]:
            say(f"  {seconds:5.0f} s  {note}")
