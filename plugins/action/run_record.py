"""Action that adds to the public record of a run; it is registered as platform_run, and never becomes a fact."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.plugin_utils import run_records


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _unused, options = self.validate_argument_spec(
            {
                "parts": {"type": "dict", "required": True},
                "new": {"type": "bool", "default": False},
                "of_this_play": {"type": "bool", "default": False},
            }
        )
        parts: dict[str, Any] = options["parts"]
        found = run_records.begun(self._templar, variables, new=options["new"])
        if options["of_this_play"] and found.get("play") != run_records.play_id(self._task):
            found = run_records.begun(self._templar, variables, new=True)
        record = run_records.extended(found, parts)
        if "cluster" in parts:
            record["releases"] = run_records.releases(self._templar, variables, record)
        return {**result, **record, "changed": False}
