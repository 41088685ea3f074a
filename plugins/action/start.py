"""Action that starts the releases of a component, those that wait for nothing, and records all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.landfall.eks.plugins.filter.release_decision import release_decision
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action, State
from ansible_collections.landfall.eks.plugins.module_utils.lease.run import jobs_folder
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records
from ansible_collections.landfall.eks.plugins.plugin_utils.leaseholder import Leaseholder
from ansible_collections.landfall.eks.plugins.plugin_utils.run_records import Record
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

ROLES = Path(__file__).parents[2] / "roles"
OPTIONS: dict[str, Any] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
    "releases": {"type": "list", "elements": "dict", "required": True},
    "again": {"type": "dict", "default": {}},
    "history_max": {"type": "int", "default": 5},
    "folder": {"type": "path", "required": True},
    "namespace": {"type": "str", "required": True},
    "namespace_metadata": {"type": "dict", "default": {}},
    "planning": {"type": "bool", "default": False},
}

Release = dict[str, Any]
"""A release as its component specifies it, with the defaults of its argument spec."""


class ActionModule(Leaseholder):
    """Returns the longer record of the run."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.variables: dict[str, Any] = task_vars or {}
        _unused, self.options = self.validate_argument_spec(OPTIONS)
        record = before = run_records.begun(self._templar, self.variables)
        if self.options["again"]:
            record = run_records.extended(record, {"live": self._do("helm_state")["releases"]})
        spec = components.load_spec(ROLES)
        for each in self.options["releases"]:
            if each["name"] not in record["cluster"]["left"]:
                release = components.completed(each, spec)
                record = run_records.extended(record, self._plan(record, release) or self._start(record, release))
        return {**result, **record, "changed": _started(record) != _started(before)}

    def _plan(self, record: Record, release: Release) -> dict[str, Any]:
        """Return what a run that only plans records of a release; nothing if the run does more."""
        if not self.options["planning"]:
            return {}
        chart, decision = self._decision(record, release)
        row = {
            **{key: release[key] for key in ("component", "name", "namespace", "crds", "adopt")},
            "chart": chart["path"],
            "version": chart["version"],
            "source": chart["source"],
        }
        planned = [] if decision["action"] == Action.NOTHING else [row]
        return {"started": [run_records.started(release, chart, decision["identity"])], "planned": planned}

    def _start(self, record: Record, release: Release) -> dict[str, Any]:
        """Start a release unless it is in sync or waits for others, and return what is recorded of it."""
        chart, decision = self._decision(record, release)
        again = self.options["again"].get(release["name"], {})
        pending = needed(record, release)
        waits_for = [] if again or decision["action"] == Action.NOTHING else pending
        job = ""
        if decision["action"] != Action.NOTHING and not waits_for:
            job = self._upgrade(record, release, chart, decision)
        known = {**again, "waits_for": waits_for}
        applied = release["component"] not in record["objects"]["in_sync"]
        row = run_records.started(release, chart, decision["identity"], job, known, applied=applied)
        return {"started": [row]}

    def _decision(self, record: Record, release: Release) -> tuple[dict[str, Any], dict[str, Any]]:
        chart = record["charts"][release["name"]]
        return chart, release_decision(release, record["live"], chart["sha256"])

    def _upgrade(self, record: Record, release: Release, chart: dict[str, Any], decision: dict[str, Any]) -> str:
        """Prepare what the run has not prepared for all releases together, start Helm, and return its job."""
        self._hold(record)
        of_it = {key: release[key] for key in ("name", "namespace")}
        if release["namespace"] not in record["definitions"]["namespaces"]:
            wanted = {key: release[key] for key in ("namespace", "namespace_labels")}
            extra = self.options["namespace_metadata"]
            self._do("namespaces", state="present", wanted=[wanted], namespace_metadata=extra)
        if decision["state"] == State.LOCKED:
            self._do("unlock", **of_it, timeout=release["timeout"])
            key = release_key(release["namespace"], release["name"])
            say(f"  {key}: what an interrupted run left unfinished is ended first")
        if release["crds"]["source"] != "none" and release["name"] not in record["definitions"]["releases"]:
            definitions = {"source": release["crds"]["source"], "values": release["crds"].get("values") or {}}
            self._do(
                "crds",
                charts=[{"release": release["name"], "path": chart["path"], "adopt": release["adopt"], **definitions}],
            )
        started = self._do(
            "helm_start",
            **of_it,
            chart=chart["path"],
            chart_sha256=chart["sha256"],
            values=release["values"],
            timeout=release["timeout"],
            history_max=self.options["history_max"],
            take_ownership=release["adopt"],
            folder=str(jobs_folder(self.options["folder"], self.variables["inventory_hostname"])),
        )
        return str(started["job"])

    def _hold(self, record: Record) -> None:
        """Go on only if no other run has taken the Lease in the meantime."""
        if record["lease"]["held"]:
            arguments = {"state": "check", "namespace": self.options["namespace"], "folder": self.options["folder"]}
            _succeeded(self.check(arguments, self.variables))

    def _do(self, module: str, **arguments: Any) -> dict[str, Any]:
        return _succeeded(self.act(module, arguments, self.variables))


def needed(record: Record, release: Release) -> list[str]:
    """Return what a release needs and this run is about; raise AnsibleActionFail for what is not there at all."""
    needs = [name for name in release["needs"] if name not in record["cluster"]["left"]]
    ours = {run["name"] for run in (*record["started"], *record["releases"])}
    there = {each["name"] for each in record["live"].values()}
    missing = [name for name in needs if name not in ours | there]
    if missing:
        raise AnsibleActionFail(
            f"The release {release['name']} needs {', '.join(missing)}, which this cluster does not have: roll that "
            "out first, or run without --tags."
        )
    return [name for name in needs if name in ours]


def _started(record: Record) -> set[str]:
    return {run["job"] for run in record["started"] if run["job"]}


def _succeeded(told: dict[str, Any]) -> dict[str, Any]:
    if told.get("failed"):
        raise AnsibleActionFail(told["msg"])
    return told
