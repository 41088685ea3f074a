"""Action half of the drift: writes what was found, shows it, and fails where something could not be put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import owned
from ansible_collections.landfall.eks.plugins.module_utils.plan import report
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        looked = self._execute_module(
            module_name="landfall.eks.drift",
            module_args={**self._task.args, "kinds": self._kinds(task_vars or {})},
            task_vars=task_vars,
        )
        result.update(looked)
        if looked.get("failed"):
            return result
        found = looked["drift"]
        write_json(Path(self._task.args["path"]), found, mode=0o600)
        for line in ["", *report.drift_lines(found, repaired=found["repaired"]), ""]:
            say(line)
        if looked["refused"]:
            result.update(failed=True, msg="Not put back:\n- " + "\n- ".join(looked["refused"]))
        return result

    def _kinds(self, variables: dict[str, Any]) -> list[str]:
        """Return `version/Kind` of what is applied beside Helm: by the components, and in their namespaces."""
        roles = variables.get("ansible_play_role_names", [])
        declared = components.declared(roles, variables, self._templar.template)
        kinds = {kind for raw in declared.values() for kind in raw.get("object_kinds", [])}
        return sorted({*kinds, *(f"{version}/{kind}" for version, kind in owned.KINDS)})
