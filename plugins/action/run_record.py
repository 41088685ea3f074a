"""Action that adds to the public record of a run; it is registered as platform_run, and never becomes a fact."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

LISTS = ("started", "planned", "kept")
"""Parts of the record that grow; all others are replaced."""
OF_ANSIBLE = ("changed", "failed", "msg", "skipped", "warnings", "deprecations", "invocation")


def once_each(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the runs without the earlier ones of a release that was started again; it keeps its place in the order."""
    return list({release_key(run["namespace"], run["name"]): run for run in runs}.values())


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec(
            {"parts": {"type": "dict", "required": True}, "new": {"type": "bool", "default": False}}
        )
        parts: dict[str, Any] = options["parts"]
        record = self._before(variables, new=options["new"])
        for name, part in parts.items():
            record[name] = [*record[name], *part] if name in LISTS else part
        record["started"] = once_each(record["started"])
        if "cluster" in parts:
            variables = {**variables, "platform_run": record}
            record["releases"] = self._releases(record, variables)
        return {**result, **record, "changed": False}

    def _before(self, variables: dict[str, Any], *, new: bool) -> dict[str, Any]:
        """Return the record so far, or an empty one: that of an earlier play in this process is not used."""
        found: dict[str, Any] = self._templar.template(variables["platform_no_run" if new else "platform_run"])
        return {name: part for name, part in found.items() if name not in OF_ANSIBLE}

    def _releases(self, record: dict[str, Any], variables: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the releases of the run, evaluated with what the cluster has said."""
        templar = self._templar.copy_with_new_env(available_variables=variables)
        declared = components.declared(record["settings"]["components"], variables)
        left = record["cluster"]["left"]
        return [
            release
            for name, raw in declared.items()
            for release in components.evaluated(name, raw, templar.template, AnsibleError)["releases"]
            if release["name"] not in left
        ]
