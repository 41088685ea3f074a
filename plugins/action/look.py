"""Action that makes several looks in one task: modules that change nothing, each with what the ones before it found."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import looking
from ansible_collections.landfall.eks.plugins.plugin_utils import run_clusters, run_records
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker

OPTIONS: dict[str, Any] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
    "steps": {"type": "str", "required": True},
}


class ActionModule(InWorker):
    """Begins the record of a run with the steps that a variable holds; Ansible evaluates each as late as it can."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        known = dict(task_vars or {})
        _unused, options = self.validate_argument_spec(OPTIONS)
        record = {**run_records.begun(self._templar, known, new=True), "play": run_records.play_id(self._task)}
        warnings: list[str] = []
        with looking():
            for step in known[options["steps"]]:
                known["platform_run"] = record
                evaluate = self._templar.copy_with_new_env(available_variables=known).template
                if not boolean(evaluate(step.get("when", True))):
                    continue
                if "record" in step:
                    record = self._recorded(known, record, evaluate(step["record"]))
                else:
                    told = self.look(step["look"], evaluate(step["with"]), known)
                    if told.get("failed"):
                        raise AnsibleActionFail(told["msg"])
                    known[step["found"]] = told
                    warnings += told.get(step.get("warns", ""), [])
        return {**result, **record, "warnings": warnings, "changed": False}

    def _recorded(self, known: dict[str, Any], record: run_records.Record, parts: dict[str, Any]) -> run_records.Record:
        longer = run_records.extended(record, parts)
        if "cluster" in parts:
            run_clusters.note(known["inventory_hostname"], parts["cluster"].get("uid", ""))
            longer["releases"] = run_records.releases(self._templar, known, longer)
        return longer
